/** Finding the programs that come with Lean. */
import { delimiter, join, resolve } from "node:path";
import { LeanPickleError } from "../../errors.ts";
import { elanHome } from "./elan.ts";
import { isExecutable } from "./observed-files.ts";

/** A program that was found. */
export interface FoundTool {
  /** Its absolute path. */
  path: string;
  /** Where it was found, such as `PATH` or `--lake`. */
  from: string;
}

/** Finds `lake`, `lean` or `elan`: on PATH, else in elan's folder. */
export function findTool(name: "lake" | "lean" | "elan"): FoundTool | undefined {
  const onPath = findOnPath(name);
  if (onPath !== undefined) {
    return { path: onPath, from: "PATH" };
  }
  const folder = elanFolder();
  const inElan = folder && join(folder, name);
  return inElan && isExecutable(inElan) ? { path: inElan, from: "elan's folder" } : undefined;
}

/** The folder of elan's proxies. */
export function elanFolder(): string | undefined {
  const home = elanHome();
  return home && join(home, "bin");
}

/** Finds a program in the folders of PATH. */
export function findOnPath(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => resolve(folder, name))
    .find(isExecutable);
}

/**
 * Finds the named lake, else the usual one.
 * @param from the option or variable that named it
 * @throws {LeanPickleError} `usage` if there is none at the path that is named
 */
export function findLake(named: string | undefined, from = "as named"): FoundTool | undefined {
  if (named === undefined) {
    return findTool("lake");
  }
  const path = resolve(named);
  if (!isExecutable(path)) {
    throw new LeanPickleError("usage", `${path}, named as lake, is not an executable file.`);
  }
  return { path, from };
}
