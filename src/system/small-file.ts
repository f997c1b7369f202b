/** Reading a file that should be small and regular, and in whose place anything may stand. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";

/** Opening never waits for the writer of a pipe: nothing could interrupt that. */
export const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK;

/** As {@link READ_ONLY}, and never through a link in the file's place. */
export const READ_NO_FOLLOW = READ_ONLY | constants.O_NOFOLLOW;

/** A file that was opened: its content, or why it was not read. */
export type SmallFile = { stats: Stats } & (
  | { content: Buffer }
  | { refused: "not-regular" | "too-large" }
);

/** How a small file is read. */
export interface SmallFileOptions {
  /** A larger file is refused, in bytes. */
  maxBytes: number;
  /** {@link READ_ONLY} by default. */
  flags?: number;
  /** The functions of `node:fs` by default. */
  fs?: typeof nodeFs;
}

const nodeFs = { closeSync, fstatSync, openSync, readSync };

/**
 * Reads a file in one piece, which is several times as fast as `readFileSync` for some MB. What is
 * appended while it is read is left out.
 * @throws an error of the operating system
 */
export function readSmallFile(
  path: string,
  { maxBytes, flags = READ_ONLY, fs = nodeFs }: SmallFileOptions,
): SmallFile {
  const file = fs.openSync(path, flags);
  try {
    const stats = fs.fstatSync(file);
    if (!stats.isFile()) {
      return { stats, refused: "not-regular" };
    }
    if (stats.size > maxBytes) {
      return { stats, refused: "too-large" };
    }
    const buffer = Buffer.allocUnsafe(stats.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < stats.size; length += read) {
      read = fs.readSync(file, buffer, length, stats.size - length, null);
    }
    return { stats, content: buffer.subarray(0, length) };
  } finally {
    fs.closeSync(file);
  }
}
