/** Removing garbage. */
import { fileSystem } from "../disk/file-system.ts";
import { prepareFolders } from "../disk/folders.ts";
import { type LockOptions, withLock } from "../lock/lock.ts";
import { readManifest } from "../manifest/read-manifest.ts";
import { findStrayFiles, type Garbage, isAbandoned } from "./garbage.ts";

/** The result of removing garbage. */
export interface GarbageRemoval {
  /** Removed files. */
  garbage: Garbage[];
  /** Files that could not be removed. */
  leftOver: { path: string; error: Error }[];
}

/**
 * Removes the listed files that are still garbage. Pickles are removed under the lock, since
 * without it one could become a state's meanwhile. Temporary files need no lock and go first: on a
 * full disk that makes room for the lock.
 */
export async function removeGarbage(
  workingDir: string,
  options: LockOptions,
  listed: readonly Garbage[],
): Promise<GarbageRemoval> {
  const removal: GarbageRemoval = { garbage: [], leftOver: [] };
  const needsLock = ({ kind }: Garbage): boolean => kind === "pickle" || kind === "lock";
  const others = listed.filter(needsLock);
  await removeStill(
    workingDir,
    listed.filter((each) => !needsLock(each)),
    removal,
  );
  if (others.length > 0) {
    await prepareFolders(workingDir);
    await withLock(workingDir, options, () => removeStill(workingDir, others, removal));
    // Taking the lock has broken the one that was left.
    removal.garbage.push(...others.filter(({ kind }) => kind === "lock"));
  }
  return removal;
}

async function removeStill(
  workingDir: string,
  listed: readonly Garbage[],
  removal: GarbageRemoval,
): Promise<void> {
  if (listed.length === 0) {
    return;
  }
  const paths = new Set(listed.map(({ path }) => path));
  const now = await findStrayFiles(workingDir, readManifest(workingDir));
  for (const each of now.garbage.filter((one) => paths.has(one.path) && isAbandoned(one))) {
    try {
      // A lock that was being broken is a folder.
      await fileSystem.rm(each.path, { force: true, recursive: each.kind === "lock-note" });
      removal.garbage.push(each);
    } catch (error) {
      const known = error instanceof Error ? error : new Error(String(error));
      removal.leftOver.push({ path: each.path, error: known });
    }
  }
}
