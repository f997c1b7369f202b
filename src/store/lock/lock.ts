/**
 * Locks among processes. A cache has one lock, on its manifest: it is held for a read, a change and a
 * write, and never while Lean runs. The lock itself is proper-lockfile's. Added to it: a note says who
 * holds the lock (holder.ts), the lock of a dead process is broken at once (break-lock.ts), and a wait
 * can be interrupted. A lost lock cannot lose an entry of the manifest: before the manifest is
 * replaced, its text and the lock are checked once more (manifest/update-manifest.ts).
 */
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { LeanPickleError } from "../../errors.ts";
import { runningMs } from "../../system/running-time.ts";
import { lockFileSystem } from "../disk/file-system.ts";
import { checkFolder } from "../disk/folders.ts";
import { type LockPlace, manifestLock } from "../disk/layout.ts";
import { breakIfStale, REFRESH_MS, STALE_MS } from "./break-lock.ts";
import {
  announceHolder,
  confirmHolder,
  describeHolder,
  type Holder,
  identifyLock,
  withdrawHolder,
} from "./holder.ts";

/** The time to wait for a lock by default, in seconds. */
const DEFAULT_LOCK_TIMEOUT_S = 60;

/** The pauses between two attempts, in milliseconds: from the first, doubled, up to the last. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 200;

/** How long a lock is waited for before that is worth a word, in milliseconds. */
const TELL_AFTER_MS = 1000;

/**
 * A pause that is this much too long, in milliseconds, means that this process was stopped, and with
 * it perhaps the holder of the lock (a machine that slept).
 */
const STOPPED_MS = 1000;

/** How a lock is waited for. */
export interface LockOptions {
  /** The time to wait, in seconds: 60 by default. */
  lockTimeout?: number | undefined;
  /** Aborting ends the waiting, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called once if it takes a while, with a clause that says which process holds the lock. */
  onWait?: ((holder: string) => void) | undefined;
}

/** A lock that this process holds. */
export interface HeldLock {
  /**
   * Whether it is still held, looked at now: a process that was stopped for longer than a lock lasts
   * has lost it.
   */
  isHeld(): boolean;
  /** Releases it. The lock of a process that has taken it since stays. */
  release(): Promise<void>;
}

/** As {@link withLockAt}, with the lock of a cache, whose folders must exist. */
export async function withLock<T>(
  workingDir: string,
  options: LockOptions,
  body: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  return await withLockAt(manifestLock(workingDir), options, body);
}

/**
 * Runs `body` while holding a lock.
 * @throws {LeanPickleError} `cache-locked` if another process held it for too long
 */
export async function withLockAt<T>(
  place: LockPlace,
  options: LockOptions,
  body: (lock: HeldLock) => Promise<T>,
): Promise<T> {
  const lock = await acquire(place, options);
  let result: T;
  try {
    result = await body(lock);
  } catch (error) {
    // The first error is the one to report.
    await lock.release().catch(() => {});
    throw error;
  }
  await lock.release();
  return result;
}

async function acquire(place: LockPlace, options: LockOptions): Promise<HeldLock> {
  const { lockTimeout = DEFAULT_LOCK_TIMEOUT_S, signal, onWait } = options;
  const startedAt = runningMs();
  let pause = FIRST_PAUSE_MS;
  let told = false;
  let wokenAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    signal?.throwIfAborted();
    const lock = await tryLock(place);
    if (lock) {
      return lock;
    }
    const { isGone, holder } = await breakIfStale(place, runningMs() - wokenAt);
    if (isGone) {
      continue;
    }
    const waited = runningMs() - startedAt;
    if (!told && waited >= TELL_AFTER_MS) {
      told = true;
      onWait?.(describeHolder(holder));
    }
    const left = lockTimeout * 1000 - waited;
    if (left <= 0) {
      const who = describeHolder(holder);
      const message = `${place.what} was locked for ${lockTimeout} s by ${who}.`;
      throw new LeanPickleError("cache-locked", message, {
        hint: "Nothing was changed. Wait for that process, or wait longer with --lock-timeout.",
      });
    }
    const pausedAt = performance.now();
    // An abort ends the pause, and the next round throws its reason.
    await delay(Math.min(pause, left), undefined, signal ? { signal } : {}).catch(() => {});
    if (performance.now() - pausedAt > pause + STOPPED_MS) {
      wokenAt = runningMs();
    }
    pause = Math.min(pause * 2, LAST_PAUSE_MS);
  }
}

/** Takes the lock if it is free. Undefined if another process has it. */
async function tryLock(place: LockPlace): Promise<HeldLock | undefined> {
  // A file in its place would look like a lock that is held for ever.
  checkFolder(place.lock);
  // So proper-lockfile never finds a stale lock, which it breaks in a way that two waiters can both
  // succeed in (its issue 121).
  if (identifyLock(place) !== "") {
    return undefined;
  }
  const holder = await announceHolder(place);
  let lock: HeldLock | undefined;
  try {
    lock = await takeLock(place, holder);
    return lock;
  } finally {
    if (!lock) {
      await withdrawHolder(place, holder);
    }
  }
}

async function takeLock(place: LockPlace, holder: Holder): Promise<HeldLock | undefined> {
  // Loaded only here: it installs signal handlers.
  const lockfile = (await import("proper-lockfile")).default;
  const options = { lockfilePath: place.lock, realpath: false, fs: lockFileSystem };
  let isLost = false;
  let release: () => Promise<void>;
  try {
    release = await lockfile.lock(place.target, {
      ...options,
      stale: STALE_MS,
      update: REFRESH_MS,
      // By default this throws from a timer.
      onCompromised: () => {
        isLost = true;
      },
    });
  } catch (error) {
    if (hasCode(error, "ELOCKED")) {
      return undefined;
    }
    throw error;
  }
  let own: Holder;
  try {
    own = await confirmHolder(place, holder);
  } catch (error) {
    await release();
    throw error;
  }
  const isHeld = (): boolean => !isLost && identifyLock(place) === own.lock;
  const forget = async (): Promise<void> => {
    // Has proper-lockfile forget the lock, and leave the one of another process in its place alone.
    await lockfile.unlock(place.target, { ...options, lockfilePath: `${place.lock}.lost` });
  };
  return {
    isHeld,
    release: async () => {
      if (!isHeld()) {
        // A waiter that took it for a stale one may be about to put it back.
        await delay(FIRST_PAUSE_MS);
      }
      await (isHeld() ? release() : forget()).catch((error: unknown) => {
        // It has noticed the loss by itself.
        if (!hasCode(error, "ERELEASED") && !hasCode(error, "ENOTACQUIRED")) {
          throw error;
        }
      });
      await withdrawHolder(place, own);
    },
  };
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
