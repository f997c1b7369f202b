import { join } from "node:path";
import { hasSystemCode, isSystemError, LeanPickleError } from "../../errors.ts";
import { randomName, syncDirectory, writeDurably } from "../disk/durable.ts";
import { fileSystem } from "../disk/file-system.ts";
import { prepareFolders } from "../disk/folders.ts";
import { findExcess } from "../disk/json-limits.ts";
import { backupPath, manifestPath, oldBackupPath, temporaryPath } from "../disk/layout.ts";
import { readRegularFile } from "../disk/regular-file.ts";
import { type HeldLock, type LockOptions, withLock } from "../lock/lock.ts";
import { isManifestThere, readStored } from "./read-manifest.ts";
import { checkManifest, dropUnneededRecipes, type Manifest } from "./schema.ts";
import { checkBeforeRewrite } from "./trust.ts";

/** How a manifest is changed. */
export interface ChangeOptions extends LockOptions {
  /**
   * Whether a manifest is changed that somebody else could have written. After the change it is the
   * user's own.
   */
  trust?: boolean | undefined;
}

/**
 * How often a change starts over because another process changed the manifest in spite of the lock.
 */
const MAX_ATTEMPTS = 5;

/**
 * Changes the manifest under its lock: reads it, lets `change` alter what was read, and replaces
 * it. The previous manifest becomes the backup. If `change` throws, nothing changes.
 * @param change may run more than once
 */
export async function updateManifest<T>(
  workingDir: string,
  options: ChangeOptions,
  change: (manifest: Manifest) => T,
): Promise<{ manifest: Manifest; result: T }> {
  await prepareFolders(workingDir);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const done = await withLock(workingDir, options, async (lock) => {
      if (!options.trust) {
        checkBeforeRewrite(manifestPath(workingDir));
      }
      const { manifest, text } = readStored(workingDir);
      const result = change(manifest);
      manifest.revision++;
      dropUnneededRecipes(manifest);
      checkChanged(workingDir, manifest);
      const written = await replaceManifest(workingDir, text, manifest, lock);
      return written ? { manifest, result } : undefined;
    });
    if (done) {
      return done;
    }
  }
  const message = `${manifestPath(workingDir)} was changed by others all the time, in spite of its lock.`;
  throw new LeanPickleError("cache-locked", message, {
    hint: "Nothing was changed. Is the folder shared over a network that does not keep locks?",
  });
}

/**
 * Writes the manifest of an empty cache if there is none. This comes before the first pickle: pickles
 * without a manifest mean that it was lost.
 */
export async function beginManifest(workingDir: string, options: ChangeOptions): Promise<void> {
  if (!isManifestThere(workingDir)) {
    await updateManifest(workingDir, options, () => {});
  }
}

/**
 * Checks that what is to be written could be read again.
 * @throws {LeanPickleError} `cache-damaged`
 */
export function checkChanged(workingDir: string, manifest: Manifest): void {
  const checked = checkManifest(manifest);
  if (!checked.ok) {
    const message = `${manifestPath(workingDir)} would not be usable after the change: ${checked.problem}.`;
    throw new LeanPickleError("cache-damaged", message, { hint: "Nothing was changed." });
  }
}

/**
 * Replaces the manifest, unless the lock is lost or the manifest has changed since it was read: a
 * process that was stopped for longer than a lock lasts must not overwrite later changes. So the
 * slow part comes before these checks, and only renames come after them.
 */
async function replaceManifest(
  workingDir: string,
  previous: string | undefined,
  manifest: Manifest,
  lock: HeldLock,
): Promise<boolean> {
  const folder = temporaryPath(workingDir);
  const written: string[] = [];
  try {
    const next = join(folder, randomName());
    written.push(next);
    await writeDurably(next, manifestText(workingDir, manifest));
    const backup = join(folder, randomName());
    if (previous !== undefined) {
      written.push(backup);
      await copyManifest(workingDir, previous, backup);
    }
    if (!lock.isHeld() || readIfThere(manifestPath(workingDir)) !== previous) {
      return false;
    }
    if (previous !== undefined) {
      await fileSystem.rename(backup, backupPath(workingDir));
    }
    await fileSystem.rename(next, manifestPath(workingDir));
    // The backup of version 0.1 is out of date now. If it stays, the later one of the two counts.
    await fileSystem.rm(oldBackupPath(workingDir), { force: true }).catch(() => {});
    await syncDirectory(workingDir);
    return true;
  } finally {
    for (const path of written) {
      await fileSystem.rm(path, { force: true });
    }
  }
}

/** Error codes of file systems that cannot link this file. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL"]);

/**
 * Makes the manifest on disk the backup, by a link: a link needs no space, and a full disk may be
 * why states are removed. If the file system cannot link, the text is written again.
 */
async function copyManifest(workingDir: string, text: string, path: string): Promise<void> {
  try {
    await fileSystem.link(manifestPath(workingDir), path);
  } catch (error) {
    if (!isSystemError(error) || !NO_LINKS.has(error.code ?? "")) {
      throw error;
    }
    await writeDurably(path, text);
  }
}

/**
 * The text of a manifest: one line for each state and each recipe, so that it is short, and easy to
 * read and to compare.
 * @throws {LeanPickleError} `cache-damaged` if it cannot be written
 */
export function manifestText(workingDir: string, manifest: Manifest): string {
  const text = unlessTooDeep(workingDir, () => {
    const { states, recipes, ...head } = manifest;
    const parts = Object.entries(head).map((entry) => fieldText(...entry));
    parts.push(`"states": [${linesOf(states.map((state) => JSON.stringify(state)))}]`);
    const texts = Object.entries(recipes).map((entry) => fieldText(...entry));
    parts.push(`"recipes": {${linesOf(texts)}}`);
    return `{${linesOf(parts)}}\n`;
  });
  const excess = findExcess(text);
  if (excess !== undefined) {
    const message = `${manifestPath(workingDir)} would not be usable after the change: ${excess}.`;
    throw new LeanPickleError("cache-damaged", message, {
      hint: "Nothing was changed. Remove states (rm, prune), or begin another cache with -d.",
    });
  }
  return text;
}

function unlessTooDeep(workingDir: string, write: () => string): string {
  try {
    return write();
  } catch (error) {
    // JSON that can be parsed may be nested too deeply to be written again, in unknown fields.
    const message = `${manifestPath(workingDir)} cannot be written again: ${error}.`;
    const hint = "Nothing was changed. Restore it from a copy.";
    throw new LeanPickleError("cache-damaged", message, { hint, cause: error });
  }
}

function fieldText(name: string, value: unknown): string {
  return `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
}

function linesOf(texts: readonly string[]): string {
  return texts.length === 0 ? "" : `\n${texts.join(",\n")}\n`;
}

function readIfThere(path: string): string | undefined {
  try {
    return readRegularFile(path);
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) {
      return undefined;
    }
    throw error;
  }
}
