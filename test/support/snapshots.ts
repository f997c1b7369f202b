/** What lies in a folder, to be compared later. */
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** By its path from the folder, what each file and folder is. */
export type Snapshot = Record<string, { content: string; inode: number; mode: number }>;

/** Takes down all files and folders below a folder. */
export function snapshot(folder: string): { entries: Snapshot; mtimes: Record<string, number> } {
  const entries: Snapshot = {};
  const mtimes: Record<string, number> = {};
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  for (const name of ["", ...names]) {
    const path = join(folder, name);
    const { ino, mode, mtimeMs } = lstatSync(path);
    const content = lstatSync(path).isFile()
      ? createHash("sha256").update(readFileSync(path)).digest("hex")
      : "";
    entries[name] = { content, inode: ino, mode };
    mtimes[name] = mtimeMs;
  }
  return { entries, mtimes };
}

/** What was added, removed or written between two snapshots, and whose times changed. */
export function changedBetween(
  before: ReturnType<typeof snapshot>,
  after: ReturnType<typeof snapshot>,
): { written: string[]; touched: string[] } {
  const names = [
    ...new Set([...Object.keys(before.entries), ...Object.keys(after.entries)]),
  ].sort();
  return {
    written: names.filter(
      (name) => JSON.stringify(before.entries[name]) !== JSON.stringify(after.entries[name]),
    ),
    touched: names.filter((name) => before.mtimes[name] !== after.mtimes[name]),
  };
}
