/** Locks, and who says that he has them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareFolders } from "../../src/store/disk/folders.ts";
import { manifestLock, temporaryPath } from "../../src/store/disk/layout.ts";
import { type Holder, identifyLock, nameOfHolder, newHolder } from "../../src/store/lock/holder.ts";
import { temporaryFolder } from "./folders.ts";
import { startWorker, type Worker } from "./workers.ts";

/** A process id that no process has. */
export const NO_PID = 2 ** 22 + 1;

/** Says what a process says that is about to take the lock, or that has it. */
export function announce(folder: string, holder: Partial<Holder>): string {
  const name = nameOfHolder({ ...newHolder(), pid: NO_PID, ...holder });
  const path = join(temporaryPath(folder), name);
  writeFileSync(path, "");
  return path;
}

/** Which lock is there. */
export function lockIn(folder: string): string {
  return identifyLock(manifestLock(folder));
}

/** A working directory in which a lock can be taken. */
export async function cacheFolder(): Promise<string> {
  const folder = temporaryFolder();
  await prepareFolders(folder);
  return folder;
}

/** A process that holds the lock until it is ended. */
export function holdElsewhere(folder: string): Worker {
  return startWorker(`
    import { withLock } from "STORE/lock.js";
    await withLock(${JSON.stringify(folder)}, {}, () => new Promise(() => {
      setInterval(() => {}, 1000);
      console.log("held");
    }));
  `);
}
