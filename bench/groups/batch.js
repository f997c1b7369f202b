import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dropCache, inFolder, measure, NODE_START, ours } from "../harness.js";

/**
 * Additions by `add --batch`, against the same requests piped straight into the REPL.
 * @type {import("../harness.js").Group}
 */
export async function batch(context) {
  return [
    ...(await aThousandAlone(context)),
    ...(await aThousandOnOne(context)),
    ...(await equalHeaders(context)),
  ];
}

/** Code without a header: `Init` is imported once. @param {import("../harness.js").Context} context */
function aThousandAlone(context) {
  const codes = Array.from({ length: 1000 }, (_, n) => `def f${n} := ${n}`);
  return compare(context, {
    name: "1000 states",
    lines: codes.map((cmd) => ({ cmd })),
    before: [{ cmd: "" }],
    requests: codes.map((cmd) => ({ cmd, env: 0 })),
    env: { SIMULATED_REPL_COMMAND_MS: "5" },
    limit: 1.3,
    again: true,
  });
}

/** States on one environment. @param {import("../harness.js").Context} context */
function aThousandOnOne(context) {
  const codes = Array.from({ length: 1000 }, (_, n) => `def f${n} := ${n}`);
  const base = "def base := 1";
  return compare(context, {
    name: "1000 states on one environment",
    lines: [{ cmd: base, name: "base" }, ...codes.map((cmd) => ({ cmd, from: "base" }))],
    before: [{ cmd: "" }, { cmd: base, env: 0 }],
    requests: codes.map((cmd) => ({ cmd, env: 1 })),
    env: { SIMULATED_REPL_COMMAND_MS: "3", SIMULATED_REPL_PICKLE_MS: "1" },
    limit: 1.15,
  });
}

/** Lines that begin with the same imports. @param {import("../harness.js").Context} context */
function equalHeaders(context) {
  const bodies = Array.from({ length: 60 }, (_, n) => `def f${n} := ${n}`);
  return compare(context, {
    name: "60 lines with an import of 400 ms",
    lines: bodies.map((body) => ({ cmd: `import Lean\n${body}` })),
    before: [{ cmd: "import Lean" }],
    requests: bodies.map((body) => ({ cmd: `\n${body}`, env: 0 })),
    env: { SIMULATED_REPL_IMPORT_MS: "400" },
    limit: 1.3,
  });
}

/**
 * @param {import("../harness.js").Context} context
 * @param {{
 *   name: string,
 *   lines: object[],
 *   before: object[],
 *   requests: object[],
 *   env: NodeJS.ProcessEnv,
 *   limit: number,
 *   again?: boolean,
 * }} what the lines of the batch; and requests before, and requests each with a pickle of its answer
 */
function compare(context, { name, lines, before, requests, env, limit, again }) {
  return inFolder((folder) => {
    const pickles = join(folder, "yardstick");
    const all = [
      ...before,
      ...requests.flatMap((request, n) => [
        request,
        { pickleTo: join(pickles, `${n}.olean`), env: before.length + n },
      ]),
    ];
    const input = all.map((request) => `${JSON.stringify(request)}\n\n`).join("");
    const file = join(folder, "batch.jsonl");
    writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const args = ["add", "-q", "--batch", file];
    const few = { ...context, runs: Math.max(1, Math.ceil(context.runs / 4)) };
    const emptyPickles = () => {
      rmSync(pickles, { recursive: true, force: true });
      mkdirSync(pickles);
    };
    const piped = { command: context.repl, args: [], input, env, prepare: emptyPickles };
    const rows = measure(
      few,
      [
        { name: `${name}, requests piped into the REPL`, ...piped },
        ours(`add --batch, ${name}`, args, { env, prepare: dropCache, limit }),
      ],
      folder,
    );
    const second = ours(`add --batch again, ${name}`, args, { env });
    return again ? [...rows, ...measure(few, [NODE_START, second], folder)] : rows;
  });
}
