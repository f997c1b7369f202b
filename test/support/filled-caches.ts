/** Caches of which each test gets a copy: to make one takes longer than most tests. */
import { execFileSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll } from "vitest";
import { jsonLines } from "./batches.ts";
import { sharedFolder, temporaryFolder } from "./folders.ts";
import { program, programEnvironment } from "./program-environment.ts";
import { THEOREM } from "./states.ts";

/** Adds the states of lines of a batch to the cache of a folder, with one run of the program and of the stand-in. */
export function addLines(cwd: string, lines: readonly object[], repl = {}): void {
  execFileSync(process.execPath, [program, "add", "-q", "--batch", "-"], {
    cwd,
    env: programEnvironment(repl),
    input: jsonLines(lines),
    stdio: ["pipe", "ignore", "pipe"],
  });
}

/**
 * To be called where the tests of a file are defined: fills a folder before them.
 * @returns what copies it for a test, with its times, to a folder of the test's own or to a given one
 */
export function useFolder(fill: (cwd: string) => void): (cwd?: string) => string {
  const filled = sharedFolder();
  beforeAll(() => fill(filled));
  return (cwd = temporaryFolder()) => {
    cpSync(filled, cwd, { recursive: true, preserveTimestamps: true });
    return cwd;
  };
}

/** The same for a cache with these states: see {@link useFolder}. */
export function useCache(lines: readonly object[], repl = {}): (cwd?: string) => string {
  return useFolder((cwd) => addLines(cwd, lines, repl));
}

/** A cache, and a folder beside it with one like it. */
export interface CacheCopy {
  cwd: string;
  /** Nothing is to be changed here: there is a `file` in it besides. */
  outside: string;
}

/** The same for two caches with the environment `base`, `def f := 42`, and a proof state `goal` on it. */
export function useFilledCache(): (cwd?: string) => CacheCopy {
  const fill = useCache([
    { cmd: "def f := 42", name: "base" },
    { from: "base", cmd: THEOREM, sorry: 0, name: "goal" },
  ]);
  return (cwd) => {
    const outside = fill();
    writeFileSync(join(outside, "file"), "nobody's business");
    return { cwd: fill(cwd), outside };
  };
}
