/** What Linux tells about a process, in `/proc/PID/stat` and `/proc/PID/status`. */
import { readFileSync } from "node:fs";
import { isSystemError } from "../errors.ts";

/** A part of `/proc/PID/stat`. */
export interface ProcessStat {
  /** A letter, such as `R` (running), `S` (sleeping) or `Z` (ended, and not yet waited for). */
  state: string;
  /** The process group. */
  group: number;
}

/** The state and the group of a process; undefined if it is gone, or the system has no `/proc`. */
export function readProcessStat(pid: number | string): ProcessStat | undefined {
  const stat = readProcessFile(pid, "stat");
  // The second field is a name in parentheses that can hold anything: count from its end
  // (proc_pid_stat(5)).
  const [state = "", , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" ? undefined : { state, group: Number(group) };
}

/**
 * The memory that a process does not share with a file, in bytes: `RssAnon`, or all resident memory
 * (`VmRSS`) on a kernel before Linux 4.5. 0 if the process is gone.
 */
export function readProcessMemory(pid: number | string): number {
  const status = readProcessFile(pid, "status");
  const [, kib = 0] =
    /^RssAnon:\s+(\d+) kB$/m.exec(status) ?? /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return Number(kib) * 1024;
}

/** Empty if it cannot be read: the process is gone, or the system has no such file. */
function readProcessFile(pid: number | string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch (error) {
    if (isSystemError(error)) {
      return "";
    }
    throw error;
  }
}
