import { readFile } from "node:fs/promises";
import { hasSystemCode, LeanPickleError } from "../errors.ts";
import { replaceFile } from "./durable.ts";
import { prepareFolders } from "./folders.ts";
import { backupPath, manifestPath, temporaryPath } from "./layout.ts";
import { type LockOptions, withLock } from "./lock.ts";
import { dropUnneededRecipes, type Manifest } from "./manifest.ts";
import { readStored } from "./manifest-file.ts";

/** How often a change starts over that another process overtook in spite of the lock. */
const MAX_ATTEMPTS = 5;

/**
 * Changes the manifest under its lock: reads it, lets `change` alter what was read, and replaces
 * it. The one before is kept as the backup. Where `change` throws, everything stays as it was.
 * @param change may run more than once
 */
export async function updateManifest<T>(
  workingDir: string,
  options: LockOptions,
  change: (manifest: Manifest) => T,
): Promise<{ manifest: Manifest; result: T }> {
  await prepareFolders(workingDir);
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const done = await withLock(workingDir, options, async () => {
      const { manifest, text } = readStored(workingDir);
      const result = change(manifest);
      manifest.revision++;
      dropUnneededRecipes(manifest);
      const written = await replaceManifest(workingDir, text, manifest);
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
 * Replaces the manifest unless it is no longer the one that was read: a process that was stopped
 * for longer than a lock lasts has lost it, and must not overwrite what came in between.
 */
async function replaceManifest(
  workingDir: string,
  previous: string | undefined,
  manifest: Manifest,
): Promise<boolean> {
  const path = manifestPath(workingDir);
  const temporaryDir = temporaryPath(workingDir);
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  if (previous !== undefined) {
    await replaceFile(backupPath(workingDir), previous, temporaryDir);
  }
  const current = await readFile(path, "utf8").catch((error: unknown) => {
    if (hasSystemCode(error, "ENOENT")) {
      return undefined;
    }
    throw error;
  });
  if (current !== previous) {
    return false;
  }
  await replaceFile(path, text, temporaryDir);
  return true;
}
