/**
 * Measures lean-pickle against yardsticks that run at the same time: each round runs every
 * arm once, and what counts is the ratio of the medians.
 *
 *   npm run bench -- [--repl PATH] [--runs N] [--json FILE]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median, renderRows, spread } from "./statistics.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const program = join(root, "bin", "lean-pickle.js");
const standIn = join(root, "test", "simulated-repl", "repl.js");

const { values: options } = parseArgs({
  options: {
    repl: { type: "string", default: standIn },
    runs: { type: "string", default: "20" },
    json: { type: "string" },
  },
});
const repl = resolve(options.repl);
const runs = Number(options.runs);

/**
 * @typedef {{ name: string, limit?: number, command: string, args: string[], input?: string }} Arm
 * @typedef {{ name: string, medianMs: number, spreadMs: number, ratio: number, limit?: number }} Row
 */

/**
 * Runs the arms in turn, `runs` times, in a folder. The first one is the yardstick.
 * @param {readonly Arm[]} arms
 * @param {string} cwd
 * @returns {Row[]}
 */
function measure(arms, cwd) {
  const times = arms.map(() => /** @type {number[]} */ ([]));
  for (let round = 0; round < runs; round++) {
    for (const [index, { command, args, input = "" }] of arms.entries()) {
      const startedAt = process.hrtime.bigint();
      const { status, stderr } = spawnSync(command, args, { cwd, input, env: environment(cwd) });
      times[index]?.push(Number(process.hrtime.bigint() - startedAt) / 1e6);
      if (status !== 0) {
        throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
      }
    }
  }
  const yardstick = median(times[0] ?? []);
  return arms.map(({ name, limit }, index) => {
    const each = times[index] ?? [];
    const row = { name, medianMs: median(each), spreadMs: spread(each) };
    return { ...row, ratio: row.medianMs / yardstick, ...(limit && { limit }) };
  });
}

/** @param {string} cwd @returns {NodeJS.ProcessEnv} */
function environment(cwd) {
  return { ...process.env, LEAN_PICKLE_REPL: repl, LEAN_PICKLE_DIR: cwd };
}

/**
 * An arm that runs lean-pickle.
 * @param {string} name
 * @param {string[]} args
 * @param {number} [limit] what the ratio is not to exceed
 * @returns {Arm}
 */
function ours(name, args, limit) {
  return { name, command: process.execPath, args: [program, ...args], ...(limit && { limit }) };
}

/** @param {(folder: string) => Row[]} use @returns {Row[]} */
function inFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "lean-pickle-bench-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Start-up, and what a script does again and again, against Node's own start-up. */
function startUp() {
  return inFolder((folder) => {
    for (let n = 0; n < 10; n++) {
      const code = `theorem t${n} (p : Prop) (h : p) : p := by sorry`;
      spawnSync(process.execPath, [program, "add", "-c", code, "--sorry", "0"], {
        cwd: folder,
        env: environment(folder),
      });
    }
    return measure(
      [
        { name: "node -e 0", command: process.execPath, args: ["-e", "0"] },
        ours("--help", ["--help"], 2),
        ours("--version", ["--version"], 2),
        ours("ls -q, 10 states", ["ls", "-q"], 2),
        ours("ls, 10 states", ["ls"], 2),
      ],
      folder,
    );
  });
}

/** One `add` against the same requests, piped straight into the REPL. */
function adding() {
  return inFolder((folder) => {
    const code = "def f := 42";
    const pickleTo = join(folder, "yardstick.olean");
    const requests = [{ cmd: code }, { pickleTo, env: 0 }];
    const input = requests.map((request) => `${JSON.stringify(request)}\n\n`).join("");
    return measure(
      [
        { name: "requests piped into the REPL", command: repl, args: [], input },
        ours("add -c", ["add", "-q", "-c", code]),
      ],
      folder,
    );
  });
}

const groups = { startUp: startUp(), adding: adding() };
if (options.json) {
  const machine = { node: process.version, platform: process.platform, arch: process.arch };
  writeFileSync(options.json, `${JSON.stringify({ machine, runs, groups }, null, 2)}\n`);
}
for (const rows of Object.values(groups)) {
  console.log(`${renderRows(rows)}\n`);
}
