import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** The unit in which Linux counts pages in `/proc/PID/stat`; 4 KiB on every machine that Lean supports. */
const PAGE_BYTES = 4096;

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
    try {
      const stat = await readFile(`/proc/${pid}/stat`, "latin1");
      // The second field is the name in parentheses, which may hold anything; count from its end.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(fields[2]) === processGroup ? Number(fields[21]) * PAGE_BYTES : 0;
    } catch {
      // The process ended between the listing and the look.
      return 0;
    }
  });
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function residentMemoryByPs(processGroup: number): Promise<number> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pgid=,rss="]);
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .filter(([group]) => group === processGroup)
    .reduce((sum, [, kib]) => sum + (kib ?? 0) * 1024, 0);
}
