import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { promisify } from "node:util";
import { readProcessMemory, readProcessStat } from "../system/process-stat.ts";

/**
 * The memory, in bytes, of all processes of a process group together: `lake env repl` is more than
 * one. On Linux only anonymous memory counts, since the `.olean` files that Lean maps (gigabytes for
 * Mathlib) are shared among all REPLs; elsewhere all resident memory. 0 when the group is gone.
 */
export async function memoryOfGroup(processGroup: number): Promise<number> {
  return process.platform === "linux"
    ? memoryOnLinux(processGroup)
    : await memoryByPs(processGroup);
}

/** From `/proc`, since a small container has no `ps`. */
function memoryOnLinux(processGroup: number): number {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && readProcessStat(name)?.group === processGroup)
    .reduce((sum, pid) => sum + readProcessMemory(pid), 0);
}

async function memoryByPs(processGroup: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pgid=,rss="]);
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([group]) => group === processGroup)
    .reduce((sum, [, kib]) => sum + (kib ?? 0) * 1024, 0);
}
