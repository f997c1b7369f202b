/** Many additions through one REPL. */
import { isSystemError, LeanPickleError } from "../errors.ts";
import type { ReplLaunch } from "../repl/connection.ts";
import type { LeanServer } from "../repl/lean-server.ts";
import { checkWritable } from "../store/folders.ts";
import type { ManifestState } from "../store/manifest.ts";
import { touchPickle } from "../store/pickle-presence.ts";
import { type MakingOptions, nameAt, nameHits, notCached } from "./addition.ts";
import { identifyOnce } from "./batch-check.ts";
import type { BatchItem, BatchOutcome } from "./batch-item.ts";
import { BatchNames, type Made } from "./batch-names.ts";
import { BatchWriter, type BatchWriterOptions } from "./batch-writer.ts";
import { type Derivation, derive, findHits } from "./derivation.ts";
import type { Candidate, Keeping } from "./keeping.ts";
import { makeStates } from "./making.ts";
import type { PickleSessionCache } from "./pickle-session-cache.ts";
import { RecycledServer } from "./recycled-server.ts";

/** How a batch is run. */
export interface BatchOptions
  extends Omit<MakingOptions, "name" | "onMiss">,
    Pick<BatchWriterOptions, "lock"> {
  /** Called where the cache does not hold what a line asks for, with what was looked up. */
  onMiss?: ((item: BatchItem, derivation: Derivation) => Promise<void>) | undefined;
  /** Called with what came of each line, in the order of the lines, as soon as it is kept. */
  onOutcome(item: BatchItem, outcome: BatchOutcome): void;
}

/** A line, and what came of it once that is known. */
interface Slot {
  item: BatchItem;
  outcome?: BatchOutcome;
}

/** The errors that concern every line, not the one that they came with. */
const CONCERN_ALL: ReadonlySet<string> = new Set([
  "no-repl",
  "cache-locked",
  "cache-damaged",
  "interrupted",
]);

/**
 * Runs the lines of a batch in order: one that fails costs no other, but for those that build on it.
 * The states of a line are kept while Lean goes on with the next ones. Interrupted, it keeps what
 * was done.
 * @param builtOn the names of lines that others build on, as `checkBatch` tells them
 * @throws what concerns every line: no REPL, a damaged cache, a full disk
 */
export async function runBatch(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  items: Iterable<BatchItem>,
  builtOn: ReadonlySet<string>,
  options: BatchOptions,
): Promise<void> {
  const batch = new Batch(launch, cache, builtOn, options);
  try {
    for (const item of items) {
      await batch.run(item);
    }
  } finally {
    await batch.close();
  }
}

class Batch {
  readonly #launch: ReplLaunch;
  readonly #cache: PickleSessionCache;
  readonly #options: BatchOptions;
  readonly #writer: BatchWriter;
  readonly #servers: RecycledServer;
  readonly #names: BatchNames;
  readonly #identify = identifyOnce();
  /** The keys of what waits to be kept. */
  readonly #waiting = new Set<string>();
  #slots: Slot[] = [];
  #isWritable = false;

  constructor(
    launch: ReplLaunch,
    cache: PickleSessionCache,
    builtOn: ReadonlySet<string>,
    options: BatchOptions,
  ) {
    this.#launch = launch;
    this.#cache = cache;
    this.#options = options;
    this.#writer = new BatchWriter(cache, options);
    this.#servers = new RecycledServer(launch, options);
    this.#names = new BatchNames(cache, builtOn);
  }

  async run(item: BatchItem): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const slot: Slot = { item };
    this.#slots.push(slot);
    try {
      await this.#runItem(slot);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      const isOfAll = !(error instanceof LeanPickleError) || CONCERN_ALL.has(error.code);
      if (isOfAll) {
        throw error;
      }
      this.#names.fail(item);
      this.#settle(slot, { error });
    }
  }

  /** Keeps what is done, whatever happened, and ends the REPL. */
  async close(): Promise<void> {
    try {
      await this.#writer.close();
    } finally {
      await this.#servers.close();
    }
  }

  async #runItem(slot: Slot): Promise<void> {
    const { item } = slot;
    const made = this.#names.find(item.from);
    const addition = { ...item, base: made?.base, code: await item.readCode() };
    const derivation = await derive(this.#launch, addition, this.#identify);
    if (this.#waiting.has(derivation.key)) {
      await this.#writer.flush();
    }
    const hits = this.#options.force ? undefined : findHits(this.#cache, addition, derivation);
    if (hits && (await this.#answerFromCache(slot, hits))) {
      return;
    }
    await this.#options.onMiss?.(item, derivation);
    if (this.#options.noRun) {
      throw notCached();
    }
    await this.#checkWritable();
    this.#options.onStep?.(`Running line ${item.line}`);
    const server = await this.#servers.get();
    const baseId = made && (await this.#idOf(made, server));
    const { responses, messages, sorries } = await makeStates(server, addition, baseId, {
      onAnswer: () => this.#servers.count(),
    });
    const candidates: Candidate[] = [];
    try {
      for (const [index, response] of responses.entries()) {
        const pickled = await this.#cache.pickle(server, response);
        candidates.push({ pickled, name: nameAt(item, item.name, index) });
      }
    } catch (error) {
      await Promise.all(candidates.map(({ pickled }) => pickled.temporary.discard()));
      throw error;
    }
    this.#names.setPickled(candidates);
    this.#waiting.add(derivation.key);
    await this.#writer.add(candidates, (kept) => {
      this.#waiting.delete(derivation.key);
      const outcome = outcomeOf(kept);
      if ("error" in outcome) {
        this.#names.fail(item);
        this.#settle(slot, outcome);
      } else {
        this.#names.setStates(outcome.states);
        this.#settle(slot, { ...outcome, cached: false, messages, sorries });
      }
    });
  }

  async #answerFromCache(slot: Slot, hits: ManifestState[]): Promise<boolean> {
    const { item } = slot;
    if (
      item.name !== undefined &&
      hits.some(({ name }, at) => name !== nameAt(item, item.name, at))
    ) {
      // Names are given in the order of the lines.
      await this.#writer.flush();
    }
    if (!(await nameHits(this.#cache, hits, item, item.name, this.#options.replaceName))) {
      return false;
    }
    for (const state of hits) {
      touchPickle(this.#cache.workingDir, state);
    }
    const states = hits.map((state) => this.#cache.get(state.sessionId)?.entry ?? state);
    this.#names.setStates(states);
    this.#settle(slot, { states, cached: true, messages: [], sorries: [] });
    return true;
  }

  /** The id of a base in the REPL. What was made in this very process needs no unpickling. */
  async #idOf(made: Made, server: LeanServer): Promise<number> {
    if (made.pickled?.process === server.process) {
      return made.pickled.replId;
    }
    if (!made.state) {
      // It is in no REPL any more: once it is kept, it can be loaded.
      await this.#writer.flush();
    }
    const state = made.state;
    if (!state) {
      throw new LeanPickleError("no-such-state", "What it builds on could not be kept.");
    }
    return await this.#cache.load(state.sessionId, server, this.#options.timeout);
  }

  async #checkWritable(): Promise<void> {
    if (!this.#isWritable) {
      await checkWritable(this.#cache.workingDir);
      this.#isWritable = true;
    }
  }

  /** Tells outcomes as far as those of all lines before them are known. */
  #settle(slot: Slot, outcome: BatchOutcome): void {
    slot.outcome = outcome;
    const open = this.#slots.findIndex((each) => !each.outcome);
    const ready = this.#slots.splice(0, open === -1 ? this.#slots.length : open);
    for (const each of ready) {
      if (each.outcome) {
        this.#options.onOutcome(each.item, each.outcome);
      }
    }
  }
}

/** The states that the candidates of a line have become; the first error where one has not. */
function outcomeOf(kept: readonly Keeping[]): { states: ManifestState[] } | { error: Error } {
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
