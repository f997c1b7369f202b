// What the stand-in tells a test about itself.
import { appendFileSync } from "node:fs";

/**
 * Writes one event to the file of SIMULATED_REPL_LOG, where that is set: `EVENT PID DETAIL`.
 * One write of one short line in append mode, so that processes that share a log never mix lines.
 * @param {string | undefined} path
 * @param {string} event
 * @param {string} [detail]
 */
export function log(path, event, detail) {
  if (path === undefined) return;
  appendFileSync(path, `${event} ${process.pid}${detail === undefined ? "" : ` ${detail}`}\n`);
}
