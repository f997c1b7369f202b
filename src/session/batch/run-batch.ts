/** Many additions through one REPL. */
import { LeanPickleError } from "../../errors.ts";
import type { ReplLaunch } from "../../repl/connection.ts";
import { checkWritable } from "../../store/disk/folders.ts";
import { checkAddition } from "../add/addition.ts";
import { findHits, nameAt, nameHits, useHits } from "../add/hits.ts";
import { type AdditionPlan, planAddition } from "../add/plan-addition.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { discardPickles } from "../save/candidate.ts";
import type { RemoteStates } from "../share/remote-states.ts";
import type { BatchItem, BatchOutcome } from "./batch-item.ts";
import { identifyRarely } from "./check-batch.ts";
import { GroupCommit, type GroupCommitOptions } from "./group-commit.ts";
import { type BatchBase, BatchNames, lineName } from "./line-names.ts";
import { type LineJob, LineMaker, type LineMakerOptions, type Made } from "./make-line.ts";
import { BatchOutcomes, type Slot } from "./outcomes-in-order.ts";

/** How a batch is run. */
export interface BatchOptions extends LineMakerOptions, GroupCommitOptions {
  /** Whether states that the cache holds are made again. */
  force?: boolean | undefined;
  /** Where states are looked up that the cache does not hold. With `force`, nothing is looked up. */
  remote?: RemoteStates | undefined;
  /** Whether it is an error if neither the cache nor the remote holds what a line asks for. */
  noRun?: boolean | undefined;
  /** Called if the cache does not hold what a line asks for, with what was looked up. */
  onMiss?: ((item: BatchItem, plan: AdditionPlan) => Promise<void>) | undefined;
  /** Called with the outcome of each line, in the order of the lines, as soon as it is committed. */
  onOutcome(item: BatchItem, outcome: BatchOutcome): void;
}

/** The errors that concern every line, not the one that they came with. */
const CONCERN_ALL: ReadonlySet<string> = new Set([
  "no-repl",
  "cache-locked",
  "cache-damaged",
  "interrupted",
]);

/** How many lines may be under way at once: enough for the REPL never to wait for the next one. */
const WINDOW = 8;

/**
 * Runs the lines of a batch in order. A line that fails costs no other, except those that build on
 * it. The next lines are with the REPL while the states of a line are pickled, hashed and committed.
 * An interrupted batch commits what was done.
 * @param builtOn the names of the lines that others build on, as `checkBatch` returns them
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
      await batch.begin(item);
    }
    await batch.finish();
  } finally {
    await batch.close();
  }
}

class Batch {
  readonly #launch: ReplLaunch;
  readonly #cache: PickleSessionCache;
  readonly #options: BatchOptions;
  readonly #commits: GroupCommit;
  readonly #maker: LineMaker;
  readonly #names: BatchNames;
  readonly #outcomes: BatchOutcomes;
  readonly #identify = identifyRarely();
  /** The lines that are under way. */
  readonly #underWay = new Set<Promise<void>>();
  /** Resolves when the line before has handed its states to be committed: they go in order. */
  #handedOver: Promise<void> = Promise.resolve();
  /** What ends the batch. */
  #fault: { error: unknown } | undefined;
  #isWritable = false;
  /** Whether Lean has answered anything. */
  #hasAnswered = false;

  constructor(
    launch: ReplLaunch,
    cache: PickleSessionCache,
    builtOn: ReadonlySet<string>,
    options: BatchOptions,
  ) {
    this.#launch = launch;
    this.#cache = cache;
    this.#options = options;
    this.#commits = new GroupCommit(cache, options);
    this.#maker = new LineMaker(launch, cache, () => this.#commits.flush(), options);
    this.#names = new BatchNames(cache, builtOn);
    this.#outcomes = new BatchOutcomes((item, outcome) => options.onOutcome(item, outcome));
  }

  /** Begins a line: what the cache holds is its outcome at once, anything else gets under way. */
  async begin(item: BatchItem): Promise<void> {
    this.#throwIfEnded();
    const slot = this.#outcomes.begin(item);
    try {
      const base = await this.#names.find(item);
      // Only now: a line may build on the state from which it takes the name.
      this.#names.give(item, slot.states);
      const job = await this.#prepare(slot, base);
      if (job) {
        await this.#start(job);
      }
    } catch (error) {
      // What the name meant before is not meant any more.
      this.#names.give(item, slot.states);
      this.#fail(slot, error);
      this.#throwIfEnded();
    }
  }

  /** Waits for all lines, and commits their states while the REPL ends. */
  async finish(): Promise<void> {
    await Promise.all(this.#underWay);
    await Promise.all([this.#settle(), this.#maker.close()]);
  }

  /** Commits what is done, whatever happened, and ends the REPL. */
  async close(): Promise<void> {
    try {
      await Promise.all(this.#underWay);
      await this.#commits.close();
    } finally {
      await this.#maker.close();
    }
  }

  /** Waits for all lines that are under way, and commits their states. */
  async #settle(): Promise<void> {
    await Promise.all(this.#underWay);
    await this.#handedOver;
    this.#throwIfEnded();
    await this.#commits.flush();
  }

  #throwIfEnded(): void {
    if (this.#fault) {
      throw this.#fault.error;
    }
    this.#options.signal?.throwIfAborted();
  }

  /** Settles a line that failed, unless its error concerns every line. */
  #fail(slot: Slot, error: unknown): void {
    const isOfAll = !(error instanceof LeanPickleError) || CONCERN_ALL.has(error.code);
    if (isOfAll || this.#options.signal?.aborted) {
      this.#fault ??= { error: this.#options.signal?.reason ?? error };
      return;
    }
    this.#outcomes.settle(slot, { error });
  }

  /** Undefined if the cache has the answer, which is the outcome then. */
  async #prepare(slot: Slot, base: BatchBase | undefined): Promise<LineJob | undefined> {
    const { item } = slot;
    const addition = { ...item, base: base?.plan, code: await item.readCode() };
    checkAddition(addition);
    const plan = item.plan ?? (await planAddition(this.#launch, addition, this.#identify));
    if (!this.#options.force && (await this.#answerFromCache(slot, plan))) {
      return undefined;
    }
    if (!this.#options.remote) {
      await this.#tellMiss(item, plan);
    }
    if (!this.#isWritable) {
      await checkWritable(this.#cache.workingDir);
      this.#isWritable = true;
    }
    const called = lineName(item);
    this.#outcomes.setWaiting(slot, called === undefined ? [plan.key] : [plan.key, called]);
    return { slot, addition, base, plan, before: this.#handedOver };
  }

  /** @throws {LeanPickleError} `not-cached` if Lean must not make what is missing */
  async #tellMiss(item: BatchItem, plan: AdditionPlan): Promise<void> {
    await this.#options.onMiss?.(item, plan);
    if (this.#options.noRun) {
      throw notCached(this.#options.onMiss !== undefined);
    }
  }

  async #answerFromCache(slot: Slot, plan: AdditionPlan): Promise<boolean> {
    const { item, states } = slot;
    if (this.#outcomes.isWaiting(plan.key)) {
      await this.#settle();
    }
    let hits = findHits(this.#cache, plan);
    const names = hits?.map((_hit, index) => nameAt(item, item.name, index)) ?? [];
    // Names are given in the order of the lines: also the one that a hit has may be taken from it.
    const isInOrder = names.every(
      (name, at) => name === null || (name === hits?.[at]?.name && !this.#outcomes.isWaiting(name)),
    );
    if (!isInOrder) {
      await this.#settle();
      hits = findHits(this.#cache, plan);
    }
    const { replaceName } = this.#options;
    if (!hits || !(await nameHits(this.#cache, hits, item, item.name, replaceName))) {
      return false;
    }
    const found = useHits(this.#cache, hits);
    states.setStates(found);
    const told = { unknown: [], messages: [], sorries: [] };
    this.#outcomes.settle(slot, { states: found, cached: true, ...told });
    return true;
  }

  /** Starts a job, as soon as there is room for it. */
  async #start(job: LineJob): Promise<void> {
    // The first line shows whether there is a REPL at all.
    while (this.#underWay.size >= (this.#hasAnswered ? WINDOW : 1)) {
      await Promise.race(this.#underWay);
    }
    this.#throwIfEnded();
    if (!this.#hasAnswered) {
      loadAhead();
    }
    const making = this.#make(job).finally(() => {
      this.#hasAnswered = true;
    });
    job.slot.states.ready = making.then(
      () => {},
      () => {},
    );
    this.#handedOver = this.#handOver(job, making);
    const underWay = this.#handedOver.finally(() => this.#underWay.delete(underWay));
    this.#underWay.add(underWay);
  }

  /** Hands the states of a line over to be committed, after those of the line before. */
  async #handOver({ slot, plan, before }: LineJob, making: Promise<Made>): Promise<void> {
    let made: Made | undefined;
    try {
      made = await making;
    } catch (error) {
      await before;
      this.#fail(slot, error);
      return;
    }
    await before;
    const { candidates, ...told } = made;
    if (this.#fault) {
      await discardPickles(candidates);
      return;
    }
    try {
      const names = candidates.flatMap(({ name }) => name ?? []);
      this.#outcomes.setWaiting(slot, [plan.key, ...names]);
      await this.#commits.add(candidates, (kept) => {
        if ("states" in kept) {
          slot.states.setStates(kept.states);
        }
        const cached = made.from !== undefined;
        this.#outcomes.settle(slot, "states" in kept ? { ...kept, cached, ...told } : kept);
      });
      if (candidates.some(({ pickled }) => !pickled.origin)) {
        // Nothing can be built on a state of unknown origin before it is committed.
        await this.#commits.flush();
      }
    } catch (error) {
      this.#fault ??= { error };
    }
  }

  /** Fetches what a line leads to, or runs it and pickles that: all of it, or nothing. */
  async #make(job: LineJob): Promise<Made> {
    const { addition, slot, plan } = job;
    if (this.#options.remote) {
      const fetched = await this.#options.remote.take(plan);
      if (fetched) {
        const candidates = fetched.map(({ pickled }, index) => ({
          pickled,
          name: nameAt(addition, addition.name, index),
        }));
        slot.states.setPickled(candidates);
        return { candidates, unknown: [], messages: [], sorries: [], from: "remote" };
      }
      await this.#tellMiss(slot.item, plan);
    }
    const made = await this.#maker.make(job);
    slot.states.setPickled(made.candidates);
    return made;
  }
}

/** Loads what comes after an answer of Lean, which is busy with the first line. */
function loadAhead(): void {
  setImmediate(() => Promise.all([import("../save/pickle-state.ts"), import("../save/commit.ts")]));
}

/** The error for what the cache does not hold if Lean must not make it. */
function notCached(isExplained: boolean): LeanPickleError {
  return new LeanPickleError("not-cached", "The cache does not hold it, and Lean is not to run.", {
    hint: isExplained ? undefined : "--explain says what differs from what the cache holds.",
  });
}
