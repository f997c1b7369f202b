import { LeanPickleError } from "../../errors.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { DerivedBase } from "../add/plan-addition.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import type { Candidate } from "../save/commit.ts";
import type { Pickled } from "../save/pickle-state.ts";
import type { BatchItem } from "./batch-item.ts";
import { LineNames, lineName } from "./names-of-lines.ts";

/** A state that a line builds on, before or after it is kept. */
export interface MadeBase {
  base: DerivedBase & Pick<ManifestState, "name" | "isProofState"> & { sessionId?: number };
  /** Until it is kept: where this batch has it. */
  pickled?: Pickled | undefined;
  /** Once it is kept. */
  state?: ManifestState | undefined;
}

/** What a line has led to so far, for the lines that build on it. */
export class LineStates {
  isFailed = false;
  readonly #made: MadeBase[] = [];

  /** The state at one of several places. */
  at(index: number): MadeBase | undefined {
    return this.isFailed ? undefined : this.#made[index];
  }

  /** Takes what the line has pickled. */
  setPickled(candidates: readonly Candidate[]): void {
    for (const [index, { pickled, name }] of candidates.entries()) {
      const { base, facts } = pickled;
      if (base) {
        this.#made[index] = { base: { ...base, name, isProofState: facts.isProofState }, pickled };
      }
    }
  }

  /** Takes the states that the line has led to. What is known of their pickling is let go. */
  setStates(states: readonly ManifestState[]): void {
    for (const [index, state] of states.entries()) {
      const made = this.#made[index] ?? { base: state };
      this.#made[index] = Object.assign(made, { base: state, state, pickled: undefined });
    }
  }
}

/** What the names of a batch stand for: those that later lines build on, and no others. */
export class BatchNames {
  readonly #cache: PickleSessionCache;
  readonly #builtOn: ReadonlySet<string>;
  readonly #lines = new LineNames<LineStates>();

  /** @param builtOn what the lines are {@link lineName called} that others build on */
  constructor(cache: PickleSessionCache, builtOn: ReadonlySet<string>) {
    this.#cache = cache;
    this.#builtOn = builtOn;
  }

  /** Gives the name of a line to what it leads to, for those after it. */
  give(item: BatchItem, states: LineStates): void {
    const called = lineName(item);
    if (called !== undefined && this.#builtOn.has(called)) {
      this.#lines.give(item, states);
    }
  }

  /**
   * What a line builds on.
   * @throws {LeanPickleError} `no-such-state` also where the line that should have made it did not:
   * a state that had the name before is another one
   */
  find(from: string | undefined): MadeBase | undefined {
    if (from === undefined) {
      return undefined;
    }
    const given = this.#lines.find(from);
    if (given) {
      const made = given.value.at(given.index);
      if (!made) {
        const message = `${from}, which it builds on, was not made.`;
        throw new LeanPickleError("no-such-state", message);
      }
      return made;
    }
    const state = this.#cache.find(from)?.entry;
    if (!state) {
      throw new LeanPickleError("no-such-state", `There is no state ${from} to build on.`);
    }
    return { base: state, state };
  }
}
