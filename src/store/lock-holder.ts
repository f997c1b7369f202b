/** Who holds a lock: noted beside it, so that the lock of a dead process can be told. */
import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { hasSystemCode, isSystemError } from "../errors.ts";
import { fileSystem } from "./file-system.ts";
import type { LockPlace } from "./layout.ts";

const holderSchema = v.object({
  pid: v.number(),
  host: v.string(),
  /** Where its process id means something. */
  space: v.string(),
  /** When it took the lock, as an ISO timestamp. */
  since: v.string(),
  token: v.string(),
  /** Which lock this holder made: that of another one may lie in its place by now. */
  lock: v.string(),
});

/** How long a process may take to say that it has the lock, in milliseconds. */
const UNANNOUNCED_MS = 3000;

/** A process that holds, or held, the lock. */
export type Holder = v.InferOutput<typeof holderSchema>;

/** Notes that this process has just taken the lock. */
export async function announceHolder(place: LockPlace): Promise<Holder> {
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    space: processSpace(),
    since: new Date().toISOString(),
    token: randomUUID(),
    lock: identify(place.lock),
  };
  const note = place.holder;
  const written = passingPath(place, holder.token);
  try {
    await fileSystem.writeFile(written, JSON.stringify(holder), { mode: 0o600 });
    await fileSystem.rename(written, note);
  } catch (error) {
    await fileSystem.rm(written, { force: true });
    throw error;
  }
  return holder;
}

/** Removes the note of a holder that is about to give its lock back, but not another's. */
export async function withdrawHolder(place: LockPlace, holder: Holder): Promise<void> {
  if ((await readHolder(place))?.token === holder.token) {
    await fileSystem.rm(place.holder, { force: true });
  }
}

/** Who holds the lock, if it is held and its holder has said so. */
export async function readHolder(place: LockPlace): Promise<Holder | undefined> {
  return await readHolderFile(place.holder);
}

/**
 * Removes the lock of a process of this machine that is dead, and says whether it did. The note is
 * claimed first, by a rename that only one of those that wait can do, and what was claimed must be
 * what was judged: another process may have got the lock in between. The lock of a process that
 * ended before it said which it was is removed when it is older than saying so takes.
 */
export async function breakDeadLock(
  place: LockPlace,
  holder: Holder | undefined,
): Promise<boolean> {
  const path = place.lock;
  const found = fileSystem.statSync(path, { throwIfNoEntry: false });
  if (holder?.lock !== identify(path)) {
    // What is noted, if anything, is not this lock's.
    const isOld = found !== undefined && Date.now() - found.mtimeMs > UNANNOUNCED_MS;
    return isOld && (await unlessMissing(fileSystem.rmdir(path)));
  }
  const isDead = holder.space === processSpace() && !isAlive(holder.pid);
  if (!isDead) {
    return false;
  }
  const note = place.holder;
  const claim = passingPath(place, randomUUID());
  if (!(await unlessMissing(fileSystem.rename(note, claim)))) {
    return false;
  }
  if ((await readHolderFile(claim))?.token !== holder.token) {
    await fileSystem.rename(claim, note);
    return false;
  }
  try {
    if (identify(path) === holder.lock) {
      await unlessMissing(fileSystem.rmdir(path));
    }
  } finally {
    await fileSystem.rm(claim, { force: true });
  }
  return true;
}

/** A clause that says who holds the lock. */
export function describeHolder(holder: Holder | undefined): string {
  return holder
    ? `process ${holder.pid} on ${holder.host}, since ${holder.since}`
    : "a process that has not said which it is";
}

/** Where a note lies for a moment: what a process that is killed leaves there is garbage. */
function passingPath(place: LockPlace, token: string): string {
  return join(place.scratch, `holder.${token}.json`);
}

async function readHolderFile(path: string): Promise<Holder | undefined> {
  try {
    const holder: unknown = JSON.parse(await fileSystem.readFile(path, "utf8"));
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
  const found = fileSystem.statSync(path, { bigint: true, throwIfNoEntry: false });
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

/**
 * What has to be the same for a process id to mean the same process: the host, since its last start,
 * and on Linux the namespace of process ids, since containers may share all the rest.
 */
function processSpace(): string {
  const boot = unlessUnreadable(() =>
    readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
  );
  const namespace = unlessUnreadable(() => readlinkSync("/proc/self/ns/pid"));
  return [hostname(), boot, namespace].join(" ");
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasSystemCode(error, "ESRCH");
  }
}
