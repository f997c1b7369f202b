import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { inFolder, ours, runInTurn } from "../harness.js";
import { median, spread } from "../statistics.js";
import { env, makeProofStates, requestsOnBase } from "./reload.js";

const FEW = 50;
const MANY = 200;

/**
 * What more proof states with the same imports cost: how much longer 200 take than 50, reloaded and
 * piped straight into the REPL on one environment, each round compared with itself.
 * @type {import("../harness.js").Group}
 */
export function reloadGrowth(context) {
  return inFolder((folder) => [
    ...growth(context, join(folder, "real"), "", env, 1.3),
    // The stand-in alone takes 0.1 ms to unpickle: what is left is what lean-pickle costs.
    ...growth(context, join(folder, "bare"), " of no time", {
      ...env,
      SIMULATED_REPL_UNPICKLE_MS: "0",
    }),
  ]);
}

/**
 * @param {import("../harness.js").Context} context
 * @param {string} folder
 * @param {string} kind what is said of the states
 * @param {NodeJS.ProcessEnv} settings
 * @param {number} [limit] what the ratio may be
 * @returns {import("../harness.js").Row[]}
 */
function growth(context, folder, kind, settings, limit) {
  const half = { ...context, runs: Math.max(1, Math.ceil(context.runs / 2)) };
  const arms = [FEW, MANY].flatMap((count) => {
    const cache = join(folder, String(count));
    mkdirSync(cache, { recursive: true });
    const input = requestsOnBase(makeProofStates(half, cache, count));
    const surroundings = { ...settings, LEAN_PICKLE_DIR: cache };
    return [
      { name: "piped", command: context.repl, args: [], env: settings, input },
      ours("reloaded", ["reload", "-q"], { env: surroundings }),
    ];
  });
  const [pipedFew, oursFew, pipedMany, oursMany] = runInTurn(half, arms, folder);
  const row = (
    /** @type {string} */ name,
    /** @type {{ times: number[] } | undefined} */ few,
    /** @type {{ times: number[] } | undefined} */ many,
  ) => {
    const grown = many?.times.map((ms, round) => ms - (few?.times[round] ?? Number.NaN)) ?? [];
    return { name, medianMs: median(grown), spreadMs: spread(grown) };
  };
  const more = MANY - FEW;
  const piped = row(`${more} more proof states${kind}, piped with one base`, pipedFew, pipedMany);
  const reloaded = row(`${more} more proof states${kind}, reloaded`, oursFew, oursMany);
  return [
    { ...piped, ratio: 1 },
    { ...reloaded, ratio: reloaded.medianMs / piped.medianMs, ...(limit && { limit }) },
  ];
}
