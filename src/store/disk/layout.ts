/** Where things lie in a working directory, and how they are named there. */
import { join, resolve } from "node:path";

/** The folder of the pickles, in the working directory. */
export const CACHE_FOLDER = "session_cache";

/** The form of a SHA-256. */
export const DIGEST = /^[0-9a-f]{64}$/;
/** In one folder, and named by hexadecimal digits: no entry can name a file anywhere else. */
export const PICKLE_FILE = /^session_cache\/[0-9a-f]{64}\.[0-9a-f]{8}\.olean$/;
/** The form of a name: any identifier of Lean, and `-`. What a terminal would act on is in none. */
export const NAME =
  /^(?:[\p{L}_]|«[^«»\p{C}\p{Zl}\p{Zp}]+»)(?:[\p{L}\p{M}\p{N}_.'!?-]|«[^«»\p{C}\p{Zl}\p{Zp}]+»)*$/u;

/** The only index of a cache. */
export function manifestPath(workingDir: string): string {
  return join(workingDir, "lean-pickle.json");
}

/** The manifest as it was before the last change: what removes the manifest may leave it alone. */
export function backupPath(workingDir: string): string {
  return join(workingDir, CACHE_FOLDER, "manifest.bak");
}

/** Where version 0.1 kept the backup, beside the manifest. */
export function oldBackupPath(workingDir: string): string {
  return join(workingDir, "lean-pickle.json.bak");
}

/** The folder of the pickles. */
export function cachePath(workingDir: string): string {
  return join(workingDir, CACHE_FOLDER);
}

/** The folder of unfinished files. */
export function temporaryPath(workingDir: string): string {
  return join(workingDir, CACHE_FOLDER, "tmp");
}

/** The paths of a lock. */
export interface LockPlace {
  /** What it locks, in words: the beginning of a sentence. */
  what: string;
  /** What is locked: it need not be there. */
  target: string;
  /** The lock: a folder, which stays empty, as proper-lockfile wants it. */
  lock: string;
  /** A folder in the same file system, which is there, for the files that say who holds it. */
  scratch: string;
}

/** The lock on the manifest. */
export function manifestLock(workingDir: string): LockPlace {
  const target = manifestPath(workingDir);
  const what = `The manifest ${target}`;
  return { what, target, lock: lockPath(workingDir), scratch: temporaryPath(workingDir) };
}

/** The folder that exists while the manifest is locked. */
export function lockPath(workingDir: string): string {
  return join(workingDir, CACHE_FOLDER, "manifest.lock");
}

/** The absolute path of a state's pickle. */
export function picklePath(workingDir: string, { pickleFile }: { pickleFile: string }): string {
  return resolve(workingDir, pickleFile);
}
