import { hasSystemCode, LeanPickleError } from "../../errors.ts";
import { fileSystem } from "../disk/file-system.ts";
import { findExcess } from "../disk/json-limits.ts";
import {
  backupPath,
  CACHE_FOLDER,
  cachePath,
  manifestPath,
  oldBackupPath,
  PICKLE_FILE,
} from "../disk/layout.ts";
import { readRegularFile } from "../disk/regular-file.ts";
import { checkManifest, emptyManifest, type Manifest } from "./schema.ts";

/**
 * Reads the manifest of a working directory; where there is none, that of an empty cache. It takes
 * no lock, since a manifest is only ever replaced whole.
 * @throws {LeanPickleError} `cache-damaged` if it is not a manifest that this version knows
 */
export function readManifest(workingDir: string): Manifest {
  return readStored(workingDir).manifest;
}

/** A manifest, and the text that it was read from. */
export interface StoredManifest {
  manifest: Manifest;
  /** What the file holds; undefined if there is none. */
  text: string | undefined;
}

/**
 * The manifest is not one, is not there though its pickles or its backup are, or something else stands
 * in its place. Nothing was changed.
 */
export class DamagedManifestError extends LeanPickleError {
  /** The backup, where that is good. */
  readonly backup: GoodBackup | undefined;

  constructor(workingDir: string, message: string, cause?: unknown) {
    const backup = readBackup(workingDir);
    const hint = `Nothing was changed. ${hintFor(workingDir, backup)}`;
    super("cache-damaged", message, { hint, cause });
    this.backup = backup.state === "good" ? backup : undefined;
  }
}

/** What can be done about a manifest, by what its backup is. */
function hintFor(workingDir: string, backup: Backup): string {
  if (backup.state === "good") {
    return `${backup.path}, from before the last change, is good: "lean-pickle verify --repair" restores it.`;
  }
  const why =
    backup.state === "missing" ? "there is no backup" : `the backup ${backup.path} is no better`;
  const all = [manifestPath(workingDir), oldBackupPath(workingDir), cachePath(workingDir)];
  const rest = all.filter(isThere).join(" and ");
  return `"lean-pickle verify --repair" cannot help: ${why}. Restore the manifest from a copy, or remove ${rest} to begin an empty cache.`;
}

/** As {@link readManifest}, with the text of the file. */
export function readStored(workingDir: string): StoredManifest {
  const path = manifestPath(workingDir);
  let text = readText(workingDir);
  if (text === undefined) {
    const remains = findRemains(workingDir);
    if (remains === undefined) {
      return { manifest: emptyManifest(), text };
    }
    // Another process may have begun the cache since: it writes the manifest first.
    text = readText(workingDir);
    if (text === undefined) {
      const message = `The manifest ${path} is missing, but ${remains} there: "git clean" and "git stash -u" remove only the manifest.`;
      throw new DamagedManifestError(workingDir, message);
    }
  }
  const checked = parseManifest(text);
  if (checked.ok) {
    return { manifest: checked.manifest, text };
  }
  const message = `The manifest ${path} is not usable: ${checked.problem}.`;
  throw checked.isNewer
    ? new LeanPickleError("cache-damaged", message, {
        hint: "Nothing was changed. Use that lean-pickle, or a later one.",
      })
    : new DamagedManifestError(workingDir, message);
}

/** What is left of a cache without a manifest, and its verb; undefined if there is no such cache. */
function findRemains(workingDir: string): string | undefined {
  if (hasPickles(workingDir)) {
    return "its pickles are";
  }
  // Session ids were given out: none of them may come twice.
  return [backupPath(workingDir), oldBackupPath(workingDir)].some(isThere)
    ? "its backup is"
    : undefined;
}

function hasPickles(workingDir: string): boolean {
  try {
    const names = fileSystem.readdirSync(cachePath(workingDir));
    return names.some((name) => PICKLE_FILE.test(`${CACHE_FOLDER}/${name}`));
  } catch (error) {
    if (hasSystemCode(error, "ENOENT") || hasSystemCode(error, "ENOTDIR")) {
      return false;
    }
    throw error;
  }
}

/** A backup that can be restored. */
export interface GoodBackup {
  state: "good";
  path: string;
  manifest: Manifest;
}

/** What the backup of a manifest is worth. */
export type Backup =
  | GoodBackup
  | { state: "missing" }
  /** The problem is a clause. */
  | { state: "damaged"; path: string; problem: string };

/** Reads the manifest as it was before the last change. Of two good backups, the later one. */
export function readBackup(workingDir: string): Backup {
  const backup = readBackupAt(backupPath(workingDir));
  const old = readBackupAt(oldBackupPath(workingDir));
  if (old.state !== "good") {
    return backup.state === "missing" ? old : backup;
  }
  // A lean-pickle of version 0.1 may have changed the cache since.
  const isLatest = backup.state === "good" && backup.manifest.revision >= old.manifest.revision;
  return isLatest ? backup : old;
}

function readBackupAt(path: string): Backup {
  let text: string;
  try {
    text = readRegularFile(path);
  } catch (error) {
    // Whatever keeps it from being read, there is no good backup to offer.
    return hasSystemCode(error, "ENOENT") || hasSystemCode(error, "ENOTDIR")
      ? { state: "missing" }
      : { state: "damaged", path, problem: messageOf(error).replace(/\.$/, "") };
  }
  const checked = parseManifest(text);
  return checked.ok
    ? { state: "good", path, manifest: checked.manifest }
    : { state: "damaged", path, problem: checked.problem };
}

/** Whether something is in the manifest's place. */
export function isManifestThere(workingDir: string): boolean {
  return isThere(manifestPath(workingDir));
}

/** Whether there is anything at a path: a link that leads nowhere, too. */
export function isThere(path: string): boolean {
  return fileSystem.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The text of the manifest; undefined if there is none. */
function readText(workingDir: string): string | undefined {
  try {
    return readRegularFile(manifestPath(workingDir));
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) {
      return undefined;
    }
    throw error instanceof LeanPickleError
      ? new DamagedManifestError(workingDir, `The manifest ${error.message}`, error)
      : error;
  }
}

function parseManifest(text: string): ReturnType<typeof checkManifest> {
  const excess = findExcess(text);
  if (excess !== undefined) {
    return { ok: false, problem: excess };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: text === "" ? "it is empty" : "it is not JSON" };
  }
  return checkManifest(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
