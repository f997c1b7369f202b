import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readLog, simulatedRepl } from "../simulated-repl/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { file } from "../support/lean-places.ts";
import { program } from "../support/program.ts";

const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");

/** What the steps of the README's recipe run, in order. */
function recipeSteps(): string[] {
  const [, yaml = ""] = /^```yaml\n(.*?)^```/ms.exec(readme) ?? [];
  return [...yaml.matchAll(/^ *-? *run: (.+)$/gm)].map(([, command]) => command ?? "");
}

/** A project with a built Mathlib, as `lake build` leaves it. */
function makeProject(): string {
  const project = join(temporaryFolder(), "project");
  file(join(project, "lakefile.toml"), 'name = "p"\n');
  file(join(project, "lean-toolchain"), "leanprover/lean4:v4.33.0-rc2\n");
  file(join(project, "lake-manifest.json"), '{"version": "1.1.0", "packages": []}\n');
  const built = join(project, ".lake/packages/mathlib/.lake/build/lib/lean");
  file(join(built, "Mathlib.olean"), "olean");
  file(join(built, "Mathlib.trace"), '{"schemaVersion":"2025-09-10","depHash":"00aa11bb22cc33dd"}');
  return project;
}

/** One run of the recipe, with the cache action done by hand. */
function runJob(project: string, store: string, log: string): { key: string; outputs: string[] } {
  const home = temporaryFolder();
  const github = join(home, "github-output");
  const lean = `lean-pickle() { "${process.execPath}" "${program}" --no-progress "$@"; }\n`;
  const run = (command: string): string => {
    const { stdout, stderr, status } = spawnSync("bash", ["-ec", lean + command], {
      cwd: project,
      encoding: "utf8",
      env: {
        PATH: process.env.PATH,
        HOME: home,
        USER: home.slice(-6),
        GITHUB_OUTPUT: github,
        LEAN_PICKLE_DIR: ".lean-pickle",
        LEAN_PICKLE_REPL: simulatedRepl,
        SIMULATED_REPL_LOG: log,
      },
    });
    expect([command, status, stderr]).toEqual([command, 0, ""]);
    return stdout;
  };
  const [first = "", ...others] = recipeSteps();
  run(first);
  const [, key = ""] = /^key=(.*)$/m.exec(readFileSync(github, "utf8")) ?? [];
  const saved = join(store, key);
  if (existsSync(saved)) {
    cpSync(saved, join(project, ".lean-pickle"), { recursive: true });
  }
  const outputs = others.map(run);
  cpSync(join(project, ".lean-pickle"), saved, { recursive: true });
  return { key, outputs };
}

describe("the README's recipe for CI", () => {
  it("starts Lean in the first job, and in no other on whatever machine until Mathlib changes", () => {
    const store = temporaryFolder();
    const log = join(temporaryFolder(), "log");
    const starts = () => readLog(log).filter(({ event }) => event === "start").length;
    const project = makeProject();
    const first = runJob(project, store, log);
    expect(first.key).toMatch(/^[0-9a-f]{64}$/);
    expect(first.outputs).toEqual(["-1\n", "-1\n"]);
    expect(starts()).toBe(1);

    const elsewhere = join(temporaryFolder(), "another", "place");
    mkdirSync(join(elsewhere, ".."), { recursive: true });
    renameSync(project, elsewhere);
    writeFileSync(join(elsewhere, "Unrelated.lean"), "def x := 1\n");
    cpSync(elsewhere, project, {
      recursive: true,
      filter: (path) => !path.includes(".lean-pickle"),
    });
    expect(runJob(project, store, log)).toEqual(first);
    expect(starts()).toBe(1);

    const trace = join(project, ".lake/packages/mathlib/.lake/build/lib/lean/Mathlib.trace");
    writeFileSync(trace, '{"schemaVersion":"2025-09-10","depHash":"00aa11bb22cc33de"}');
    const rebuilt = runJob(project, temporaryFolder(), log);
    expect(rebuilt.key).not.toBe(first.key);
    expect(rebuilt.outputs).toEqual(["-2\n", "-2\n"]);
    expect(starts()).toBe(2);
  });
});
