import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { addAbortSignal } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import {
  describeSystemError,
  hasSystemCode,
  isSystemError,
  LeanPickleError,
} from "../../errors.ts";
import type { CodeSource } from "../../session/add/addition.ts";

/** The most that is read of one source, in bytes: a text of twice that length cannot be. */
const MAX_BYTES = 2 ** 28;

/** How much is read at once, in bytes. */
const CHUNK_BYTES = 2 ** 16;

/** How long nothing is asked of a pipe that has nothing to give, in milliseconds. */
const PAUSE_MS = 10;

/** Opening a pipe must not wait for its writer: nothing could interrupt that. */
const READ_ONLY = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Reads the code that a command line gives: the files, `-` being standard input, then what stands
 * in the command line itself.
 * @throws {LeanPickleError} `usage` for standard input twice, `unreadable-input` for no UTF-8 and
 * for what does not end
 */
export async function readSources(
  files: readonly string[],
  code: readonly string[],
  signal: AbortSignal,
): Promise<CodeSource[]> {
  if (files.filter((file) => file === "-").length > 1) {
    throw new LeanPickleError("usage", "Standard input (-) can be read once.");
  }
  const sources: CodeSource[] = [];
  for (const file of files) {
    const bytes = file === "-" ? await readStandardInput(signal) : await readFile(file, signal);
    const source = file === "-" ? "<stdin>" : file;
    sources.push({ source, text: decode(bytes, source) });
  }
  for (const [index, text] of code.entries()) {
    sources.push({ source: code.length === 1 ? "<code>" : `<code ${index + 1}>`, text });
  }
  return sources;
}

async function readFile(path: string, signal: AbortSignal): Promise<Buffer> {
  try {
    const file = await open(path, READ_ONLY);
    try {
      return await readWhole(path, chunksOf(file, !isPassedOn(path), signal));
    } finally {
      await file.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isSystemError(error)) {
      // Reading a folder fails without its name.
      error.path ??= path;
      const message = describeSystemError(error);
      throw new LeanPickleError("unreadable-input", message, { cause: error });
    }
    throw error;
  }
}

/** Whether a path is that of an open file, as a shell has it for `<(...)`: its writer is there. */
function isPassedOn(path: string): boolean {
  return /^\/(dev|proc)\//.test(resolve(path));
}

/**
 * What a file holds, in pieces.
 * @param mayAwait whether a pipe that seems to be at its end may not have been opened to write yet
 */
async function* chunksOf(
  file: FileHandle,
  mayAwait: boolean,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let isAwaited = mayAwait && (await file.stat()).isFIFO();
  for (;;) {
    signal.throwIfAborted();
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const bytes = await file.read(chunk).then(
      ({ bytesRead }) => bytesRead,
      (error: unknown) => {
        if (!hasSystemCode(error, "EAGAIN")) {
          throw error;
        }
        return undefined;
      },
    );
    if (bytes === undefined || (bytes === 0 && isAwaited)) {
      await delay(PAUSE_MS, undefined, { signal });
    } else if (bytes === 0) {
      return;
    } else {
      isAwaited = false;
      yield chunk.subarray(0, bytes);
    }
  }
}

async function readStandardInput(signal: AbortSignal): Promise<Buffer> {
  try {
    return await readWhole("Standard input", addAbortSignal(signal, process.stdin));
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

async function readWhole(name: string, source: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      const message = `${name} has more than ${MAX_BYTES / 2 ** 20} MiB, or never ends.`;
      throw new LeanPickleError("unreadable-input", message);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, source: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new LeanPickleError("unreadable-input", `${source} is not UTF-8 text.`, {
      hint: "Lean reads UTF-8 only.",
      cause: error,
    });
  }
}
