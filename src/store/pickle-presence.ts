/** What can be told of pickles, and noted on them, without reading them. */
import { isSystemError } from "../errors.ts";
import { fileSystem } from "./file-system.ts";
import { picklePath } from "./layout.ts";
import type { ManifestState } from "./manifest.ts";

type Located = Pick<ManifestState, "pickleFile" | "bytes">;

/** Whether the pickle of a state is there and has its size. */
export function isPickleThere(workingDir: string, entry: Located): boolean {
  const found = fileSystem.lstatSync(picklePath(workingDir, entry), { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === entry.bytes;
}

/**
 * Notes that a state is used: the last use of a state is the modification time of its pickle. A
 * cache that cannot be written to can be used all the same.
 */
export function touchPickle(workingDir: string, entry: Located): void {
  const now = new Date();
  try {
    fileSystem.lutimesSync(picklePath(workingDir, entry), now, now);
  } catch (error) {
    if (!isSystemError(error)) {
      throw error;
    }
  }
}
