import { hasSystemCode } from "../../errors.ts";
import { fileSystem } from "../disk/file-system.ts";
import { backupPath, picklePath } from "../disk/layout.ts";
import type { Manifest, ManifestState } from "../manifest/schema.ts";
import type { ChangeOptions } from "../manifest/update-manifest.ts";
import { updateManifest } from "../manifest/update-manifest.ts";
import { removePickle } from "./pickle-file.ts";

/** The result of removing states. */
export interface Removal {
  removed: ManifestState[];
  /** Pickles that could not be removed: no state names them any more, but they take space. */
  leftOver: { path: string; error: Error }[];
}

/**
 * Removes the named states, as far as they exist. The manifest is changed first, so that it never
 * names a missing pickle. A process that is loading a pickle keeps the open file.
 * @param mayGo called under the lock for each state; by default all are removed
 */
export async function removeStates(
  workingDir: string,
  options: ChangeOptions,
  sessionIds: readonly number[],
  mayGo: (state: ManifestState) => boolean = () => true,
): Promise<{ manifest: Manifest; removal: Removal }> {
  const going = new Set(sessionIds);
  const { manifest, result: removed } = await makingRoom(workingDir, () =>
    updateManifest(workingDir, options, (current) => {
      const gone = current.states.filter((each) => going.has(each.sessionId) && mayGo(each));
      const ids = new Set(gone.map(({ sessionId }) => sessionId));
      current.states = current.states.filter(({ sessionId }) => !ids.has(sessionId));
      return gone;
    }),
  );
  const leftOver: Removal["leftOver"] = [];
  for (const { pickleFile } of removed) {
    try {
      await removePickle(workingDir, pickleFile);
    } catch (error) {
      const path = picklePath(workingDir, { pickleFile });
      leftOver.push({ path, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  return { manifest, removal: { removed, leftOver } };
}

/**
 * Changes the manifest so that it gets smaller, even on a full disk: then the backup, which is as
 * large as the manifest, is removed first. The change makes a new backup.
 */
async function makingRoom<T>(workingDir: string, update: () => Promise<T>): Promise<T> {
  try {
    return await update();
  } catch (error) {
    // If only the final sync of the folder failed, the change is made.
    if (!isFull(error) || error.path === workingDir) {
      throw error;
    }
    await fileSystem.rm(backupPath(workingDir), { force: true });
    return await update();
  }
}

function isFull(error: unknown): error is NodeJS.ErrnoException {
  return hasSystemCode(error, "ENOSPC") || hasSystemCode(error, "EDQUOT");
}
