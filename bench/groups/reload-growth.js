import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { inFolder, ours, runInTurn } from "../harness.js";
import { median, spread } from "../statistics.js";
import { env, makeProofStates, requestsOnBase } from "./reload.js";

const FEW = 50;
const MANY = 200;

/**
 * What a real REPL may take to unpickle a proof state on an environment, in milliseconds: 50 of them
 * and the import took 370 ms on one. The stand-in itself takes about 0.1 ms.
 */
const UNPICKLE_MS = 2;

/**
 * What more proof states with the same imports cost: how much longer 200 take than 50, reloaded and
 * piped straight into the REPL on one environment, each round compared with itself.
 * @type {import("../harness.js").Group}
 */
export function reloadGrowth(context) {
  return inFolder((folder) => [
    ...growth(context, join(folder, "bare"), "", env),
    ...growth(context, join(folder, "slow"), ` of ${UNPICKLE_MS} ms`, {
      ...env,
      SIMULATED_REPL_UNPICKLE_MS: String(UNPICKLE_MS),
    }),
  ]);
}

/**
 * @param {import("../harness.js").Context} context
 * @param {string} folder
 * @param {string} kind what is said of the states
 * @param {NodeJS.ProcessEnv} settings
 * @returns {import("../harness.js").Row[]}
 */
function growth(context, folder, kind, settings) {
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
    { ...reloaded, ratio: reloaded.medianMs / piped.medianMs, limit: 1.3 },
  ];
}
