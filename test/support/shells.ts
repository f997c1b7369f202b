/** Real shells on a terminal, in which the completion of lean-pickle is set up. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { onTestFinished } from "vitest";
import { programEnvironment } from "./program-environment.ts";
import { until } from "./wait.ts";

/** How a shell is started without the settings of the tester, and how completion is set up in it. */
const SHELLS = {
  bash: {
    start: "bash --norc --noprofile -i",
    setUp: (script: string) => `source ${script}`,
  },
  zsh: {
    start: "zsh -f -i",
    setUp: (script: string) => `autoload -Uz compinit; compinit -u -D; source ${script}`,
  },
  fish: {
    start: "fish --no-config -i",
    setUp: (script: string) => `set fish_greeting; source ${script}`,
  },
};

export type ShellName = keyof typeof SHELLS;
export const SHELL_NAMES = Object.keys(SHELLS) as ShellName[];

/** Why a shell cannot be tested here; undefined if it can. */
export function whyNoShell(name: ShellName): string | undefined {
  if (spawnSync(name, ["--version"]).status !== 0) {
    return `${name} is not installed`;
  }
  // That of macOS takes other options.
  const script = spawnSync("script", ["--version"]).stdout?.toString().includes("util-linux");
  return script ? undefined : "util-linux's script is not installed";
}

/** A shell that waits for what is typed. */
export interface ShellSession {
  type(keys: string): void;
  /** Waits until something was printed since the last call, and gives all that was. */
  sees(pattern: RegExp): Promise<string>;
}

/**
 * Starts a shell and sets completion up in it.
 * @param program what is run as `lean-pickle`
 * @param script the path of the script of `lean-pickle completion`
 */
export async function startShell(
  name: ShellName,
  cwd: string,
  program: string,
  script: string,
  env: NodeJS.ProcessEnv = {},
): Promise<ShellSession> {
  const bin = join(cwd, "bin");
  mkdirSync(bin);
  symlinkSync(program, join(bin, "lean-pickle"));
  const { start, setUp } = SHELLS[name];
  const child = spawn("script", ["-qec", `stty cols 200 rows 50; ${start}`, "/dev/null"], {
    cwd,
    env: {
      ...programEnvironment({}, env),
      PATH: `${bin}${delimiter}${process.env.PATH}`,
      TERM: "xterm",
      LC_ALL: "C.UTF-8",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  let seen = 0;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const shown = (): string => stripVTControlCharacters(text.slice(seen));
  const session: ShellSession = {
    type: (keys) => void child.stdin.write(keys),
    async sees(pattern) {
      await until(() => pattern.test(shown()), `${name} shows ${pattern}`).catch((error) => {
        throw new Error(`${error.message}\n${shown()}`);
      });
      const found = shown();
      seen = text.length;
      return found;
    },
  };
  session.type(`${setUp(script)}; echo rea''dy\r`);
  await session.sees(/ready/);
  return session;
}
