import { promises as fs } from "node:fs";
import { addAbortSignal } from "node:stream";
import { describeSystemError, isSystemError, LeanPickleError } from "../errors.ts";
import type { CodeSource } from "../session/addition.ts";

/**
 * Reads the code that a command line gives: the files, `-` being standard input, then what stands
 * in the command line itself.
 * @throws {LeanPickleError} `usage` for standard input twice, `unreadable-input` for no UTF-8
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
    const bytes = file === "-" ? await readStandardInput(signal) : await readWhole(file);
    const source = file === "-" ? "<stdin>" : file;
    sources.push({ source, text: decode(bytes, source) });
  }
  for (const [index, text] of code.entries()) {
    sources.push({ source: code.length === 1 ? "<code>" : `<code ${index + 1}>`, text });
  }
  return sources;
}

async function readWhole(file: string): Promise<Buffer> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    if (isSystemError(error)) {
      // Reading a folder fails without its name.
      error.path ??= file;
      const message = describeSystemError(error);
      throw new LeanPickleError("unreadable-input", message, { cause: error });
    }
    throw error;
  }
}

async function readStandardInput(signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of addAbortSignal(signal, process.stdin)) {
      chunks.push(chunk as Buffer);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
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
