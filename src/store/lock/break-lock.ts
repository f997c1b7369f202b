/** Breaking stale locks: the lock of a dead process, or one that was not refreshed for too long. */
import { join } from "node:path";
import { hasSystemCode } from "../../errors.ts";
import { randomName } from "../disk/durable.ts";
import { fileSystem } from "../disk/file-system.ts";
import type { LockPlace } from "../disk/layout.ts";
import { type Holder, hasEnded, identifyLock, readHolders, withdrawHolder } from "./holder.ts";

/** How long a lock lasts without a refresh, in milliseconds: its holder may be slow, not dead. */
export const STALE_MS = 30_000;

/** How often a holder refreshes its lock, in milliseconds. */
export const REFRESH_MS = STALE_MS / 3;

/** The name of a lock that is being broken, in the folder of the notes. */
export const BROKEN_LOCK = /^broken\.[0-9a-f]+$/;

/** The state of a lock. */
interface Verdict {
  /** As {@link identifyLock} says; empty if there is no lock. */
  lock: string;
  /** The living process that holds it, if it is known. */
  holder: Holder | undefined;
  /** Holders that have ended. */
  dead: Holder[];
  isStale: boolean;
}

/**
 * Looks at a lock that another process has, and breaks it if it is stale.
 * @param awakeMs how long this process has run since it was stopped: if that is short, a holder that
 *   was stopped too may not have refreshed its lock yet. By default it was never stopped.
 * @returns whether the lock can be tried again at once, and else who holds it, if that is known
 */
export async function breakIfStale(
  place: LockPlace,
  awakeMs: number = Number.POSITIVE_INFINITY,
): Promise<{ isGone: boolean; holder: Holder | undefined }> {
  const { lock, holder, dead, isStale } = await judgeLock(place, awakeMs);
  const isGone = lock === "" || (isStale && (await breakLock(place, lock)));
  if (isGone && isStale) {
    for (const each of dead) {
      await withdrawHolder(place, each);
    }
  }
  return { isGone, holder };
}

/** Whether there is a stale lock, which the next process that needs the lock breaks. */
export async function isLockStale(place: LockPlace): Promise<boolean> {
  return (await judgeLock(place, Number.POSITIVE_INFINITY)).isStale;
}

async function judgeLock(place: LockPlace, awakeMs: number): Promise<Verdict> {
  const lock = identifyLock(place);
  if (lock === "") {
    return { lock, holder: undefined, dead: [], isStale: false };
  }
  // The holder of this lock wrote its note before it took it: the list is read after the lock.
  const holders = await readHolders(place);
  const candidates = holders.filter((each) => each.lock === lock || isAboutTo(each));
  const living = candidates.filter((each) => !hasEnded(each));
  const isDead = candidates.length > 0 && living.length === 0;
  return {
    lock,
    holder: living.find((each) => each.lock === lock),
    dead: holders.filter(hasEnded),
    isStale: isDead || (awakeMs > 2 * REFRESH_MS && isUnrefreshed(place)),
  };
}

/** Whether a process may have taken a lock and not noted yet which one. */
function isAboutTo({ lock, since }: Holder): boolean {
  return lock === "" && Date.now() - since < STALE_MS;
}

function isUnrefreshed({ lock }: LockPlace): boolean {
  const found = fileSystem.statSync(lock, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MS;
}

/**
 * Breaks a stale lock, and says whether it is gone. Several waiters may find one lock stale: a rename
 * succeeds for one of them only. A slow waiter could rename the lock that another process has taken
 * since, so the lock is looked at right before and after the rename, without a turn of the event loop
 * in between, and a wrong one is put back. (`HeldLock.isHeld` says no to the holder meanwhile.)
 */
async function breakLock(place: LockPlace, lock: string): Promise<boolean> {
  const aside = join(place.scratch, `broken.${randomName()}`);
  try {
    if (identifyLock(place) !== lock) {
      return true;
    }
    fileSystem.renameSync(place.lock, aside);
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) {
      return true;
    }
    throw error;
  }
  if (identifyLock({ lock: aside }) !== lock) {
    fileSystem.renameSync(aside, place.lock);
    return false;
  }
  await fileSystem.rmdir(aside);
  return true;
}
