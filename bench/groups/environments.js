import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder, measure, ours, run } from "../harness.js";

/** How long the stand-in imports; another REPL takes the time that it takes. */
const env = { SIMULATED_REPL_IMPORT_MS: "1000" };

/**
 * Reloading environments over one import by their recipes, against the same requests piped straight
 * into the REPL; and by their pickles, each of which imports by itself, in one REPL and in two.
 * @type {import("../harness.js").Group}
 */
export function environments(context) {
  const few = { ...context, runs: Math.max(1, Math.ceil(context.runs / 4)) };
  return inFolder((folder) => {
    const bodies = Array.from({ length: 40 }, (_, n) => `def f${n} := ${n}`);
    const file = join(folder, "batch.jsonl");
    writeFileSync(
      file,
      bodies.map((body) => JSON.stringify({ cmd: `import Lean\n${body}` })).join("\n"),
    );
    run(few, ours("the states", ["add", "-q", "--batch", file]), folder);
    const { states } = JSON.parse(readFileSync(join(folder, "lean-pickle.json"), "utf8"));
    const requests = [
      { cmd: "import Lean" },
      ...bodies.map((cmd) => ({ cmd: `\n${cmd}`, env: 0 })),
    ];
    const input = requests.map((request) => `${JSON.stringify(request)}\n\n`).join("");
    const some = states
      .slice(0, 8)
      .map((/** @type {{ sessionId: number }} */ state) => state.sessionId);
    const byPickle = ["reload", "-q", "--restore", "pickle", "-j"];
    return [
      ...measure(
        few,
        [
          {
            name: "40 environments piped, one import",
            command: context.repl,
            args: [],
            env,
            input,
          },
          ours("reload of 40 environments by recipe", ["reload", "-q"], { env, limit: 1.5 }),
        ],
        folder,
      ),
      ...measure(
        few,
        [
          ours("reload of 8 environments by pickle, -j 1", [...byPickle, "1", ...some], { env }),
          ours("reload of 8 environments by pickle, -j 2", [...byPickle, "2", ...some], {
            env,
            limit: 1 / 1.6,
          }),
        ],
        folder,
      ),
    ];
  });
}
