/** Taking away the lock of a process that cannot give it back any more. */
import { join } from "node:path";
import { hasSystemCode, isSystemError } from "../../errors.ts";
import { randomName } from "../disk/durable.ts";
import { fileSystem } from "../disk/file-system.ts";
import type { LockPlace } from "../disk/layout.ts";
import {
  type Holder,
  hasEnded,
  identifyLock,
  nameOfHolder,
  newHolder,
  parseHolders,
  readHolders,
  sayHolder,
  withdrawHolder,
} from "./holder.ts";

/** How long a lock lasts that nobody refreshes, in milliseconds: its holder may be slow, not dead. */
export const STALE_MS = 30_000;

/** What a system says where a folder is to be renamed to one that is there, and not empty. */
const TAKEN = new Set(["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"]);

/** What was found where the lock was to be taken. */
export interface FoundLock {
  /** Whether it is worth trying again at once: the lock is gone. */
  isGone: boolean;
  /** Who holds it, where that is known. */
  holder: Holder | undefined;
}

/**
 * Looks at a lock that another one has, and breaks it where that one is dead, or has not refreshed
 * it for {@link STALE_MS}.
 */
export async function breakIfAbandoned(place: LockPlace): Promise<FoundLock> {
  const { lock, holder, isAbandoned } = await judgeLock(place);
  if (lock === "") {
    return { isGone: true, holder: undefined };
  }
  return { isGone: isAbandoned && (await breakLock(place, lock)), holder };
}

/** Whether there is a lock that nobody will give back, which the next process that needs it breaks. */
export async function isLockAbandoned(place: LockPlace): Promise<boolean> {
  return (await judgeLock(place)).isAbandoned;
}

interface Judgement {
  /** As {@link identifyLock} tells. */
  lock: string;
  /** The process that says that it has it, and runs. */
  holder: Holder | undefined;
  holders: Holder[];
  isAbandoned: boolean;
}

async function judgeLock(place: LockPlace): Promise<Judgement> {
  const lock = identifyLock(place);
  if (lock === "") {
    return { lock, holder: undefined, holders: [], isAbandoned: false };
  }
  // Whoever has this lock said so before it took it, so it is among those that are found only now.
  const holders = await readHolders(place);
  const candidates = candidatesFor(lock, holders);
  const living = candidates.filter((each) => !hasEnded(each));
  const isDead = candidates.length > 0 && living.length === 0;
  const holder = living.find((each) => each.lock === lock);
  return { lock, holder, holders, isAbandoned: isDead || isStale(place) };
}

/**
 * Who may have the lock: those that say so, and those that were about to take one a moment ago. One of
 * the first that is dead need not be who has it: a file system that keeps no time of birth, or only a
 * coarse one, tells a new lock from the one before it no better than by a number that it gives out
 * again. Where there are none at all, it is not ours to judge.
 */
function candidatesFor(lock: string, holders: readonly Holder[]): Holder[] {
  const isAboutTo = (each: Holder): boolean =>
    each.lock === "" && Date.now() - each.since < STALE_MS;
  return holders.filter((each) => each.lock === lock || isAboutTo(each));
}

function isStale(place: LockPlace): boolean {
  const found = fileSystem.statSync(place.lock, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MS;
}

/**
 * Removes a lock that nobody will give back, and says whether it is gone. Only the process that has
 * made the claim on this very lock does so: a second one that found it abandoned at the same time
 * cannot remove the lock of a third that has taken it since.
 */
async function breakLock(place: LockPlace, lock: string): Promise<boolean> {
  const claim = join(place.scratch, `breaking.${lock}`);
  const claimant = newHolder();
  if (!(await makeClaim(place, claim, claimant))) {
    return false;
  }
  try {
    // Once more: a listing can miss a file that is renamed meanwhile, but not twice.
    const judged = await judgeLock(place);
    if (judged.lock === lock && judged.isAbandoned) {
      await fileSystem.rmdir(place.lock);
      for (const holder of judged.holders.filter(hasEnded)) {
        await withdrawHolder(place, holder);
      }
    }
    return identifyLock(place) !== lock;
  } finally {
    await withdrawClaim(claim, claimant);
  }
}

/** Takes a claim back, and not the one that another process puts in its place once it is empty. */
async function withdrawClaim(claim: string, claimant: Holder): Promise<void> {
  await fileSystem.rm(join(claim, nameOfHolder(claimant)), { force: true });
  try {
    await fileSystem.rmdir(claim);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].some((code) => hasSystemCode(error, code))) {
      throw error;
    }
  }
}

/**
 * Makes a folder that says who makes it, at once and whole; false where another process was faster.
 * The claim of a process that was killed over it, or has not come to an end for as long as a lock
 * lasts (that of another machine is never known to be dead), is taken away, for the next try.
 */
async function makeClaim(place: LockPlace, claim: string, claimant: Holder): Promise<boolean> {
  const folder = join(place.scratch, `claim.${randomName()}`);
  await fileSystem.mkdir(folder, { mode: 0o700 });
  try {
    await sayHolder(folder, claimant);
    await fileSystem.rename(folder, claim);
    return true;
  } catch (error) {
    if (!isSystemError(error) || !TAKEN.has(error.code ?? "")) {
      throw error;
    }
    await dropDeadClaim(claim, join(folder, "dead"));
    return false;
  } finally {
    await fileSystem.rm(folder, { recursive: true, force: true });
  }
}

/** Moves the claim of a process that will not break the lock any more out of the way. */
async function dropDeadClaim(claim: string, away: string): Promise<void> {
  try {
    const [claimant] = parseHolders(await fileSystem.readdir(claim));
    if (claimant && (hasEnded(claimant) || Date.now() - claimant.since > STALE_MS)) {
      await fileSystem.rename(claim, away);
    }
  } catch (error) {
    if (!hasSystemCode(error, "ENOENT")) {
      throw error;
    }
  }
}
