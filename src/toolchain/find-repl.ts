import { statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { hasSystemCode, LeanPickleError } from "../errors.ts";
import { BUILT_REPL } from "./checkout.ts";
import { Evidence, isExecutable } from "./evidence.ts";
import { identifyLean, type LeanIdentity } from "./lean-identity.ts";
import { findProject } from "./project.ts";
import { type LeanPlace, toolchainInUse } from "./toolchain.ts";

/** Where a REPL is looked for. */
export interface ReplSearch {
  /** An executable REPL, or a checkout of the REPL that was built. */
  repl?: string | undefined;
  /** The Lean project to run in; the nearest one upwards from the current directory by default. */
  project?: string | undefined;
  /** The executable `lake`; the one on PATH by default. */
  lake?: string | undefined;
}

/** The command that starts a REPL, and what is known of it. */
export interface FoundRepl {
  command: string;
  args: string[];
  /** The folder to run in: that of the project. */
  cwd?: string;
  /** The whole environment, where it is not that of this process. */
  env?: NodeJS.ProcessEnv;
  /** The toolchain that runs, such as `leanprover/lean4:v4.33.0`; null where unknown. */
  toolchain: string | null;
  /**
   * Tells what states that are made with it stand on, beside what was done to make them. It reads
   * files anew at each call, and starts nothing.
   * @param imports the modules that the code at the root imports; null where they are not known
   */
  identify: (imports: readonly string[] | null) => Promise<LeanIdentity>;
}

const HOW_TO_GET_ONE = `Clone https://github.com/leanprover-community/repl at the tag of your Lean version, run
"lake build" in it, and name that folder with --repl or LEAN_PICKLE_REPL.`;

/**
 * Finds the REPL and how to run it: under `lake env` in a project that has a lakefile, where there
 * is a `lake`, and directly otherwise.
 * @throws {LeanPickleError} `no-repl`, or `usage` for a project or a lake that is not there
 */
export async function findRepl(search: ReplSearch): Promise<FoundRepl> {
  if (search.repl === undefined) {
    throw new LeanPickleError("no-repl", "No Lean REPL was named.", { hint: HOW_TO_GET_ONE });
  }
  const repl = findExecutableRepl(resolve(search.repl));
  const project = findProject(search.project);
  const place: LeanPlace = { repl, project: project?.folder };
  const toolchain = toolchainInUse(place, new Evidence());
  const lake = project?.hasLakefile ? findLake(search.lake) : undefined;
  return {
    ...(lake ? { command: lake, args: ["env", repl] } : { command: repl, args: [] }),
    ...(project ? { cwd: project.folder } : withToolchain(toolchain)),
    toolchain,
    identify: async (imports) => identifyLean(place, imports),
  };
}

/** Outside a project elan would run its default Lean, of which the REPL asks where its library is. */
function withToolchain(toolchain: string | null): { env?: NodeJS.ProcessEnv } {
  return toolchain === null ? {} : { env: { ...process.env, ELAN_TOOLCHAIN: toolchain } };
}

function findExecutableRepl(path: string): string {
  const isFolder = isFolderOrFile(path);
  const repl = isFolder ? join(path, BUILT_REPL) : path;
  if (isFolder && !isExecutable(repl)) {
    throw new LeanPickleError("no-repl", `${path} holds no built REPL: there is no ${repl}.`, {
      hint: `Run "lake build" in ${path}, if it is a checkout of the REPL.`,
    });
  }
  if (!isExecutable(repl)) {
    throw new LeanPickleError("no-repl", `${repl} is not an executable file.`, {
      hint: HOW_TO_GET_ONE,
    });
  }
  return repl;
}

/** True for a folder, false for a file. @throws {LeanPickleError} `no-repl` where there is neither */
function isFolderOrFile(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw noRepl(path, error);
  }
}

function noRepl(path: string, error: unknown): unknown {
  if (hasSystemCode(error, "ENOENT") || hasSystemCode(error, "ENOTDIR")) {
    const message = `There is no REPL at ${path}.`;
    return new LeanPickleError("no-repl", message, { hint: HOW_TO_GET_ONE, cause: error });
  }
  return error;
}

function findLake(named: string | undefined): string | undefined {
  if (named !== undefined) {
    const path = resolve(named);
    if (!isExecutable(path)) {
      throw new LeanPickleError("usage", `${path}, named as lake, is not an executable file.`);
    }
    return path;
  }
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => resolve(folder, "lake"))
    .find(isExecutable);
}
