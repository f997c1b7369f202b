#!/usr/bin/env node
// A stand-in for the Lean REPL: see README.md beside it.
import { readSync } from "node:fs";
import { Death, flood, log, retry, writeError, writeOutput } from "./process.js";
import { parseRequest, RequestFramer } from "./requests.js";
import { Session } from "./session.js";
import { readSettings, SettingError } from "./settings.js";

/** @import { Settings } from "./settings.js" */

/** JSON as Lean prints it: on one line if it fits, else over several, never with an empty one. @param {object} value */
function pretty(value) {
  const lines = JSON.stringify(value, null, 1);
  const tight = lines.replace(/([{[])\n */g, "$1").replace(/\n *([}\]])/g, "$1");
  const line = tight.replace(/\n */g, " ");
  return [...line].length <= 80 ? line : lines;
}
/** Answers one request after the other, as Lean does: nothing else happens in between. @param {Settings} settings */
function converse(settings) {
  const session = new Session(settings);
  const framer = new RequestFramer();
  const respond = (/** @type {string} */ text) => {
    if (/^(#|--)/.test(text)) return;
    const answer = session.answer(text, parseRequest(text));
    writeOutput(`${answer ? pretty(answer) : "this is not JSON"}\n\n`, settings);
  };
  const buffer = Buffer.alloc(65_536);
  for (let length = -1; length !== 0; ) {
    length = retry(() => readSync(0, buffer));
    for (const text of framer.push(buffer.subarray(0, length))) respond(text);
  }
  for (const text of framer.end()) respond(text);
}
/** Starts a child that outlives any test, in this process's group; with `inherit` it holds our pipes open too. @param {Settings} settings */
function startChild({ child, log: path }) {
  if (child === undefined) return;
  const { spawn } = process.getBuiltinModule("node:child_process");
  const started = spawn("sleep", ["3600"], { stdio: child === "inherit" ? "inherit" : "ignore" });
  started.unref();
  log(path, "child", `${started.pid}`);
}

try {
  const settings = readSettings(process.env);
  // With a handler the signal does nothing, even while this process is blocked.
  if (settings.ignoreSigterm) process.on("SIGTERM", () => {});
  log(settings.log, "start");
  startChild(settings);
  flood(settings.stderrAtStart);
  if (settings.banner !== undefined) writeOutput(`${settings.banner}\n`, settings);
  converse(settings);
} catch (error) {
  if (!(error instanceof Death || error instanceof SettingError)) throw error;
  writeError(`${error.message}\n`);
  // EX_USAGE of sysexits: a setting that is not understood must not look like a death of Lean.
  process.exitCode = error instanceof SettingError ? 64 : 1;
}
