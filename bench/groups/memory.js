import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandOf, inFolder, ours, run } from "../harness.js";

const COUNT = 40;

/** How much the stand-in takes for an import; another REPL takes what it takes. */
const env = { SIMULATED_REPL_IMPORT_MIB: "200" };

/** How often the memory is looked at, in milliseconds. */
const LOOK_MS = 10;

/**
 * The peak resident memory of lean-pickle and of its REPLs while it reloads environments, in MiB (in
 * the columns of the milliseconds), on Linux.
 * @param {import("../harness.js").Context} context
 * @returns {Promise<import("../harness.js").Row[]>}
 */
export function memory(context) {
  return inFolder(async (folder) => {
    const lines = Array.from({ length: COUNT }, (_, n) =>
      JSON.stringify({ cmd: `import Lean\ndef f${n} := ${n}` }),
    );
    const file = join(folder, "batch.jsonl");
    writeFileSync(file, lines.join("\n"));
    run(context, ours("the states", ["add", "-q", "--batch", file]), folder);
    const { command, args, options } = commandOf(
      context,
      ours(`reload of ${COUNT} environments`, ["reload", "-q"], { env }),
      folder,
    );
    const child = spawn(command, args, { ...options, stdio: "ignore" });
    const peak = { own: 0, repl: 0 };
    const timer = setInterval(() => {
      peak.own = Math.max(peak.own, residentMib(child.pid ?? 0));
      const repls = childrenOf(child.pid ?? 0).map(residentMib);
      peak.repl = Math.max(peak.repl, ...repls);
    }, LOOK_MS);
    await new Promise((resolve) => child.once("close", resolve));
    clearInterval(timer);
    const row = (/** @type {string} */ name, /** @type {number} */ mib) => ({
      name: `${name}, ${COUNT} environments, MiB`,
      medianMs: mib,
      spreadMs: 0,
      ratio: mib / 200,
    });
    return [row("lean-pickle", peak.own), { ...row("the REPL", peak.repl), limit: 1200 / 200 }];
  });
}

/** @param {number} pid */
function residentMib(pid) {
  const [, kib = "0"] = /^VmRSS:\s+(\d+)/m.exec(statusOf(pid)) ?? [];
  return Number(kib) / 1024;
}

/** @param {number} parent */
function childrenOf(parent) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => new RegExp(`^PPid:\\s+${parent}$`, "m").test(statusOf(pid)));
}

/** Empty for a process that has ended. @param {number} pid */
function statusOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
