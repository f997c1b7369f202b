/** Writes that are on the disk when they are done. */
import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A random name for a file that is being written. */
export function randomName(): string {
  return randomBytes(8).toString("hex");
}

/**
 * Replaces a file by one with this text: whoever reads it sees the old one or the new one, whole,
 * also after the power went off. It is written in `temporaryDir` first, on the same file system.
 *
 * In place of write-file-atomic, which writes beside the file and does not sync the directory.
 */
export async function replaceFile(path: string, text: string, temporaryDir: string): Promise<void> {
  const temporary = join(temporaryDir, randomName());
  try {
    await withFile(temporary, "wx", async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Makes the names in a directory durable: a renamed file may be gone after a power cut until then. */
export async function syncDirectory(path: string): Promise<void> {
  await withFile(path, "r", (directory) => directory.sync());
}

/** Opens a file (new ones for their owner alone), and closes it whatever happens. */
export async function withFile<T>(
  path: string,
  flags: string | number,
  use: (file: FileHandle) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags, 0o600);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
