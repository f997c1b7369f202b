/** Who holds the lock of a cache: noted beside it, so that the lock of a dead process can be told. */
import { randomUUID } from "node:crypto";
import { statSync } from "node:fs";
import { readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import * as v from "valibot";
import { hasSystemCode } from "../errors.ts";
import { lockHolderPath, lockPath } from "./layout.ts";

const holderSchema = v.object({
  pid: v.number(),
  host: v.string(),
  /** When it took the lock, as an ISO timestamp. */
  since: v.string(),
  token: v.string(),
  /** Which lock this holder made: that of another one may lie in its place by now. */
  lock: v.string(),
});

/** A process that holds, or held, the lock. */
export type Holder = v.InferOutput<typeof holderSchema>;

/** Notes that this process has just taken the lock. */
export async function announceHolder(workingDir: string): Promise<Holder> {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    token: randomUUID(),
    lock: identify(lockPath(workingDir)),
  };
  await writeFile(lockHolderPath(workingDir), JSON.stringify(holder), { mode: 0o600 });
  return holder;
}

/** Removes the note of a holder that is about to give its lock back, but not another's. */
export async function withdrawHolder(workingDir: string, holder: Holder): Promise<void> {
  if ((await readHolder(workingDir))?.token === holder.token) {
    await rm(lockHolderPath(workingDir), { force: true });
  }
}

/** Who holds the lock, if it is held and its holder has said so. */
export async function readHolder(workingDir: string): Promise<Holder | undefined> {
  return await readHolderFile(lockHolderPath(workingDir));
}

/**
 * Removes the lock of a process of this host that is dead, and says whether it did. The note is
 * claimed first, by a rename that only one of those that wait can do, and what was claimed must be
 * what was judged: another process may have got the lock in between.
 */
export async function breakDeadLock(workingDir: string, holder: Holder): Promise<boolean> {
  const path = lockPath(workingDir);
  const isDead = holder.host === hostname() && !isAlive(holder.pid);
  if (!isDead || identify(path) !== holder.lock) {
    return false;
  }
  const note = lockHolderPath(workingDir);
  const claim = `${note}.${randomUUID()}`;
  if (!(await unlessMissing(rename(note, claim)))) {
    return false;
  }
  if ((await readHolderFile(claim))?.token !== holder.token) {
    await rename(claim, note);
    return false;
  }
  try {
    if (identify(path) === holder.lock) {
      await unlessMissing(rmdir(path));
    }
  } finally {
    await rm(claim, { force: true });
  }
  return true;
}

/** A clause that says who holds the lock. */
export function describeHolder(holder: Holder | undefined): string {
  return holder
    ? `process ${holder.pid} on ${holder.host}, since ${holder.since}`
    : "a process that has not said which it is";
}

async function readHolderFile(path: string): Promise<Holder | undefined> {
  try {
    const holder: unknown = JSON.parse(await readFile(path, "utf8"));
    return v.is(holderSchema, holder) ? holder : undefined;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT") || error instanceof SyntaxError) {
      // Not written yet, or half: the lock counts as that of a living process.
      return undefined;
    }
    throw error;
  }
}

/** Tells one lock from the next at the same path; empty where there is none. */
export function identify(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino}:${found.birthtimeNs}` : "";
}

/** Whether something was done to a file; false where the file was not there. */
async function unlessMissing(doing: Promise<void>): Promise<boolean> {
  try {
    await doing;
    return true;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) {
      return false;
    }
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasSystemCode(error, "ESRCH");
  }
}
