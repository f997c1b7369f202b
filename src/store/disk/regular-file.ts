/** Reading files in whose place somebody may have put something else. */
import { constants } from "node:fs";
import { hasSystemCode, LeanPickleError } from "../../errors.ts";
import { withPath } from "./durable.ts";
import { fileSystem } from "./file-system.ts";
import { MAX_BYTES, tooLong } from "./json-limits.ts";

/** Never through a link in the file's place, and without waiting for the writer of a pipe there. */
export const READ_NO_FOLLOW = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads a file as text, but nothing that stands in its place.
 * @throws {LeanPickleError} `cache-damaged` for a link, a folder or a pipe, and for what is too long to
 * be a manifest
 */
export function readRegularFile(path: string): string {
  const file = openFile(path);
  try {
    const found = fileSystem.fstatSync(file);
    if (!found.isFile()) {
      throw notRegular(`${path} is no regular file.`);
    }
    if (found.size > MAX_BYTES) {
      throw notRegular(`${path} is not usable: ${tooLong(found.size)}.`);
    }
    return readOpenFile(file, found.size);
  } catch (error) {
    throw withPath(error, path);
  } finally {
    fileSystem.closeSync(file);
  }
}

/**
 * As `readFileSync` does, in one piece: it is several times as fast for a file of some MB. Nothing of
 * this program grows while it is read, and what does might never end.
 */
function readOpenFile(file: number, size: number): string {
  const buffer = Buffer.allocUnsafe(size);
  let length = 0;
  for (let read = -1; read !== 0 && length < size; length += read) {
    read = fileSystem.readSync(file, buffer, length, size - length, null);
  }
  return buffer.toString("utf8", 0, length);
}

function openFile(path: string): number {
  try {
    return fileSystem.openSync(path, READ_NO_FOLLOW);
  } catch (error) {
    throw hasSystemCode(error, "ELOOP") ? notRegular(`${path} is a link.`, error) : error;
  }
}

function notRegular(message: string, cause?: unknown): LeanPickleError {
  return new LeanPickleError("cache-damaged", message, {
    hint: "Nothing was changed. Move away what stands in its place.",
    cause,
  });
}
