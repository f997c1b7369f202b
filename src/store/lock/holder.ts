/**
 * Who holds a lock. A process writes a note beside the lock before it takes the lock, adds the
 * identity of the lock once it has it, and removes the note after it has released the lock. So a
 * waiter can always tell whether a living process may hold the lock, even if one was killed right
 * after it took it. A note is an empty file and all that it says is its name: it is written whole or
 * not at all, and needs no space on a full disk.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { isAlive, processSpace } from "../../system/process-alive.ts";
import { withFile } from "../disk/durable.ts";
import { fileSystem } from "../disk/file-system.ts";
import type { LockPlace } from "../disk/layout.ts";

/** A process that holds a lock, is about to take it, or was killed meanwhile. */
export interface Holder {
  pid: number;
  /** Where its process id is valid: see {@link processSpace}. */
  space: string;
  /** When it asked for the lock, in milliseconds since the epoch. */
  since: number;
  /** Differs for each attempt to take a lock. */
  token: string;
  /** The lock that it has, as {@link identifyLock} says; empty until it has one. */
  lock: string;
  /** The name of its machine, for people. */
  host: string;
}

/** The numbers are no longer than those of a process, or of a time. */
const NAME = /^holder\.(\d{1,10})\.([0-9a-f]+)\.(\d{1,15})\.([0-9a-f]+)\.([0-9-]*)\.([\w.-]*)$/;

/** A file name has at most 255 bytes. */
const MAX_HOST = 100;

/** This process, before it has a lock. */
export function newHolder(): Holder {
  return {
    pid: process.pid,
    space: processSpace(),
    since: Date.now(),
    token: randomBytes(8).toString("hex"),
    lock: "",
    host: hostname()
      .replaceAll(/[^\w.-]/g, "_")
      .slice(0, MAX_HOST),
  };
}

/** The name of the note about a holder. */
export function nameOfHolder({ pid, space, since, token, lock, host }: Holder): string {
  return ["holder", pid, space, since, token, lock, host].join(".");
}

/** The holder that a file's name describes; undefined for any other file. */
export function parseHolder(name: string): Holder | undefined {
  const [, pid, space = "", since, token = "", lock = "", host = ""] = NAME.exec(name) ?? [];
  return pid === undefined
    ? undefined
    : { pid: Number(pid), space, since: Number(since), token, lock, host };
}

/** Notes that this process is about to take a lock. */
export async function announceHolder(place: LockPlace): Promise<Holder> {
  const holder = newHolder();
  await withFile(notePath(place, holder), "wx", async () => {});
  return holder;
}

/** Notes that this process has taken the lock that is there now. */
export async function confirmHolder(place: LockPlace, holder: Holder): Promise<Holder> {
  const confirmed = { ...holder, lock: identifyLock(place) };
  await fileSystem.rename(notePath(place, holder), notePath(place, confirmed));
  return confirmed;
}

/** Removes the note of this process, or of a dead one. */
export async function withdrawHolder(place: LockPlace, holder: Holder): Promise<void> {
  await fileSystem.rm(notePath(place, holder), { force: true });
}

function notePath({ scratch }: LockPlace, holder: Holder): string {
  return join(scratch, nameOfHolder(holder));
}

/** All processes that hold a lock, are about to take it, or were killed meanwhile. */
export async function readHolders({ scratch }: LockPlace): Promise<Holder[]> {
  const names = await fileSystem.readdir(scratch);
  return names.map(parseHolder).filter((holder) => holder !== undefined);
}

/** The holder of the lock that is there now; undefined if there is no lock, or no note about it. */
export async function readHolder(place: LockPlace): Promise<Holder | undefined> {
  const lock = identifyLock(place);
  return lock === "" ? undefined : (await readHolders(place)).find((each) => each.lock === lock);
}

/** Whether a process of this machine has ended. One of another machine never counts as ended. */
export function hasEnded({ space, pid }: Holder): boolean {
  return space === processSpace() && !isAlive(pid);
}

/** A clause that says who holds the lock. */
export function describeHolder(holder: Holder | undefined): string {
  return holder
    ? `process ${holder.pid} on ${holder.host}, since ${new Date(holder.since).toISOString()}`
    : "a process that has not said which it is";
}

/** Tells the lock at a path from a later one at the same path; empty if there is none. */
export function identifyLock({ lock }: Pick<LockPlace, "lock">): string {
  const found = fileSystem.lstatSync(lock, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino}-${found.birthtimeNs}` : "";
}
