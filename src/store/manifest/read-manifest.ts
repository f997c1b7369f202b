import { hasSystemCode, LeanPickleError } from "../../errors.ts";
import { fileSystem } from "../disk/file-system.ts";
import { findExcess } from "../disk/json-limits.ts";
import { backupPath, manifestPath } from "../disk/layout.ts";
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
 * The manifest is not one, is not there though its backup is, or something else stands in its
 * place. Nothing was changed.
 */
export class DamagedManifestError extends LeanPickleError {
  /** The backup, if it is good. */
  readonly backup: Manifest | undefined;

  constructor(workingDir: string, message: string, cause?: unknown) {
    const path = backupPath(workingDir);
    const backup = readBackup(workingDir);
    const hint = `Nothing was changed. ${HINTS[backup.state](path)}`;
    super("cache-damaged", message, { hint, cause });
    this.backup = backup.state === "good" ? backup.manifest : undefined;
  }
}

/** What can be done about a manifest, by what its backup is. */
const HINTS: Record<Backup["state"], (backup: string) => string> = {
  good: (backup) =>
    `${backup}, from before the last change, is good: "lean-pickle verify --repair" restores it.`,
  missing: () => "Restore it from a copy, or move it away to begin an empty cache.",
  damaged: (backup) =>
    `Its backup ${backup} is no better. Restore it from a copy, or move both away to begin an empty cache.`,
};

/** As {@link readManifest}, with the text of the file. */
export function readStored(workingDir: string): StoredManifest {
  const path = manifestPath(workingDir);
  const text = readText(workingDir);
  if (text === undefined) {
    if (fileSystem.existsSync(backupPath(workingDir))) {
      const message = `The manifest ${path} is missing, and its backup is there.`;
      throw new DamagedManifestError(workingDir, message);
    }
    return { manifest: emptyManifest(), text };
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

/** What the backup of a manifest is worth. */
export type Backup =
  | { state: "good"; manifest: Manifest }
  | { state: "missing" }
  /** The problem is a clause. */
  | { state: "damaged"; problem: string };

/** Reads the manifest as it was before the last change. */
export function readBackup(workingDir: string): Backup {
  let text: string;
  try {
    text = readRegularFile(backupPath(workingDir));
  } catch (error) {
    // If it cannot be read, whatever the reason, there is no good backup to offer.
    return hasSystemCode(error, "ENOENT")
      ? { state: "missing" }
      : { state: "damaged", problem: messageOf(error).replace(/\.$/, "") };
  }
  const checked = parseManifest(text);
  return checked.ok
    ? { state: "good", manifest: checked.manifest }
    : { state: "damaged", problem: checked.problem };
}

/** Whether nothing is in the manifest's place. */
export function isManifestGone(workingDir: string): boolean {
  const found = fileSystem.lstatSync(manifestPath(workingDir), { throwIfNoEntry: false });
  return found === undefined;
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
