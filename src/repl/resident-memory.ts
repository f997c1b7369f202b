import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { hasSystemCode } from "../errors.ts";

/**
 * The resident memory, in bytes, of all processes of a process group together: `lake env repl` is
 * more than one. Pages that they share count for each of them. 0 when the group is gone.
 */
export async function residentMemory(processGroup: number): Promise<number> {
  return process.platform === "linux"
    ? await residentMemoryOnLinux(processGroup)
    : await residentMemoryByPs(processGroup);
}

/** From `/proc`, since a small container has no `ps`. */
async function residentMemoryOnLinux(processGroup: number): Promise<number> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const sizes = pids.map(async (pid) => {
    const stat = await readIfAlive(`/proc/${pid}/stat`);
    // The second field is the name in parentheses, which may hold anything: count from its end.
    const [, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(group) !== processGroup) {
      return 0;
    }
    const status = await readIfAlive(`/proc/${pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** A file of a process; empty where the process has ended in the meantime. */
async function readIfAlive(path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    if (hasSystemCode(error, "ENOENT") || hasSystemCode(error, "ESRCH")) {
      return "";
    }
    throw error;
  }
}

async function residentMemoryByPs(processGroup: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pgid=,rss="]);
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([group]) => group === processGroup)
    .reduce((sum, [, kib]) => sum + (kib ?? 0) * 1024, 0);
}
