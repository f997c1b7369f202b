/** Reading files in whose place somebody may have put something else. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { hasSystemCode, LeanPickleError } from "../errors.ts";

/** Never through a link in the file's place, and without waiting for the writer of a pipe there. */
export const READ_NO_FOLLOW = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads a file as text, but nothing that stands in its place.
 * @throws {LeanPickleError} `cache-damaged` for a link, a folder or a pipe
 */
export function readRegularFile(path: string): string {
  const file = openFile(path);
  try {
    if (!fstatSync(file).isFile()) {
      throw notRegular(`${path} is no regular file.`);
    }
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, READ_NO_FOLLOW);
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
