/** Caches of which each test gets a copy: to make one takes several runs of the program. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { temporaryFolder } from "./folders.ts";
import { program, programEnvironment } from "./program-environment.ts";
import { THEOREM } from "./states.ts";

/** A cache, and a folder beside it with one like it. */
export interface CacheCopy {
  cwd: string;
  /** Nothing is to be changed here: there is a `file` in it besides. */
  outside: string;
}

/**
 * To be called where the tests of a file are defined: makes a cache before them, with the environment
 * `base` after `def f := 42`, and the proof state `goal` on it.
 * @returns what copies it for a test, to a folder of the test's own or to the one that is given
 */
export function useFilledCache(): (cwd?: string) => CacheCopy {
  const filled = mkdtempSync(join(tmpdir(), "lean-pickle-"));
  afterAll(() => rmSync(filled, { recursive: true }));
  beforeAll(() => {
    const goal = ["--from", "base", "-c", THEOREM, "--sorry", "0", "-n", "goal"];
    for (const args of [["-c", "def f := 42", "-n", "base"], goal]) {
      const options = { cwd: filled, env: programEnvironment(), stdio: "ignore" } as const;
      execFileSync(process.execPath, [program, "add", ...args], options);
    }
  });
  return (cwd = temporaryFolder()) => {
    const outside = temporaryFolder();
    for (const folder of [cwd, outside]) {
      cpSync(filled, folder, { recursive: true, preserveTimestamps: true });
    }
    writeFileSync(join(outside, "file"), "nobody's business");
    return { cwd, outside };
  };
}
