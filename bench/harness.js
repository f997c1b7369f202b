/**
 * Measures commands against a yardstick that runs at the same time: each round runs every arm once,
 * and what counts is the ratio of the medians.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, spread } from "./statistics.js";

const program = fileURLToPath(new URL("../bin/lean-pickle.js", import.meta.url));

/**
 * What a group is given: the REPL that lean-pickle runs, and how often to run each arm.
 * @typedef {{ repl: string, runs: number }} Context
 *
 * A command to run. What `prepare` does comes before each of its runs, and is not measured; `env`
 * is set on top of what lean-pickle is run with; `limit` is what its ratio is not to exceed.
 * @typedef {{
 *   name: string,
 *   command: string,
 *   args: string[],
 *   input?: string,
 *   env?: NodeJS.ProcessEnv,
 *   prepare?: (folder: string) => void,
 *   limit?: number,
 * }} Arm
 *
 * @typedef {{ name: string, medianMs: number, spreadMs: number, ratio: number, limit?: number }} Row
 *
 * @typedef {(context: Context) => Row[] | Promise<Row[]>} Group
 */

/** Node's own start-up. @type {Arm} */
export const NODE_START = { name: "node -e 0", command: process.execPath, args: ["-e", "0"] };

/**
 * An arm that runs lean-pickle.
 * @param {string} name
 * @param {string[]} args
 * @param {Partial<Arm>} [more]
 * @returns {Arm}
 */
export function ours(name, args, more = {}) {
  return { name, command: process.execPath, args: [program, ...args], ...more };
}

/**
 * Runs the arms in turn, in a folder that is also that of the cache. The first one is the yardstick.
 * @param {Context} context
 * @param {readonly Arm[]} arms
 * @param {string} folder
 * @returns {Row[]}
 */
export function measure(context, arms, folder) {
  const measured = runInTurn(context, arms, folder);
  const yardstick = median(measured[0]?.times ?? []);
  return measured.map(({ arm: { name, limit }, times }) => {
    const row = { name, medianMs: median(times), spreadMs: spread(times) };
    return { ...row, ratio: row.medianMs / yardstick, ...(limit && { limit }) };
  });
}

/**
 * Runs the arms in turn, and returns the milliseconds that each run of each took.
 * @param {Context} context
 * @param {readonly Arm[]} arms
 * @param {string} folder
 */
export function runInTurn(context, arms, folder) {
  const measured = arms.map((arm) => ({ arm, times: /** @type {number[]} */ ([]) }));
  for (let round = 0; round < context.runs; round++) {
    for (const { arm, times } of measured) {
      arm.prepare?.(folder);
      times.push(run(context, arm, folder));
    }
  }
  return measured;
}

/**
 * Runs an arm once, which must succeed, and returns the milliseconds that it took.
 * @param {Context} context
 * @param {Arm} arm
 * @param {string} folder
 */
export function run(context, arm, folder) {
  const { command, args, options } = commandOf(context, arm, folder);
  const startedAt = process.hrtime.bigint();
  const { status, stderr, error } = spawnSync(command, args, {
    ...options,
    input: arm.input ?? "",
    maxBuffer: 2 ** 28,
  });
  const elapsedMs = Number(process.hrtime.bigint() - startedAt) / 1e6;
  if (status !== 0) {
    throw new Error(`${command} ${args.join(" ")} failed: ${error ?? stderr}`);
  }
  return elapsedMs;
}

/**
 * What to spawn for an arm, and in which surroundings.
 * @param {Context} context
 * @param {Arm} arm
 * @param {string} folder
 */
export function commandOf({ repl }, { command, args, env }, folder) {
  const surroundings = { LEAN_PICKLE_REPL: repl, LEAN_PICKLE_DIR: folder, ...env };
  return { command, args, options: { cwd: folder, env: { ...process.env, ...surroundings } } };
}

/**
 * Removes the cache in a folder.
 * @param {string} folder
 */
export function dropCache(folder) {
  for (const name of ["lean-pickle.json", "session_cache"]) {
    rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Lends a folder that is removed afterwards.
 * @param {(folder: string) => Row[] | Promise<Row[]>} use
 * @returns {Promise<Row[]>}
 */
export async function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "lean-pickle-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
