import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dropCache, inFolder, measure, NODE_START, ours } from "../harness.js";

const STATES = 1000;

/** How long the stand-in takes for a command; another REPL does not know this variable. */
const env = { SIMULATED_REPL_COMMAND_MS: "5" };

/**
 * A thousand states by `add --batch`, against the same requests piped straight into the REPL; and
 * the second run of the same batch, against Node's own start-up.
 * @type {import("../harness.js").Group}
 */
export function batch(context) {
  return inFolder((folder) => {
    const pickles = join(folder, "yardstick");
    const codes = Array.from({ length: STATES }, (_, n) => `def f${n} := ${n}`);
    const requests = codes.flatMap((cmd, n) => [
      { cmd },
      { pickleTo: join(pickles, `${n}.olean`), env: n },
    ]);
    const input = requests.map((request) => `${JSON.stringify(request)}\n\n`).join("");
    const file = join(folder, "batch.jsonl");
    writeFileSync(file, codes.map((cmd) => `${JSON.stringify({ cmd })}\n`).join(""));
    const args = ["add", "-q", "--batch", file];
    const few = { ...context, runs: Math.max(1, Math.ceil(context.runs / 4)) };
    const emptyPickles = () => {
      rmSync(pickles, { recursive: true, force: true });
      mkdirSync(pickles);
    };
    const piped = { command: context.repl, args: [], input, env, prepare: emptyPickles };
    const first = measure(
      few,
      [
        { name: `${STATES} states, requests piped into the REPL`, ...piped },
        ours(`add --batch, ${STATES} states`, args, { env, prepare: dropCache, limit: 1.3 }),
      ],
      folder,
    );
    const again = ours(`add --batch again, ${STATES} states`, args, { env });
    return [...first, ...measure(few, [NODE_START, again], folder)];
  });
}
