/**
 * Who holds a lock: each process that takes one says so in a file of its own, before it takes it and
 * until it has given it back. So whoever finds the lock can tell at any instant whether a living
 * process may have it, also where one was killed between taking it and saying so. All that is said
 * stands in the name of the file, which is empty: it is there whole or not at all, and takes no space
 * where there is none left.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import { withFile } from "../disk/durable.ts";
import { fileSystem } from "../disk/file-system.ts";
import type { LockPlace } from "../disk/layout.ts";
import { isAlive, processSpace } from "./process-alive.ts";

/** A process that holds a lock, or is about to take it, or did so when it was killed. */
export interface Holder {
  pid: number;
  /** Where its process id means something. */
  space: string;
  /** When it asked for the lock, in milliseconds since the epoch. */
  since: number;
  /** Tells what it does with one lock from what it does with the next. */
  token: string;
  /** Which lock it has, as {@link identifyLock} tells; empty before it knows that it has one. */
  lock: string;
  /** The name of its machine, for people. */
  host: string;
}

/** No number in it is longer than that of a process, or than a time that can be told. */
const NAME = /^holder\.(\d{1,10})\.([0-9a-f]+)\.(\d{1,15})\.([0-9a-f]+)\.([0-9-]*)\.([\w.-]*)$/;

/** A file name may have 255 bytes: a host name may not take them all. */
const MAX_HOST = 100;

/** This process, before it knows that it has a lock. */
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

/** The name of the file that says who holds a lock. */
export function nameOfHolder({ pid, space, since, token, lock, host }: Holder): string {
  return ["holder", pid, space, since, token, lock, host].join(".");
}

/** What the name of a file says of who holds a lock; undefined for the name of another file. */
export function parseHolder(name: string): Holder | undefined {
  const [, pid, space = "", since, token = "", lock = "", host = ""] = NAME.exec(name) ?? [];
  return pid === undefined
    ? undefined
    : { pid: Number(pid), space, since: Number(since), token, lock, host };
}

/** Says that this process is about to take a lock. */
export async function announceHolder(place: LockPlace): Promise<Holder> {
  const holder = newHolder();
  await sayHolder(place.scratch, holder);
  return holder;
}

/** Says in a folder who this process is. */
export async function sayHolder(folder: string, holder: Holder): Promise<void> {
  await withFile(join(folder, nameOfHolder(holder)), "wx", async () => {});
}

/** Says that this process has taken the lock that is there now. */
export async function confirmHolder(place: LockPlace, holder: Holder): Promise<Holder> {
  const confirmed = { ...holder, lock: identifyLock(place) };
  const pathOf = (each: Holder): string => join(place.scratch, nameOfHolder(each));
  await fileSystem.rename(pathOf(holder), pathOf(confirmed));
  return confirmed;
}

/** Takes back what this process said, or what one said that is dead. */
export async function withdrawHolder(place: LockPlace, holder: Holder): Promise<void> {
  await fileSystem.rm(join(place.scratch, nameOfHolder(holder)), { force: true });
}

/** All who hold a lock, or are about to take it, or did so when they were killed. */
export async function readHolders(place: LockPlace): Promise<Holder[]> {
  return parseHolders(await fileSystem.readdir(place.scratch));
}

/** Who has the lock that is there now; undefined where there is none, or its holder has not said so. */
export async function readHolder(place: LockPlace): Promise<Holder | undefined> {
  const lock = identifyLock(place);
  return lock === "" ? undefined : (await readHolders(place)).find((each) => each.lock === lock);
}

/** Those of the names of files that say who holds a lock. */
export function parseHolders(names: readonly string[]): Holder[] {
  return names.map(parseHolder).filter((holder) => holder !== undefined);
}

/** Whether a process of this machine has ended. That of another one never counts as ended. */
export function hasEnded({ space, pid }: Holder): boolean {
  return space === processSpace() && !isAlive(pid);
}

/** A clause that says who holds the lock. */
export function describeHolder(holder: Holder | undefined): string {
  return holder
    ? `process ${holder.pid} on ${holder.host}, since ${new Date(holder.since).toISOString()}`
    : "a process that has not said which it is";
}

/** Tells the lock that is there now from the next one at the same path; empty where there is none. */
export function identifyLock({ lock }: LockPlace): string {
  const found = fileSystem.lstatSync(lock, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino}-${found.birthtimeNs}` : "";
}
