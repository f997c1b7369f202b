#!/usr/bin/env node
// A stand-in for the Lean REPL: see README.md beside it.
import { readSync } from "node:fs";
import { Death, flood, startChild, wait, writeError, writeOutput } from "./effects.js";
import { Faults } from "./faults.js";
import { isComment, RequestFramer } from "./framing.js";
import { log } from "./log.js";
import { pretty } from "./printing.js";
import { parseRequest } from "./requests.js";
import { Session } from "./session.js";
import { readSettings, SettingError } from "./settings.js";

/** @import { Settings } from "./settings.js" */

const STDIN = 0;
const BUFFER_BYTES = 65_536;
/** EX_USAGE of sysexits: a setting that was not understood must not look like a death of Lean. */
const EXIT_USAGE = 64;

/**
 * What arrives on standard input, as soon as it arrives. Read synchronously, as Lean does: one
 * request at a time, and nothing else happens in between.
 * @returns {Generator<Buffer, void>}
 */
function* readInput() {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  for (;;) {
    const length = readSome(buffer);
    if (length === 0) return;
    if (length > 0) yield buffer.subarray(0, length);
  }
}

/** @param {Buffer} buffer @returns {number} bytes read, 0 at the end, -1 for nothing yet */
function readSome(buffer) {
  try {
    return readSync(STDIN, buffer);
  } catch (error) {
    // A descriptor that someone has made non-blocking says EAGAIN instead of blocking.
    if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    wait(2);
    return -1;
  }
}

/** @param {Settings} settings */
function converse(settings) {
  const faults = new Faults(settings);
  const session = new Session(settings, faults);
  const framer = new RequestFramer();
  const respond = (/** @type {string} */ text) => {
    if (isComment(text)) return;
    const request = parseRequest(text);
    const garbled = faults.beforeAnswer(text, request);
    const answer = garbled ? "this is not JSON" : pretty(session.answer(request));
    writeOutput(`${answer}\n\n`, settings);
  };
  for (const chunk of readInput()) {
    for (const text of framer.push(chunk)) respond(text);
  }
  const last = framer.end();
  if (last !== undefined) respond(last);
}

async function main() {
  const settings = readSettings(process.env);
  // With a handler the signal does nothing, even while this process is blocked.
  if (settings.ignoreSigterm) process.on("SIGTERM", () => {});
  const child = settings.child === undefined ? undefined : await startChild(settings.child);
  log(settings.log, "start");
  if (child !== undefined) log(settings.log, "child", `${child}`);
  flood(settings.stderrAtStart);
  if (settings.banner !== undefined) writeOutput(`${settings.banner}\n`, settings);
  converse(settings);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Death || error instanceof SettingError)) throw error;
  writeError(`${error.message}\n`);
  process.exitCode = error instanceof SettingError ? EXIT_USAGE : 1;
}
