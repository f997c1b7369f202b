/**
 * Who holds the lock of a cache: each process that takes it says so in a file of its own, before it
 * takes it and until it has given it back. So whoever finds the lock can tell at any instant whether
 * a living process may have it, also where one was killed between taking it and saying so.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { hasSystemCode, LeanPickleError } from "../errors.ts";
import { fileSystem } from "./file-system.ts";
import { lockPath, temporaryPath } from "./layout.ts";
import { isAlive, processSpace } from "./process-space.ts";
import { readRegularFile } from "./regular-file.ts";

const holderSchema = v.object({
  pid: v.number(),
  /** Shown to those that wait: without control characters. */
  host: v.pipe(v.string(), v.regex(/^\P{C}{1,255}$/u)),
  /** Where its process id means something. */
  space: v.string(),
  /** When it asked for the lock, as an ISO timestamp. */
  since: v.pipe(v.string(), v.isoTimestamp()),
  token: v.string(),
  /** Which lock it has, as {@link identifyLock} tells; empty before it knows that it has one. */
  lock: v.string(),
});

/** A process that holds the lock, or is about to take it, or did so when it was killed. */
export type Holder = v.InferOutput<typeof holderSchema>;

const FILE_NAME = /^holder\.[0-9a-f-]{36}\.json$/;

/** This process, before it knows that it has a lock. */
export function newHolder(): Holder {
  return {
    pid: process.pid,
    host: hostname(),
    space: processSpace(),
    since: new Date().toISOString(),
    token: randomUUID(),
    lock: "",
  };
}

/** Says that this process is about to take the lock. */
export async function announceHolder(workingDir: string): Promise<Holder> {
  const holder = newHolder();
  await writeHolder(holder, holderPath(workingDir, holder));
  return holder;
}

/** Says that this process has taken the lock that is there now, and returns which one that is. */
export async function confirmHolder(workingDir: string, holder: Holder): Promise<string> {
  const lock = identifyLock(workingDir);
  const path = holderPath(workingDir, holder);
  const next = `${path}.next`;
  await writeHolder({ ...holder, lock }, next);
  await fileSystem.rename(next, path);
  return lock;
}

/** Takes back what this process said, or what one said that is dead. */
export async function withdrawHolder(workingDir: string, holder: Holder): Promise<void> {
  await fileSystem.rm(holderPath(workingDir, holder), { force: true });
}

/** All who hold the lock, or are about to take it, or did so when they were killed. */
export async function readHolders(workingDir: string): Promise<Holder[]> {
  const holders: Holder[] = [];
  for (const name of await namesOfHolders(workingDir)) {
    const holder = readHolder(join(temporaryPath(workingDir), name));
    if (holder && name === nameOf(holder)) {
      holders.push(holder);
    }
  }
  return holders;
}

/** Whether a process of this machine has ended. That of another one never counts as ended. */
export function hasEnded({ space, pid }: Holder): boolean {
  return space === processSpace() && !isAlive(pid);
}

/** A clause that says who holds the lock. */
export function describeHolder(holder: Holder | undefined): string {
  return holder
    ? `process ${holder.pid} on ${holder.host}, since ${holder.since}`
    : "a process that has not said which it is";
}

/** Tells the lock that is there now from the next one at the same path; empty where there is none. */
export function identifyLock(workingDir: string): string {
  const found = fileSystem.lstatSync(lockPath(workingDir), { bigint: true, throwIfNoEntry: false });
  return found ? `${found.ino}-${found.birthtimeNs}` : "";
}

function nameOf({ token }: Holder): string {
  return `holder.${token}.json`;
}

function holderPath(workingDir: string, holder: Holder): string {
  return join(temporaryPath(workingDir), nameOf(holder));
}

/** Writes to a new file who holds a lock, or no file at all. */
export async function writeHolder(holder: Holder, path: string): Promise<void> {
  try {
    await fileSystem.writeFile(path, JSON.stringify(holder), { flag: "wx", mode: 0o600 });
  } catch (error) {
    await fileSystem.rm(path, { force: true });
    throw error;
  }
}

async function namesOfHolders(workingDir: string): Promise<string[]> {
  const names = await fileSystem.readdir(temporaryPath(workingDir));
  return names.filter((name) => FILE_NAME.test(name));
}

/**
 * Reads what {@link writeHolder} wrote. Undefined for one that is gone, or half written: then its process has not taken the lock yet. What
 * is no regular file is none of ours.
 */
export function readHolder(path: string): Holder | undefined {
  try {
    const holder: unknown = JSON.parse(readRegularFile(path));
    return v.is(holderSchema, holder) ? holder : undefined;
  } catch (error) {
    const isNone = error instanceof SyntaxError || error instanceof LeanPickleError;
    if (isNone || hasSystemCode(error, "ENOENT")) {
      return undefined;
    }
    throw error;
  }
}
