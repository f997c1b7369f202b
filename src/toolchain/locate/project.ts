import { dirname, join, resolve } from "node:path";
import { LeanPickleError } from "../../errors.ts";
import { TOOLCHAIN_FILE } from "../../system/lean-version.ts";
import { isFolder, isThere } from "./observed-files.ts";

/** A Lean project. */
export interface Project {
  /** Its absolute path. */
  folder: string;
  /** Whether `lake` knows it. */
  hasLakefile: boolean;
}

const LAKEFILES = ["lakefile.lean", "lakefile.toml"];

/**
 * The project in `named`, or else the nearest folder upwards from the current directory with a
 * lakefile or a `lean-toolchain`; undefined if there is none.
 * @throws {LeanPickleError} `usage` if `named` is no folder
 */
export function findProject(named: string | undefined): Project | undefined {
  if (named !== undefined) {
    const folder = resolve(named);
    if (!isFolder(folder)) {
      throw new LeanPickleError("usage", `${folder}, named as project, is not a folder.`);
    }
    return { folder, hasLakefile: hasOneOf(folder, LAKEFILES) };
  }
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const hasLakefile = hasOneOf(folder, LAKEFILES);
    if (hasLakefile || hasOneOf(folder, [TOOLCHAIN_FILE])) {
      return { folder, hasLakefile };
    }
    if (folder === dirname(folder)) {
      return undefined;
    }
  }
}

function hasOneOf(folder: string, names: readonly string[]): boolean {
  return names.some((name) => isThere(join(folder, name)));
}
