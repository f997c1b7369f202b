import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder, measure, ours, run } from "../harness.js";

/** How long the stand-in imports; another REPL takes the time that it takes. */
const env = { SIMULATED_REPL_IMPORT_MS: "300" };

/**
 * Reloading environments, each of which the REPL imports for, in one REPL and in two.
 * @type {import("../harness.js").Group}
 */
export function environments(context) {
  const few = { ...context, runs: Math.max(1, Math.ceil(context.runs / 4)) };
  return inFolder((folder) => {
    const lines = Array.from({ length: 24 }, (_, n) =>
      JSON.stringify({ cmd: `import Lean\ndef f${n} := ${n}` }),
    );
    const file = join(folder, "batch.jsonl");
    writeFileSync(file, lines.join("\n"));
    run(few, ours("the states", ["add", "-q", "--batch", file]), folder);
    return measure(
      few,
      [
        ours("reload of 24 environments, -j 1", ["reload", "-q", "-j", "1"], { env }),
        ours("reload of 24 environments, -j 2", ["reload", "-q", "-j", "2"], {
          env,
          limit: 1 / 1.6,
        }),
      ],
      folder,
    );
  });
}
