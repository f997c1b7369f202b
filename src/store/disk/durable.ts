/** Writes that are on the disk when they are done. */
import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { isSystemError } from "../../errors.ts";
import { fileSystem } from "./file-system.ts";

/** A random name for a file that is being written. */
export function randomName(): string {
  return randomBytes(8).toString("hex");
}

/**
 * Writes text to a new file and syncs it. A rename then puts it in the place of another file of the
 * same file system, in one step.
 *
 * In place of write-file-atomic, which writes beside the file that it replaces, and neither lets
 * anything be checked right before the rename nor syncs the directory after it.
 */
export async function writeDurably(path: string, text: string): Promise<void> {
  await withFile(path, "wx", async (file) => {
    await file.writeFile(text);
    await file.sync();
  });
}

/** Writes text to a new file; if that fails, the file is removed. */
export async function writeNew(path: string, text: string): Promise<void> {
  await withFile(path, "wx", async (file) => {
    try {
      await file.writeFile(text);
    } catch (error) {
      await fileSystem.rm(path, { force: true });
      throw error;
    }
  });
}

/**
 * Makes the names in a directory durable: a renamed file may be gone after a power cut until then.
 */
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
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw withPath(error, path);
  }
}

/**
 * Opens a file by a descriptor, and closes it whatever happens. Only what takes long need be left to
 * another thread then, which takes a while to begin.
 */
export async function withDescriptor<T>(
  path: string,
  flags: number,
  use: (file: number) => Promise<T>,
): Promise<T> {
  const file = fileSystem.openSync(path, flags);
  try {
    return await use(file);
  } catch (error) {
    throw withPath(error, path);
  } finally {
    fileSystem.closeSync(file);
  }
}

/** An error of the system with the file that it is about: those of an open file do not name it. */
export function withPath(error: unknown, path: string): unknown {
  if (isSystemError(error)) {
    error.path ??= path;
  }
  return error;
}
