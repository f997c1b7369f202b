/** Presence and last use of pickles, without reading them. */
import { isSystemError } from "../../errors.ts";
import { READ_NO_FOLLOW } from "../../system/small-file.ts";
import { fileSystem } from "../disk/file-system.ts";
import { picklePath } from "../disk/layout.ts";
import type { ManifestState } from "../manifest/schema.ts";

type Located = Pick<ManifestState, "pickleFile" | "bytes">;

/** Whether the pickle of a state is there and has its size. */
export function isPickleThere(workingDir: string, entry: Located): boolean {
  const found = fileSystem.lstatSync(picklePath(workingDir, entry), { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === entry.bytes;
}

/**
 * Records the use of a state: its last use is the modification time of its pickle. A read-only
 * cache can still be used, so a failure is ignored. A file with several links is not touched: the
 * others may be anywhere.
 */
export function touchPickle(workingDir: string, entry: Located): void {
  const now = new Date();
  try {
    const file = fileSystem.openSync(picklePath(workingDir, entry), READ_NO_FOLLOW);
    try {
      const found = fileSystem.fstatSync(file);
      if (found.isFile() && found.nlink === 1) {
        fileSystem.futimesSync(file, now, now);
      }
    } finally {
      fileSystem.closeSync(file);
    }
  } catch (error) {
    if (!isSystemError(error)) {
      throw error;
    }
  }
}
