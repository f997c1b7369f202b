/** Reading files in whose place somebody may have put something else. */
import { hasSystemCode, LeanPickleError } from "../../errors.ts";
import { READ_NO_FOLLOW, readSmallFile, type SmallFile } from "../../system/small-file.ts";
import { withPath } from "./durable.ts";
import { fileSystem } from "./file-system.ts";
import { MAX_BYTES, tooLong } from "./json-limits.ts";

/**
 * Reads a file as text, but nothing that stands in its place.
 * @throws {LeanPickleError} `cache-damaged` for a link, a folder or a pipe, and for a file that is too
 * long to be a manifest
 */
export function readRegularFile(path: string): string {
  const found = openAndRead(path);
  if ("content" in found) {
    return found.content.toString();
  }
  throw notRegular(
    found.refused === "too-large"
      ? `${path} is not usable: ${tooLong(found.stats.size)}.`
      : `${path} is no regular file.`,
  );
}

function openAndRead(path: string): SmallFile {
  try {
    return readSmallFile(path, { maxBytes: MAX_BYTES, flags: READ_NO_FOLLOW, fs: fileSystem });
  } catch (error) {
    throw hasSystemCode(error, "ELOOP")
      ? notRegular(`${path} is a link.`, error)
      : withPath(error, path);
  }
}

function notRegular(message: string, cause?: unknown): LeanPickleError {
  return new LeanPickleError("cache-damaged", message, {
    hint: "Nothing was changed. Move away what stands in its place.",
    cause,
  });
}
