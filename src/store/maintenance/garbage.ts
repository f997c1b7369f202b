/** Files in the folder of a cache that no state needs. */
import type { Dirent } from "node:fs";
import { join } from "node:path";
import { hasSystemCode } from "../../errors.ts";
import { fileSystem } from "../disk/file-system.ts";
import { checkFolders, isMark } from "../disk/folders.ts";
import {
  backupPath,
  CACHE_FOLDER,
  cachePath,
  lockPath,
  manifestLock,
  PICKLE_FILE,
  temporaryPath,
} from "../disk/layout.ts";
import { BROKEN_LOCK, isLockStale } from "../lock/break-lock.ts";
import type { Manifest } from "../manifest/schema.ts";

/**
 * The age in milliseconds after which garbage may be removed. Younger files may belong to a running
 * process: no state names a pickle while Lean writes it and until it is committed. That takes
 * minutes at most; one request may take 5 minutes (`--timeout`).
 */
export const GARBAGE_AGE_MS = 60 * 60 * 1000;

/**
 * The kind of a file that no state needs: a whole pickle; an unfinished pickle, or a file that Lean
 * writes beside it; an unfinished manifest; a note about the lock; the lock of a dead process; or
 * another file in the folder for temporary files.
 */
type GarbageKind =
  | "pickle"
  | "temporary-pickle"
  | "temporary-manifest"
  | "lock-note"
  | "lock"
  | "temporary-file";

/** A file, or the folder that is a lock. */
interface StrayFile {
  /** Absolute. */
  path: string;
  /** Of a folder, or a link, nothing counts. */
  bytes: number;
  /** Since it was last written to, in milliseconds. */
  ageMs: number;
}

/** A file that this program or Lean made, and that no state needs. */
export interface Garbage extends StrayFile {
  kind: GarbageKind;
}

/** The files in the folder of a cache that no state needs. */
export interface StrayFiles {
  /** Of any age: see {@link isAbandoned}. */
  garbage: Garbage[];
  /** What this program did not make: by its name, or since it is a link or a folder. */
  foreign: StrayFile[];
}

/**
 * What lies in the folder for temporary files, by its name: the rest there is a `temporary-file`.
 */
const TEMPORARY_FILES: [form: RegExp, kind: GarbageKind][] = [
  // With what Lean writes there: PATH.tmp.PID, and in some versions PATH.lock.
  [/^[0-9a-f]{16}\.olean(\.tmp\.\d+|\.lock)?$/, "temporary-pickle"],
  [/^[0-9a-f]{16}$/, "temporary-manifest"],
  [/^holder\./, "lock-note"],
];

/**
 * Lists what lies in the folder of a cache and is no state's. It follows no link, opens no file,
 * and looks only at what no state names.
 * @param manifest read before: what became a state's since then has to be asked for again
 * @throws {LeanPickleError} `cache-damaged` if the folder is none
 */
export async function findStrayFiles(
  workingDir: string,
  { states }: Pick<Manifest, "states">,
): Promise<StrayFiles> {
  await checkFolders(workingDir);
  const found: StrayFiles = { garbage: [], foreign: [] };
  const named = new Set(states.map(({ pickleFile }) => pickleFile));
  const cache = cachePath(workingDir);
  const temporaries = temporaryPath(workingDir);
  const others = new Set([temporaries, backupPath(workingDir)]);
  for (const entry of await list(cache)) {
    const path = join(cache, entry.name);
    const pickleFile = `${CACHE_FOLDER}/${entry.name}`;
    if (path === lockPath(workingDir) && entry.isDirectory()) {
      if (await isLockStale(manifestLock(workingDir))) {
        add(found, path, "lock");
      }
    } else if (!others.has(path) && !isMark(entry.name) && !named.has(pickleFile)) {
      add(found, path, kindInCache(entry, pickleFile));
    }
  }
  for (const entry of await list(temporaries)) {
    add(found, join(temporaries, entry.name), kindInTemporaries(entry));
  }
  return found;
}

/**
 * Whether garbage is certainly not what a running process is about to need. A lock is listed only
 * where it is nobody's.
 */
export function isAbandoned({ kind, ageMs }: Garbage): boolean {
  return kind === "lock" || ageMs >= GARBAGE_AGE_MS;
}

async function list(folder: string): Promise<Dirent[]> {
  try {
    return await fileSystem.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) {
      return [];
    }
    throw error;
  }
}

function kindInCache(entry: Dirent, pickleFile: string): GarbageKind | undefined {
  return entry.isFile() && PICKLE_FILE.test(pickleFile) ? "pickle" : undefined;
}

function kindInTemporaries(entry: Dirent): GarbageKind | undefined {
  if (entry.isDirectory()) {
    return BROKEN_LOCK.test(entry.name) ? "lock-note" : undefined;
  }
  return TEMPORARY_FILES.find(([form]) => form.test(entry.name))?.[1] ?? "temporary-file";
}

/** @param kind undefined for what is not of this program */
function add(found: StrayFiles, path: string, kind: GarbageKind | undefined): void {
  const stray = lookAt(path);
  if (stray && kind === undefined) {
    found.foreign.push(stray);
  } else if (stray && kind !== undefined) {
    found.garbage.push({ ...stray, kind });
  }
}

/** Undefined for what is gone in the meantime. */
function lookAt(path: string): StrayFile | undefined {
  const stats = fileSystem.lstatSync(path, { throwIfNoEntry: false });
  return (
    stats && {
      path,
      bytes: stats.isFile() ? stats.size : 0,
      ageMs: Math.max(0, Math.round(Date.now() - stats.mtimeMs)),
    }
  );
}
