// What the process does to itself and to its surroundings: waiting, dying, writing, eating memory.
import { writeSync } from "node:fs";

const STDOUT = 1;
const STDERR = 2;
const MIB = 1024 * 1024;

/** A death by exception: exit code 1, the reason on standard error, nothing on standard output. */
export class Death extends Error {}

/** As Lean prints an exception that reaches `main`. @param {string} reason */
export function uncaught(reason) {
  return new Death(`uncaught exception: ${reason}`);
}

/**
 * Blocks this process. SIGTERM ends it at once all the same: no handler is installed, and the
 * default action needs no event loop.
 * @param {number} milliseconds
 */
export function wait(milliseconds) {
  if (milliseconds > 0) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  }
}

/** Never comes back. @returns {never} */
export function hang() {
  for (;;) wait(2 ** 31 - 1);
}

/** Dies of a real SIGSEGV, as Lean does in a damaged memory map. @returns {never} */
export function segfault() {
  process.kill(process.pid, "SIGSEGV");
  // The signal may be delivered to another thread: nothing must be answered until it is.
  return hang();
}

/**
 * Writes all of it before it returns, however full the pipe is: the real REPL blocks too.
 * @param {number} descriptor
 * @param {Uint8Array} bytes
 */
function writeAll(descriptor, bytes) {
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(descriptor, bytes, from);
    } catch (error) {
      // A pipe that someone has made non-blocking says EAGAIN instead of blocking.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      wait(1);
    }
  }
}

/** @param {string} text */
export function writeError(text) {
  writeAll(STDERR, Buffer.from(text));
}

/**
 * Floods standard error with about this many bytes, in lines.
 * @param {number} bytes
 */
export function flood(bytes) {
  const line = `simulated-repl: ${"noise ".repeat(10)}\n`;
  if (bytes > 0) writeError(line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes));
}

/**
 * Writes to standard output, in pieces where chunking is asked for: pieces of a few bytes with a
 * pause between them reach the reader in the middle of a UTF-8 character.
 * @param {string} text
 * @param {{ chunkBytes: number | undefined, chunkMs: number }} settings
 */
export function writeOutput(text, settings) {
  const bytes = Buffer.from(text);
  const size = settings.chunkBytes ?? Math.max(bytes.length, 1);
  for (let from = 0; from < bytes.length; from += size) {
    if (from > 0) wait(settings.chunkMs);
    writeAll(STDOUT, bytes.subarray(from, from + size));
  }
}

/** @type {Buffer[]} */
const kept = [];

/**
 * Takes memory and touches it, for the life of the process: Lean never gives an import back.
 * @param {number} mebibytes
 */
export function occupy(mebibytes) {
  for (let done = 0; done < mebibytes; done += 16) {
    kept.push(Buffer.alloc(Math.min(16, mebibytes - done) * MIB, 1));
  }
}

/**
 * Starts a child that outlives any test, in this process's group: who ends only this process
 * leaves it behind, and with `inherit` it holds our pipes open too. Returns its process id.
 * Loaded late: most processes start no child.
 * @param {"quiet" | "inherit"} kind
 */
export async function startChild(kind) {
  const { spawn } = await import("node:child_process");
  const child = spawn("sleep", ["3600"], { stdio: kind === "inherit" ? "inherit" : "ignore" });
  child.unref();
  return child.pid;
}
