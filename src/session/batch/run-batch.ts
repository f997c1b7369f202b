/** Many additions through one REPL. */
import { LeanPickleError } from "../../errors.ts";
import type { ReplLaunch } from "../../repl/connection.ts";
import type { LeanServer } from "../../repl/lean-server.ts";
import { checkWritable } from "../../store/disk/folders.ts";
import {
  type Addition,
  checkAddition,
  type MakingOptions,
  nameAt,
  nameHits,
  notCached,
  useHits,
} from "../add/addition.ts";
import { type Derivation, derive, findHits } from "../add/plan-addition.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { RecycledServer } from "../recycled-server.ts";
import type { Candidate } from "../save/commit.ts";
import { type Made, makeStates } from "../steps/run-steps.ts";
import type { BatchItem, BatchOutcome } from "./batch-item.ts";
import { identifyRarely } from "./check-batch.ts";
import { BatchWriter, type BatchWriterOptions, MAX_UNSEALED } from "./group-commit.ts";
import { BatchNames, type MadeBase } from "./line-names.ts";
import { BatchOutcomes, type Slot } from "./outcomes-in-order.ts";

/** How a batch is run. */
export interface BatchOptions
  extends Omit<MakingOptions, "name" | "onMiss">,
    Pick<BatchWriterOptions, "lock"> {
  /** Called where the cache does not hold what a line asks for, with what was looked up. */
  onMiss?: ((item: BatchItem, derivation: Derivation) => Promise<void>) | undefined;
  /** Called with what came of each line, in the order of the lines, as soon as it is kept. */
  onOutcome(item: BatchItem, outcome: BatchOutcome): void;
}

/** What a line has led to, pickled and not kept yet. */
interface Pickling extends Omit<Made, "responses"> {
  candidates: Candidate[];
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
 * @param builtOn what the lines are called that others build on, as `checkBatch` tells them
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
  readonly #outcomes: BatchOutcomes;
  readonly #identify = identifyRarely();
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
    this.#outcomes = new BatchOutcomes((item, outcome) => options.onOutcome(item, outcome));
  }

  async run(item: BatchItem): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const slot = this.#outcomes.begin(item);
    try {
      const base = this.#names.find(item.from);
      // Only now: a line may build on the state from which it takes the name.
      this.#names.give(item, slot.states);
      await this.#runItem(slot, base);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      const isOfAll = !(error instanceof LeanPickleError) || CONCERN_ALL.has(error.code);
      if (isOfAll) {
        throw error;
      }
      this.#names.give(item, slot.states);
      this.#outcomes.settle(slot, { error });
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

  async #runItem(slot: Slot, base: MadeBase | undefined): Promise<void> {
    const { item } = slot;
    const addition = { ...item, base: base?.base, code: await item.readCode() };
    checkAddition(addition);
    const derivation = await derive(this.#launch, addition, this.#identify);
    if (!this.#options.force && (await this.#answerFromCache(slot, derivation))) {
      return;
    }
    await this.#options.onMiss?.(item, derivation);
    if (this.#options.noRun) {
      throw notCached(this.#options.onMiss !== undefined);
    }
    await this.#checkWritable();
    this.#options.onStep?.(`Running line ${item.line}`);
    const made = await this.#servers.run((server) => {
      this.#cache.noteLean(server, derivation.imports, derivation);
      return this.#make(server, addition, base);
    });
    await this.#keep(slot, derivation.key, made);
  }

  async #answerFromCache(slot: Slot, derivation: Derivation): Promise<boolean> {
    const { item, states } = slot;
    if (this.#outcomes.isWaiting(derivation.key)) {
      await this.#writer.flush();
    }
    let hits = findHits(this.#cache, derivation);
    const names = hits?.map((_hit, index) => nameAt(item, item.name, index)) ?? [];
    // Names are given in the order of the lines: also the one that a hit has may be taken from it.
    const isInOrder = names.every(
      (name, at) => name === null || (name === hits?.[at]?.name && !this.#outcomes.isWaiting(name)),
    );
    if (!isInOrder) {
      await this.#writer.flush();
      hits = findHits(this.#cache, derivation);
    }
    const { replaceName } = this.#options;
    if (!hits || !(await nameHits(this.#cache, hits, item, item.name, replaceName))) {
      return false;
    }
    const found = useHits(this.#cache, hits);
    states.setStates(found);
    this.#outcomes.settle(slot, { states: found, cached: true, messages: [], sorries: [] });
    return true;
  }

  /** Runs a line and pickles what it leads to: all of it, or nothing. */
  async #make(
    server: LeanServer,
    addition: Omit<Addition, "base"> & Pick<BatchItem, "name" | "line">,
    base: MadeBase | undefined,
  ): Promise<Pickling> {
    const baseId = base && (await this.#idOf(base, server));
    const options = {
      within: `line ${addition.line}, `,
      onAnswer: () => this.#servers.count(),
    };
    const whole = { ...addition, base: base?.base };
    const { responses, messages, sorries } = await makeStates(server, whole, baseId, options);
    const candidates: Candidate[] = [];
    try {
      for (const [index, response] of responses.entries()) {
        const pickled = await this.#cache.pickle(server, response);
        candidates.push({ pickled, name: nameAt(addition, addition.name, index) });
        await candidates.at(-MAX_UNSEALED)?.pickled.sealed.catch(() => {});
      }
    } catch (error) {
      await Promise.all(candidates.map(({ pickled }) => pickled.temporary.discard()));
      throw error;
    }
    return { candidates, messages, sorries };
  }

  async #keep(slot: Slot, key: string, { candidates, ...told }: Pickling): Promise<void> {
    const names = candidates.flatMap(({ name }) => name ?? []);
    slot.waiting = new Set([key, ...names]);
    slot.states.setPickled(candidates);
    await this.#writer.add(candidates, (kept) => {
      if ("states" in kept) {
        slot.states.setStates(kept.states);
      }
      this.#outcomes.settle(slot, "states" in kept ? { ...kept, cached: false, ...told } : kept);
    });
    if (candidates.some(({ pickled }) => !pickled.base)) {
      // Where it is not known how it was made, nothing can be built on it before it is kept.
      await this.#writer.flush();
    }
  }

  /** The id of a base in the REPL. What was made in this very process needs no unpickling. */
  async #idOf(made: MadeBase, server: LeanServer): Promise<number> {
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
}
