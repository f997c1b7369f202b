/** Writes that are on the disk when they are done. */
import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "../errors.ts";
import { fileSystem } from "./file-system.ts";

/** A random name for a file that is being written. */
export function randomName(): string {
  return randomBytes(8).toString("hex");
}

/**
 * Writes text to a new file in `folder`, which is on the disk when this is done, and returns its
 * path. Renamed over another one in the same file system, it replaces that at once and whole.
 *
 * In place of write-file-atomic, which writes beside the file that it replaces, and neither lets
 * anything be checked right before the rename nor syncs the directory after it.
 */
export async function writeTemporary(folder: string, text: string): Promise<string> {
  const path = join(folder, randomName());
  try {
    await withFile(path, "wx", async (file) => {
      await file.writeFile(text);
      await file.sync();
    });
    return path;
  } catch (error) {
    await fileSystem.rm(path, { force: true });
    throw error;
  }
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
  const file = await fileSystem.open(path, flags, 0o600);
  try {
    return await use(file);
  } catch (error) {
    throw withPath(error, path);
  } finally {
    await file.close();
  }
}

/** An error of the system with the file that it is about: those of an open file do not name it. */
export function withPath(error: unknown, path: string): unknown {
  if (isSystemError(error)) {
    error.path ??= path;
  }
  return error;
}
