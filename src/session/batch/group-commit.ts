/** Making states of what a batch has pickled: in groups, while Lean goes on with the next. */
import { isSystemError, LeanPickleError } from "../../errors.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { ChangeOptions } from "../../store/manifest/update-manifest.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import type { Candidate } from "../save/candidate.ts";
import type { Keeping } from "../save/commit.ts";

/** How many pickles may wait until they are on the disk: each has its file open until then. */
export const MAX_UNSEALED = 32;

/** How many pickled states may wait for their commit before Lean has to wait. */
const MAX_PENDING = 512;

/** How many states are worth a change of the manifest at once. */
const GROUP = 128;

/** How long a state may wait for others, in milliseconds. */
const GROUP_MS = 1000;

interface Pending {
  candidate: Candidate;
  settle(keeping: Keeping): void;
}

/** The committed states of one line, or the error that prevented the commit. */
export type KeptTogether = { states: ManifestState[] } | { error: Error };

/** How the states of a batch are committed. */
export interface GroupCommitOptions {
  replaceName?: boolean | undefined;
  force?: boolean | undefined;
  /**
   * How the manifest's lock is waited for. Without a signal: what is done when the work is
   * interrupted is kept all the same.
   */
  lock?: ChangeOptions | undefined;
  /** Whether a group is committed only as a whole. */
  allOrNone?: boolean | undefined;
}

/**
 * Commits candidates in groups: one change of the manifest and one sync of the folder for many. A
 * group goes to the disk when it is large enough or old enough, one at a time, so that a slow disk
 * makes larger groups.
 */
export class GroupCommit {
  readonly #cache: PickleSessionCache;
  readonly #options: GroupCommitOptions;
  #pending: Pending[] = [];
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Resolves when there is a manifest. */
  #begun: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  constructor(cache: PickleSessionCache, options: GroupCommitOptions) {
    this.#cache = cache;
    this.#options = options;
  }

  /** Takes candidates, and calls `settle` once all of them are committed or have failed. */
  async add(candidates: readonly Candidate[], settle: (kept: KeptTogether) => void): Promise<void> {
    if (!this.#begun) {
      this.#begun = this.#begin();
      // The first commit tells of a failure.
      this.#begun.catch(() => {});
    }
    const kept: Keeping[] = [];
    for (const [index, candidate] of candidates.entries()) {
      const settleOne = (keeping: Keeping): void => {
        kept[index] = keeping;
        if (Object.keys(kept).length === candidates.length) {
          settle(outcomeOf(kept));
        }
      };
      this.#pending.push({ candidate, settle: settleOne });
    }
    this.#timer ??= setTimeout(() => this.#start(), GROUP_MS);
    if (this.#pending.length >= GROUP) {
      this.#start();
    }
    await this.#pending.at(-MAX_UNSEALED)?.candidate.pickled.sealed.catch(() => {});
    while (this.#pending.length >= MAX_PENDING && !this.#failure) {
      await this.#flushing;
      this.#start();
    }
    this.#throwIfFailed();
  }

  /** Keeps everything that waits. */
  async flush(): Promise<void> {
    while (this.#flushing || (this.#pending.length > 0 && !this.#failure)) {
      await this.#flushing;
      this.#start();
    }
    this.#throwIfFailed();
  }

  /**
   * Commits all waiting states, even after an interruption; discards those that cannot be
   * committed.
   */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      clearTimeout(this.#timer);
      await discardAll(this.#pending.splice(0));
    }
  }

  #throwIfFailed(): void {
    if (this.#failure) {
      throw this.#failure.error;
    }
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#flushing || this.#failure || this.#pending.length === 0) {
      return;
    }
    const group = this.#pending;
    this.#pending = [];
    this.#flushing = this.#keep(group).finally(() => {
      this.#flushing = undefined;
      if (this.#pending.length > 0) {
        this.#timer ??= setTimeout(() => this.#start(), GROUP_MS);
      }
    });
  }

  /** Makes the manifest of a new cache, and loads what a commit needs, while Lean goes on. */
  async #begin(): Promise<void> {
    const { beginManifest } = await import("../../store/manifest/update-manifest.ts");
    const { workingDir, handle } = this.#cache;
    await beginManifest(workingDir, this.#options.lock ?? handle.lock);
  }

  async #keep(group: readonly Pending[]): Promise<void> {
    try {
      await this.#begun;
      const candidates = group.map(({ candidate }) => candidate);
      const { lock, replaceName, force, allOrNone = false } = this.#options;
      const all = { replaceName, force, ...(lock && { lock }), allOrNone };
      const kept = await this.#cache.keep(candidates, all);
      for (const [index, { settle }] of group.entries()) {
        settle(kept[index] as Keeping);
      }
    } catch (error) {
      this.#failure = { error };
      await discardAll(group);
    }
  }
}

/**
 * Removes the pickles of states that were not committed. A failure to remove one is not reported:
 * the first error matters more.
 */
async function discardAll(pending: readonly Pending[]): Promise<void> {
  for (const { candidate } of pending) {
    await candidate.pickled.temporary.discard().catch(() => {});
  }
}

/** The states that candidates have become; the first error where one has not. */
function outcomeOf(kept: readonly Keeping[]): KeptTogether {
  const states: ManifestState[] = [];
  for (const each of kept) {
    if ("error" in each) {
      const { error } = each;
      if (error instanceof LeanPickleError || isSystemError(error)) {
        return { error };
      }
      throw error;
    }
    states.push(each.state);
  }
  return { states };
}
