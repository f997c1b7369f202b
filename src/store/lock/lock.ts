/**
 * Locks among processes. The one lock of a cache is on its manifest: held for a read, a change and a
 * write, and never while Lean runs. They are proper-lockfile's, with what that lacks: who holds one
 * stands beside it (holder.ts), the lock of a dead process is broken at once by exactly one of
 * those that wait (break-lock.ts), and waiting can be interrupted. A lock that was lost all the
 * same cannot lose an entry of the manifest: whoever writes it looks first whether it is still the
 * one that was read (manifest/update-manifest.ts).
 */
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { LeanPickleError } from "../../errors.ts";
import { lockFileSystem } from "../disk/file-system.ts";
import { checkFolder } from "../disk/folders.ts";
import { type LockPlace, manifestLock } from "../disk/layout.ts";
import { breakIfAbandoned, STALE_MS } from "./break-lock.ts";
import {
  announceHolder,
  confirmHolder,
  describeHolder,
  type Holder,
  identifyLock,
  withdrawHolder,
} from "./holder.ts";

/** How often the lock is refreshed while it is held, in milliseconds. */
const REFRESH_MS = STALE_MS / 3;

/** The time to wait for a lock by default, in seconds. */
const DEFAULT_LOCK_TIMEOUT_S = 60;

/** The pauses between two attempts, in milliseconds: from the first, doubled, up to the last. */
const FIRST_PAUSE_MS = 10;
const LAST_PAUSE_MS = 200;

/** How long a lock is waited for before that is worth a word, in milliseconds. */
const TELL_AFTER_MS = 1000;

/** How a lock is waited for. */
export interface LockOptions {
  /** The time to wait, in seconds: 60 by default. */
  lockTimeout?: number | undefined;
  /** Aborting ends the waiting, with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called once where it takes a while, with a clause that says which process holds the lock. */
  onWait?: ((holder: string) => void) | undefined;
}

type Release = () => Promise<void>;

/** As {@link withLockAt}, with the lock of a cache, whose folders must be there. */
export async function withLock<T>(
  workingDir: string,
  options: LockOptions,
  body: () => Promise<T>,
): Promise<T> {
  return await withLockAt(manifestLock(workingDir), options, body);
}

/**
 * Runs `body` while holding a lock.
 * @throws {LeanPickleError} `cache-locked` where another process held it for too long
 */
export async function withLockAt<T>(
  place: LockPlace,
  options: LockOptions,
  body: () => Promise<T>,
): Promise<T> {
  const release = await acquire(place, options);
  let result: T;
  try {
    result = await body();
  } catch (error) {
    // What keeps the lock from being given back, too, is less than what went wrong before.
    await release().catch(() => {});
    throw error;
  }
  await release();
  return result;
}

async function acquire(place: LockPlace, options: LockOptions): Promise<Release> {
  const { lockTimeout = DEFAULT_LOCK_TIMEOUT_S, signal, onWait } = options;
  const startedAt = performance.now();
  let pause = FIRST_PAUSE_MS;
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    const release = await tryLock(place);
    if (release) {
      return release;
    }
    const { isGone, holder } = await breakIfAbandoned(place);
    if (isGone) {
      continue;
    }
    const waited = performance.now() - startedAt;
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
    // An abort only ends the pause here; the next round throws its reason.
    await delay(Math.min(pause, left), undefined, signal ? { signal } : {}).catch(() => {});
    pause = Math.min(pause * 2, LAST_PAUSE_MS);
  }
}

/** Takes the lock if it is free, and returns what gives it back. */
async function tryLock(place: LockPlace): Promise<Release | undefined> {
  // What is no folder would seem to be held for ever.
  checkFolder(place.lock);
  if (identifyLock(place) !== "") {
    return undefined;
  }
  const holder = await announceHolder(place);
  let give: Release | undefined;
  try {
    give = await takeLock(place, holder);
    return give;
  } finally {
    if (!give) {
      await withdrawHolder(place, holder);
    }
  }
}

/** Undefined where another process was faster. */
async function takeLock(place: LockPlace, holder: Holder): Promise<Release | undefined> {
  // Loaded where a lock is taken, and not before: it installs handlers of signals.
  const { lock } = (await import("proper-lockfile")).default;
  const fs = new GuardedFs(place);
  let release: Release;
  try {
    release = await lock(place.target, {
      lockfilePath: place.lock,
      realpath: false,
      // Two that wait could both break one lock, so that is not left to it.
      stale: Number.MAX_SAFE_INTEGER,
      update: REFRESH_MS,
      fs,
      // By default it throws from a timer. A lock that was lost is noticed when it is given back,
      // and by the check of the manifest before it is replaced.
      onCompromised: () => {},
    });
  } catch (error) {
    if (hasCode(error, "ELOCKED")) {
      return undefined;
    }
    throw error;
  }
  try {
    const confirmed = await confirmHolder(place, holder);
    fs.own = confirmed.lock;
    return async () => {
      await giveBack(release);
      await withdrawHolder(place, confirmed);
    };
  } catch (error) {
    await giveBack(release);
    throw error;
  }
}

/** Gives a lock back, unless it was found to be lost already. */
async function giveBack(release: Release): Promise<void> {
  try {
    await release();
  } catch (error) {
    if (!hasCode(error, "ERELEASED") && !hasCode(error, "ENOTACQUIRED")) {
      throw error;
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/**
 * The file system as proper-lockfile uses it, which never removes the lock of another process that
 * took ours for dead: neither when it is given back, nor when this process ends.
 */
class GuardedFs {
  readonly #place: LockPlace;
  readonly mkdir = lockFileSystem.mkdir;
  readonly stat = lockFileSystem.stat;
  readonly utimes = lockFileSystem.utimes;
  /** Which lock is ours, once we have it. */
  own: string | undefined;

  constructor(place: LockPlace) {
    this.#place = place;
  }

  readonly rmdir = (path: string, done: (error: NodeJS.ErrnoException | null) => void): void => {
    let isOwn: boolean;
    try {
      isOwn = this.#isOwn();
    } catch (error) {
      done(error as NodeJS.ErrnoException);
      return;
    }
    if (isOwn) {
      lockFileSystem.rmdir(path, done);
    } else {
      done(null);
    }
  };

  readonly rmdirSync = (path: string): void => {
    if (this.#isOwn()) {
      lockFileSystem.rmdirSync(path);
    }
  };

  /** What is removed before we know our lock is one that we have just taken. */
  #isOwn(): boolean {
    return this.own === undefined || identifyLock(this.#place) === this.own;
  }
}
