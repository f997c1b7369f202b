// What the process does to itself and to its surroundings: waiting, dying, writing, eating memory.
import { appendFileSync, writeSync } from "node:fs";

/** A death by exception: exit code 1, the reason on standard error, nothing on standard output. */
export class Death extends Error {}
/** As Lean prints an exception that reaches `main`. @param {string} reason */
export const uncaught = (reason) => new Death(`uncaught exception: ${reason}`);
/** Blocks this process. SIGTERM ends it all the same: its default action needs no event loop. @param {number} milliseconds */
export function wait(milliseconds) {
  if (milliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
/** Never comes back. @returns {never} */
export function hang() {
  for (;;) wait(2 ** 31 - 1);
}
/** Dies of a real SIGSEGV, which may come a moment later: nothing must be answered until it does. @returns {never} */
export function segfault() {
  process.kill(process.pid, "SIGSEGV");
  return hang();
}
/** Reads or writes, again for as long as a pipe that somebody made non-blocking says EAGAIN. @param {() => number} action @returns {number} */
export function retry(action) {
  for (; ; wait(2)) {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("EAGAIN"))) throw error;
    }
  }
}
/** Writes all of it before it returns, however full the pipe is. @param {1 | 2} descriptor @param {Uint8Array} bytes */
function writeAll(descriptor, bytes) {
  for (let from = 0; from < bytes.length; ) from += retry(() => writeSync(descriptor, bytes, from));
}
/** @param {string} text */
export const writeError = (text) => writeAll(2, Buffer.from(text));
/** Floods standard error with this many bytes, in lines. @param {number} bytes */
export function flood(bytes) {
  const line = `simulated-repl: ${"noise ".repeat(10)}\n`;
  if (bytes > 0) writeError(line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes));
}
/** Writes to standard output, in pieces if asked: they can end inside a character. @param {string} text @param {{ chunkBytes: number | undefined, chunkMs: number }} settings */
export function writeOutput(text, { chunkBytes, chunkMs }) {
  const bytes = Buffer.from(text);
  const size = chunkBytes ?? bytes.length;
  for (let from = 0; from < bytes.length; from += size) {
    if (from > 0) wait(chunkMs);
    writeAll(1, bytes.subarray(from, from + size));
  }
}
/** @type {Buffer[]} */
const kept = [];
/** Takes memory for the life of the process: Lean never gives an import back. @param {number} mebibytes */
export function occupy(mebibytes) {
  for (let done = 0; done < mebibytes; done += 1) kept.push(Buffer.alloc(1024 * 1024, 1));
}
/** Appends `EVENT PID DETAIL` in one write, so that processes that share a log never mix lines. @param {string | undefined} path @param {string} event @param {string[]} detail */
export function log(path, event, ...detail) {
  if (path !== undefined) appendFileSync(path, `${[event, process.pid, ...detail].join(" ")}\n`);
}
