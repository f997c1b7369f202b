/** Runs a composite GitHub action as a runner would, with a folder in the place of GitHub's cache. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { programEnvironment } from "./program-environment.ts";

interface Step {
  id: string;
  run?: string;
  uses?: string;
  shell?: string;
  env?: Record<string, string>;
  with?: Record<string, string>;
}

/** The parts of an action.yml that are read here. */
export interface Action {
  inputs: Record<string, { description: string; default?: string }>;
  outputs: Record<string, { description: string; value: string }>;
  runs: { using: string; steps: Step[] };
}

/** What a job is run with. */
export interface Job {
  /** The folder of the action: GITHUB_ACTION_PATH. */
  actionPath: string;
  /** The folder of the job. */
  workspace: string;
  /** Where caches are kept between jobs. */
  store: string;
  inputs: Record<string, string>;
  env?: NodeJS.ProcessEnv;
  /** Settings of the stand-in. */
  repl?: Record<string, string>;
}

/** How a job ended. */
export interface JobEnd {
  /** The exit code of the last step that was run. */
  status: number | null;
  outputs: Record<string, string>;
  /** What its steps printed. */
  printed: string;
}

/** Reads an action.yml. */
export function readAction(path: string): Action {
  return parse(readFileSync(path, "utf8"));
}

/** Runs the steps of an action up to the first that fails; the cache is saved if none does. */
export function runAction(action: Action, job: Job): JobEnd {
  const runner = new Runner(action, job);
  return runner.run();
}

class Runner {
  readonly #action: Action;
  readonly #job: Job;
  readonly #values: Record<string, string> = { "runner.os": "Linux", "runner.arch": "X64" };
  readonly #env: NodeJS.ProcessEnv;
  #printed = "";

  constructor(action: Action, job: Job) {
    this.#action = action;
    this.#job = job;
    for (const [name, { default: value = "" }] of Object.entries(action.inputs)) {
      this.#values[`inputs.${name}`] = job.inputs[name] ?? value;
    }
    this.#env = programEnvironment(job.repl, job.env);
    for (const [name, value = ""] of Object.entries(this.#env)) {
      this.#values[`env.${name}`] = value;
    }
  }

  run(): JobEnd {
    const atEnd: (() => void)[] = [];
    for (const step of this.#action.runs.steps) {
      if (step.uses !== undefined) {
        atEnd.push(this.#restoreCache(step));
        continue;
      }
      const status = this.#runScript(step);
      if (status !== 0) {
        return { status, outputs: {}, printed: this.#printed };
      }
    }
    for (const save of atEnd) {
      save();
    }
    const outputs = Object.entries(this.#action.outputs).map(([name, { value }]) => [
      name,
      this.#evaluate(value),
    ]);
    return { status: 0, outputs: Object.fromEntries(outputs), printed: this.#printed };
  }

  /** The expressions that the action uses: names, texts, and `||` between them. */
  #evaluate(text: string): string {
    return text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => {
      const parts = expression.split("||").map((part) => {
        const term = part.trim();
        return /^'.*'$/.test(term) ? term.slice(1, -1) : (this.#values[term] ?? "");
      });
      return parts.find((part) => part !== "") ?? "";
    });
  }

  #runScript({ id, run = "", shell, env = {} }: Step): number | null {
    const { actionPath, workspace } = this.#job;
    if (shell !== "bash") {
      throw new Error(`the step ${id} has no shell bash`);
    }
    const output = join(workspace, ".github-output");
    writeFileSync(output, "");
    const own = Object.entries(env).map(([name, text]) => [name, this.#evaluate(text)]);
    const { status, stdout, stderr } = spawnSync(
      "bash",
      ["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", run],
      {
        cwd: workspace,
        encoding: "utf8",
        env: {
          ...this.#env,
          GITHUB_ACTION_PATH: actionPath,
          GITHUB_OUTPUT: output,
          ...Object.fromEntries(own),
        },
      },
    );
    this.#printed += stdout + stderr;
    for (const [, name, value = ""] of readFileSync(output, "utf8").matchAll(/^([\w-]+)=(.*)$/gm)) {
      this.#values[`steps.${id}.outputs.${name}`] = value;
    }
    return status;
  }

  /** As `actions/cache` does. @returns what saves the cache */
  #restoreCache({ id, uses, with: given = {} }: Step): () => void {
    if (!/^actions\/cache@v\d+$/.test(uses ?? "")) {
      throw new Error(`${uses} is not known here`);
    }
    const { store, workspace } = this.#job;
    const key = this.#evaluate(given.key ?? "");
    const prefix = this.#evaluate(given["restore-keys"] ?? key);
    const isHit = existsSync(join(store, key));
    const saved = isHit ? key : readdirSync(store).find((name) => name.startsWith(prefix));
    if (saved !== undefined) {
      cpSync(join(store, saved), workspace, { recursive: true, preserveTimestamps: true });
      this.#values[`steps.${id}.outputs.cache-hit`] = String(isHit);
    }
    return () => {
      for (const pattern of this.#evaluate(given.path ?? "")
        .split("\n")
        .filter(Boolean)) {
        const [, folder = "", begin = "", star] = /^(.*)\/([^/*]*)(\*?)$/.exec(pattern) ?? [];
        const names = readdirSync(join(workspace, folder)).filter((name) =>
          star ? name.startsWith(begin) : name === begin,
        );
        mkdirSync(join(store, key, folder), { recursive: true });
        for (const name of isHit ? [] : names) {
          const options = { recursive: true, preserveTimestamps: true };
          cpSync(join(workspace, folder, name), join(store, key, folder, name), options);
        }
      }
    };
  }
}
