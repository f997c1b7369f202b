import { createReadStream, fstatSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { addAbortSignal, type Readable } from "node:stream";
import { isatty, ReadStream as TerminalStream } from "node:tty";
import { isSystemError, LeanPickleError } from "../../errors.ts";
import type { Output } from "../../output/output.ts";
import type { CodeSource } from "../../session/add/addition.ts";
import { READ_ONLY } from "../../system/small-file.ts";
import { describeSystemError } from "../../system/system-error.ts";

/** The most that is read of one source, in bytes: a text of twice that length cannot be. */
const MAX_BYTES = 2 ** 28;

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

/** Warns of code that holds nothing: hardly ever what was meant. */
export function warnOfEmpty(output: Output, code: readonly CodeSource[]): void {
  for (const { source } of code.filter(({ text }) => text.trim() === "")) {
    output.warn(`${source === "<stdin>" ? "Standard input" : source} is empty.`);
  }
}

async function readFile(path: string, signal: AbortSignal): Promise<Buffer> {
  try {
    return await readWhole(path, addAbortSignal(signal, openStream(path)));
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

/** Opens anything at a path, and waits for nothing. The stream closes it. */
function openStream(path: string): Readable {
  const file = openSync(path, READ_ONLY);
  if (fstatSync(file).isFIFO()) {
    // The event loop waits for its writer, and then for its end: a read would find neither.
    return new Socket({ fd: file, readable: true, writable: false });
  }
  return isatty(file) ? new TerminalStream(file) : createReadStream(path, { fd: file });
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
