import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog, simulatedRepl } from "../simulated-repl/index.ts";
import { blocksOf, readDocument } from "../support/documents.ts";
import { temporaryFolder } from "../support/folders.ts";
import { executable, file } from "../support/lean-places.ts";
import { program } from "../support/program.ts";

/** What the steps of the recipe in a document run, in order. */
function recipeSteps(document: string): string[] {
  const [yaml = ""] = blocksOf(readDocument(document), "yaml");
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

/** One run of the steps of a recipe, with the cache action done by hand. */
function runJob(
  steps: readonly string[],
  project: string,
  store: string,
  log: string,
): { key: string; outputs: string[] } {
  const home = temporaryFolder();
  const lake = join(home, "bin");
  executable(join(lake, "lake"), '#!/bin/sh\nshift\nexec "$@"\n');
  const github = join(home, "github-output");
  const lean = `lean-pickle() { "${process.execPath}" "${program}" --no-progress "$@"; }\n`;
  const run = (command: string): string => {
    const { stdout, stderr, status } = spawnSync("bash", ["-ec", lean + command], {
      cwd: project,
      encoding: "utf8",
      env: {
        // Before the lake of whoever runs this, which would want the toolchain.
        PATH: `${lake}${delimiter}${process.env.PATH}`,
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
  const [first = "", ...others] = steps;
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

describe.each(["README.md", "docs/ci.md"])("the recipe for CI in %s", (document) => {
  it("starts Lean in the first job, and in no other on whatever machine until Mathlib changes", () => {
    const steps = recipeSteps(document);
    expect(steps.length).toBeGreaterThan(1);
    const allOf = (output: string) => steps.slice(1).map(() => output);
    const store = temporaryFolder();
    const log = join(temporaryFolder(), "log");
    const starts = () => readLog(log).filter(({ event }) => event === "start").length;
    const project = makeProject();
    const first = runJob(steps, project, store, log);
    expect(first.key).toMatch(/^[0-9a-f]{64}$/);
    expect(first.outputs).toEqual(allOf("-1\n"));
    expect(starts()).toBe(1);

    const elsewhere = join(temporaryFolder(), "another", "place");
    mkdirSync(join(elsewhere, ".."), { recursive: true });
    renameSync(project, elsewhere);
    writeFileSync(join(elsewhere, "Unrelated.lean"), "def x := 1\n");
    cpSync(elsewhere, project, {
      recursive: true,
      filter: (path) => !path.includes(".lean-pickle"),
    });
    expect(runJob(steps, project, store, log)).toEqual(first);
    expect(starts()).toBe(1);

    const trace = join(project, ".lake/packages/mathlib/.lake/build/lib/lean/Mathlib.trace");
    writeFileSync(trace, '{"schemaVersion":"2025-09-10","depHash":"00aa11bb22cc33de"}');
    const rebuilt = runJob(steps, project, temporaryFolder(), log);
    expect(rebuilt.key).not.toBe(first.key);
    expect(rebuilt.outputs).toEqual(allOf("-2\n"));
    expect(starts()).toBe(2);
  });
});
