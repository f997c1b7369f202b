/** Where REPLs are looked for. */
import { existsSync, statSync } from "node:fs";
import { join, resolve, sep } from "node:path";
import { hasSystemCode, LeanPickleError } from "../../errors.ts";
import { normalizeToolchain, TOOLCHAIN_FILE } from "../../system/lean-version.ts";
import { builtToolchains, findBuiltRepl } from "./built-repls.ts";
import { BUILT_REPL, checkoutOf, pathsOfRepl } from "./checkout.ts";
import { Evidence, followLinks, isExecutable } from "./observed-files.ts";
import { packageFolders } from "./package-folders.ts";
import { findOnPath } from "./tools.ts";

/** An executable REPL that was found. */
export interface ReplPlace {
  /** Its absolute path. */
  path: string;
  /** Where it was found, such as `--repl` or `the packages of /home/me/project`. */
  from: string;
  /** Whether the project's own lake built it, and with it the project's toolchain. */
  isOfProject: boolean;
}

/** What a package of the REPL is called: by those who require it, and by itself. */
const PACKAGE_NAMES = ["repl", "REPL"];

/** What to do where no REPL was found. */
export const HOW_TO_GET_ONE = `"lean-pickle setup" builds the one that fits, or name one with --repl or LEAN_PICKLE_REPL.`;

/**
 * The first REPL of those that nobody had to name: among the project's packages, what the project
 * builds itself, what `lean-pickle setup` built for the toolchain, and on PATH.
 * @param project its folder
 * @param toolchain the name of the toolchain that runs; null if it is not known
 */
export function lookForRepl(
  project: string | undefined,
  toolchain: string | null,
): ReplPlace | undefined {
  for (const { path, from, isOfProject = false } of places(project, toolchain)) {
    if (path !== undefined && isExecutable(path)) {
      return { path, from, isOfProject };
    }
  }
  return undefined;
}

function* places(
  project: string | undefined,
  toolchain: string | null,
): Generator<{ path: string | undefined; from: string; isOfProject?: boolean }> {
  if (project !== undefined) {
    for (const folder of replPackages(project)) {
      const from = `the packages of ${project}`;
      yield { path: join(folder, BUILT_REPL), from, isOfProject: true };
    }
    yield { path: join(project, BUILT_REPL), from: `the build of ${project}`, isOfProject: true };
  }
  // Where nothing names a Lean, the REPL does: the newest one.
  const name = toolchain === null ? builtToolchains()[0] : normalizeToolchain(toolchain);
  if (name !== undefined) {
    yield { path: findBuiltRepl(name), from: `lean-pickle setup, for ${name}` };
  }
  yield { path: findOnPath("repl"), from: "PATH" };
}

/**
 * Whether lake built a REPL for a project, which it is or which has it among its packages: then it
 * did so with the project's toolchain, whatever the `lean-toolchain` of the package says, which
 * counts only where lake is run in the package itself. A checkout elsewhere in the folder of the
 * project, such as a submodule, is none of its packages.
 */
export function isBuiltBy(project: string, repl: string): boolean {
  const { local, roots } = packageFolders(project, new Evidence());
  const packages = [...roots, ...local].flatMap((folder) => [folder, followLinks(folder)]);
  return pathsOfRepl(repl).some((path) => {
    const checkout = checkoutOf(path);
    const isProject = checkout === project || checkout === followLinks(project);
    return (
      isProject || packages.some((folder) => `${checkout}${sep}`.startsWith(`${folder}${sep}`))
    );
  });
}

/** The folders in which a package of the REPL may lie. */
function replPackages(project: string): string[] {
  const { local, roots } = packageFolders(project, new Evidence());
  return [...roots.flatMap((root) => PACKAGE_NAMES.map((name) => join(root, name))), ...local];
}

/**
 * The REPL that is named: an executable, or a checkout of the REPL in which it was built.
 * @throws {LeanPickleError} `no-repl` if there is none
 */
export function namedRepl(named: string): string {
  const path = resolve(named);
  const isFolder = isFolderOrFile(path);
  const repl = isFolder ? join(path, BUILT_REPL) : path;
  if (isFolder && !isExecutable(repl)) {
    const isCheckout = existsSync(join(path, TOOLCHAIN_FILE));
    throw new LeanPickleError("no-repl", `${path} holds no built REPL: there is no ${repl}.`, {
      hint: isCheckout ? `Run "lake build" in ${path}.` : HOW_TO_GET_ONE,
    });
  }
  if (!isExecutable(repl)) {
    throw new LeanPickleError("no-repl", `${repl} is not an executable file.`, {
      hint: HOW_TO_GET_ONE,
    });
  }
  return repl;
}

/** True for a folder, false for a file. @throws {LeanPickleError} `no-repl` if there is neither */
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
