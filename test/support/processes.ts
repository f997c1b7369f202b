/** Whether a process is there; one that has ended and was not waited for yet is not. */
import { existsSync, readFileSync } from "node:fs";

/** False for a process that has ended. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) {
    return process.platform !== "linux";
  }
  const text = readFileSync(stat, "utf8");
  return text[text.lastIndexOf(")") + 2] !== "Z";
}
