/** Whether another process still runs, as far as that can be told. */
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { hasSystemCode, isSystemError } from "../errors.ts";
import { readProcessStat } from "./process-stat.ts";

/**
 * What has to be the same for a process id to mean the same process: the host, since its last start,
 * and on Linux the namespace of process ids, since containers may share all the rest. As a digest,
 * which can be part of a file name.
 */
export function processSpace(): string {
  const boot = unlessUnreadable(() =>
    readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
  );
  const namespace = unlessUnreadable(() => readlinkSync("/proc/self/ns/pid"));
  const all = [hostname(), boot, namespace].join(" ");
  return createHash("sha256").update(all).digest("hex").slice(0, 32);
}

/** Whether a process of this space runs; also where it is another user's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return !hasSystemCode(error, "ESRCH");
  }
}

/**
 * Whether a process has ended, and has an id all the same: its parent has not asked how it ended, and
 * in a container whose first process is no init may never do so. Told on Linux only.
 */
function isZombie(pid: number): boolean {
  return /^[ZX]/.test(readProcessStat(pid)?.state ?? "");
}

/** Empty where a system does not tell. */
function unlessUnreadable(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (isSystemError(error)) {
      return "";
    }
    throw error;
  }
}
