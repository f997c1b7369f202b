import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder, measure, ours, run } from "../harness.js";

/** How long the stand-in imports; another REPL takes the time that it takes. */
export const env = { SIMULATED_REPL_IMPORT_MS: "1000" };

const HEADER = "import Lean";

/**
 * Reloading proof states with the same imports, against the same unpickle requests piped straight
 * into the REPL: on one environment that holds the imports, and (for few, it takes long) each alone.
 * @type {import("../harness.js").Group}
 */
export async function reload(context) {
  const rows = [];
  for (const count of [10, 50, 200]) {
    rows.push(...(await inFolder((folder) => reloadOf(context, folder, count))));
  }
  return rows;
}

/**
 * @param {import("../harness.js").Context} context
 * @param {string} folder
 * @param {number} count
 */
function reloadOf(context, folder, count) {
  const few = { ...context, runs: Math.max(1, Math.ceil(context.runs / 4)) };
  const pickles = makeProofStates(few, folder, count);
  const onBase = requestsOnBase(pickles);
  const piped = { command: context.repl, args: [], env };
  const arms = [
    { name: `${count} proof states piped, with one base`, ...piped, input: onBase },
    ours(`reload of ${count} proof states`, ["reload", "-q"], { env, limit: 1.3 }),
  ];
  const rows = measure(few, arms, folder);
  if (count > 50) {
    return rows;
  }
  const alone = requests(pickles.map((path) => ({ unpickleProofStateFrom: path })));
  const each = { name: `${count} proof states piped, each alone`, ...piped, input: alone };
  const [row] = measure({ ...context, runs: 1 }, [each], folder);
  // Against the same yardstick as the others.
  const yardstick = rows[0]?.medianMs ?? Number.NaN;
  return row ? [...rows, { ...row, ratio: row.medianMs / yardstick }] : rows;
}

/**
 * Fills a cache, and returns the paths of the pickles.
 * @param {import("../harness.js").Context} context
 * @param {string} folder
 * @param {number} count
 * @returns {string[]}
 */
export function makeProofStates(context, folder, count) {
  const lines = Array.from({ length: count }, (_, n) => {
    const cmd = `${HEADER}\ntheorem t${n} (p : Prop) (h : p) : p := by sorry`;
    return JSON.stringify({ cmd, sorry: 0 });
  });
  const file = join(folder, "batch.jsonl");
  writeFileSync(file, lines.join("\n"));
  run(context, ours("the states", ["add", "-q", "--batch", file]), folder);
  const { states } = JSON.parse(readFileSync(join(folder, "lean-pickle.json"), "utf8"));
  return states.map((/** @type {{ pickleFile: string }} */ state) =>
    join(folder, state.pickleFile),
  );
}

/**
 * What unpickles proof states on one environment that holds their imports.
 * @param {readonly string[]} pickles
 */
export function requestsOnBase(pickles) {
  const unpickle = pickles.map((path) => ({ unpickleProofStateFrom: path, env: 0 }));
  return requests([{ cmd: HEADER }, ...unpickle]);
}

/** @param {readonly object[]} list */
function requests(list) {
  return list.map((request) => `${JSON.stringify(request)}\n\n`).join("");
}
