/** The folders of a cache. */
import { constants } from "node:fs";
import { basename, dirname, join } from "node:path";
import { hasSystemCode, LeanPickleError } from "../../errors.ts";
import { writeNew } from "./durable.ts";
import { fileSystem } from "./file-system.ts";
import { CACHE_FOLDER, cachePath, temporaryPath } from "./layout.ts";

/** The convention by which backup tools know a cache: https://bford.info/cachedir/ */
const CACHEDIR_TAG = `Signature: 8a477f597d28d172789f06886806bc55
# This folder holds pickled states of Lean, kept by lean-pickle. They can be made again.
`;

/** The files in the folder of the pickles that tell other tools what it is. */
const MARKS = new Map([
  ["CACHEDIR.TAG", CACHEDIR_TAG],
  [".gitignore", "*\n"],
]);

/**
 * Whether a name in the folder of the pickles is that of a file that tells other tools what it is.
 */
export function isMark(name: string): boolean {
  return MARKS.has(name);
}

/**
 * Makes the folders of a cache where they are missing, for their owner alone.
 * @throws as {@link checkFolders}
 */
export async function prepareFolders(workingDir: string): Promise<void> {
  if (arePrepared(workingDir)) {
    return;
  }
  await makeFolders(workingDir);
  const cache = cachePath(workingDir);
  await makeFolder(cache);
  await makeFolder(temporaryPath(workingDir));
  for (const [name, text] of MARKS) {
    await unlessThere(writeNew(join(cache, name), text));
  }
}

/**
 * Whether no folder is missing. It is synchronous: in the thread pool it would wait behind the
 * syncs of other files, and the REPL would wait for it.
 */
function arePrepared(workingDir: string): boolean {
  const cache = cachePath(workingDir);
  const isFolder = (path: string): boolean =>
    fileSystem.lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  return (
    isFolder(cache) &&
    isFolder(temporaryPath(workingDir)) &&
    [...MARKS.keys()].every((name) => fileSystem.existsSync(join(cache, name)))
  );
}

/**
 * Checks that a cache can be written to, or made, without writing anything. Call it before work
 * whose result is stored.
 */
export async function checkWritable(workingDir: string): Promise<void> {
  for (const path of [temporaryPath(workingDir), cachePath(workingDir), workingDir]) {
    if (fileSystem.existsSync(path)) {
      await fileSystem.access(path, constants.W_OK | constants.X_OK);
    }
  }
}

/**
 * Checks that the folders of a cache are folders and no links: all files that are read, written and
 * removed must lie in the working directory. A missing folder is fine.
 * @throws {LeanPickleError} `cache-damaged`
 */
export function checkFolders(workingDir: string): void {
  checkFolder(cachePath(workingDir));
  checkFolder(temporaryPath(workingDir));
}

/** As {@link checkFolders}, for one folder. */
export function checkFolder(path: string): void {
  const found = fileSystem.lstatSync(path, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) {
    const what = found.isSymbolicLink() ? "is a link" : "is not a folder";
    const real = found.isSymbolicLink() ? findRealPlace(path) : undefined;
    const remedy =
      real === undefined
        ? "Move it away, or choose another working directory with -d."
        : `Remove the link, and name the real place instead: -d ${real}, or LEAN_PICKLE_DIR. A cache that was moved needs its lean-pickle.json and its session_cache there.`;
    throw new LeanPickleError("cache-damaged", `${path} ${what}.`, {
      hint: `Nothing was changed. ${remedy}`,
    });
  }
}

/**
 * The working directory that a link in place of the folder of the pickles stands for, if it leads to a
 * folder of this user: on a cluster, people put caches on a scratch disk that way.
 */
function findRealPlace(path: string): string | undefined {
  if (basename(path) !== CACHE_FOLDER) {
    return undefined;
  }
  try {
    const real = fileSystem.realpathSync(path);
    const found = fileSystem.statSync(real);
    if (found.isDirectory() && found.uid === process.geteuid?.()) {
      return basename(real) === CACHE_FOLDER ? dirname(real) : real;
    }
  } catch {
    // A link that leads nowhere, or where this user may not go.
  }
  return undefined;
}

/** Makes a folder, and those on its way, for their owner alone; one that is there may be a link. */
export async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path, { mayBeLink: true });
  } catch (error) {
    if (!hasSystemCode(error, "ENOENT") || dirname(path) === path) {
      throw error;
    }
    await makeFolders(dirname(path));
    // Node's recursive mkdir never ends in a folder that takes no new folders, such as /proc.
    await makeFolder(path, { mayBeLink: true });
  }
}

async function makeFolder(path: string, { mayBeLink = false } = {}): Promise<void> {
  await unlessThere(fileSystem.mkdir(path, { mode: 0o700 }));
  if (!mayBeLink) {
    checkFolder(path);
  }
}

async function unlessThere(making: Promise<void>): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (!hasSystemCode(error, "EEXIST")) {
      throw error;
    }
  }
}
