/** Where things lie in a working directory. */
import { join, resolve } from "node:path";

/** The folder of the pickles, in the working directory. */
export const CACHE_FOLDER = "session_cache";

/** The only index of a cache. */
export function manifestPath(workingDir: string): string {
  return join(workingDir, "lean-pickle.json");
}

/** The manifest as it was before the last change. */
export function backupPath(workingDir: string): string {
  return join(workingDir, "lean-pickle.json.bak");
}

/** The folder of the pickles. */
export function cachePath(workingDir: string): string {
  return join(workingDir, CACHE_FOLDER);
}

/** The folder of what is being written. */
export function temporaryPath(workingDir: string): string {
  return join(workingDir, CACHE_FOLDER, "tmp");
}

/** Where a lock lies, and what has to lie beside it. */
export interface LockPlace {
  /** What it locks, in words: the beginning of a sentence. */
  what: string;
  /** What is locked: it need not be there. */
  target: string;
  /** The lock: a folder, which stays empty. */
  lock: string;
  /** Who holds it: beside it, since proper-lockfile removes the lock as an empty folder. */
  holder: string;
  /** A folder in the same file system, which is there, for notes that lie in it for a moment. */
  scratch: string;
}

/** The lock on the manifest. */
export function manifestLock(workingDir: string): LockPlace {
  const target = manifestPath(workingDir);
  return {
    what: `The manifest ${target}`,
    target,
    lock: lockPath(workingDir),
    holder: lockHolderPath(workingDir),
    scratch: temporaryPath(workingDir),
  };
}

/** The folder that is there while the manifest is locked. */
export function lockPath(workingDir: string): string {
  return join(workingDir, CACHE_FOLDER, "manifest.lock");
}

/** The note of who holds the lock on the manifest. */
export function lockHolderPath(workingDir: string): string {
  return join(workingDir, CACHE_FOLDER, "manifest.lock.holder.json");
}

/** The absolute path of a state's pickle. */
export function picklePath(workingDir: string, { pickleFile }: { pickleFile: string }): string {
  return resolve(workingDir, pickleFile);
}
