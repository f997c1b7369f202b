import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { hasSystemCode, LeanPickleError } from "../errors.ts";

/** A Lean project. */
export interface Project {
  /** Its absolute path. */
  folder: string;
  /** Whether `lake` knows it. */
  hasLakefile: boolean;
}

const LAKEFILES = ["lakefile.lean", "lakefile.toml"];
const TOOLCHAIN_FILE = "lean-toolchain";

/**
 * The project in `named`, or else the nearest folder upwards from the current directory with a
 * lakefile or a `lean-toolchain`; undefined where there is none.
 * @throws {LeanPickleError} `usage` where `named` is no folder
 */
export async function findProject(named: string | undefined): Promise<Project | undefined> {
  if (named !== undefined) {
    const folder = resolve(named);
    if (!(await isFolder(folder))) {
      throw new LeanPickleError("usage", `${folder}, named as project, is not a folder.`);
    }
    return { folder, hasLakefile: await hasOneOf(folder, LAKEFILES) };
  }
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const hasLakefile = await hasOneOf(folder, LAKEFILES);
    if (hasLakefile || (await hasOneOf(folder, [TOOLCHAIN_FILE]))) {
      return { folder, hasLakefile };
    }
    if (folder === dirname(folder)) {
      return undefined;
    }
  }
}

async function hasOneOf(folder: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => exists(join(folder, name))));
  return found.includes(true);
}

async function exists(path: string): Promise<boolean> {
  return (await statIfThere(path)) !== undefined;
}

async function isFolder(path: string): Promise<boolean> {
  return (await statIfThere(path))?.isDirectory() ?? false;
}

async function statIfThere(path: string): Promise<Awaited<ReturnType<typeof stat>> | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    const mayBeAbsent = ["ENOENT", "ENOTDIR", "EACCES"].some((code) => hasSystemCode(error, code));
    if (mayBeAbsent) {
      return undefined;
    }
    throw error;
  }
}
