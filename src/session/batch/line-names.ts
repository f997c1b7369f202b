/** What the names in a batch stand for. */
import { LeanPickleError } from "../../errors.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { PlanBase } from "../add/plan-addition.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import type { Candidate } from "../save/candidate.ts";
import type { Pickled } from "../save/pickle-state.ts";
import type { BatchItem } from "./batch-item.ts";

/** A line of a batch, as far as its name goes. */
type NamedLine = Pick<BatchItem, "name"> & { sorry?: unknown };

/** `NAME.N`, as the states of a line with `sorry: "all"` are called. */
const NUMBERED = /^(.*)\.(0|[1-9]\d{0,8})$/s;

/**
 * The name of a line's states: its `name`, or `NAME.*` for `"sorry": "all"`, whose number of states
 * is not known yet. No real name contains a star.
 */
export function lineName({ name, sorry }: NamedLine): string | undefined {
  return name !== undefined && sorry === "all" ? `${name}.*` : name;
}

/** What is known of lines, by what their states are called. Of two lines it is the later one. */
export class LineNames<T> {
  readonly #given = new Map<string, { at: number; value: T }>();
  /** By NAME, the last line that is called NAME.N. */
  readonly #numbered = new Map<string, T>();
  #next = 0;

  /** Records a line under its name; a line without a name cannot be referred to. */
  give(line: NamedLine, value: T): void {
    const name = lineName(line);
    if (name === undefined) {
      return;
    }
    this.#given.set(name, { at: this.#next++, value });
    const [, stem] = NUMBERED.exec(name) ?? [];
    if (stem !== undefined) {
      this.#numbered.set(stem, value);
    }
  }

  /** The line that makes the state with a name, as what its states are called, and its number. */
  find(name: string): { called: string; value: T; index: number } | undefined {
    const [, stem = "", number = ""] = NUMBERED.exec(name) ?? [];
    const one = this.#given.get(name);
    const all = this.#given.get(`${stem}.*`);
    if (one && !(all && all.at > one.at)) {
      return { called: name, value: one.value, index: 0 };
    }
    return all && { called: `${stem}.*`, value: all.value, index: Number(number) };
  }

  /** What is known of the lines whose states have, or may have, the name of one of this line's. */
  rivals(line: NamedLine): T[] {
    const name = lineName(line);
    if (name === undefined) {
      return [];
    }
    const [, stem] = NUMBERED.exec(name) ?? [];
    const same = this.#given.get(name);
    const all = stem === undefined ? undefined : this.#given.get(`${stem}.*`);
    const one = line.sorry === "all" ? this.#numbered.get(line.name ?? "") : undefined;
    return [same?.value, all?.value, one].filter((value) => value !== undefined);
  }
}

/** A state that a line builds on, before or after it is committed. */
export interface BatchBase {
  plan: PlanBase & Pick<ManifestState, "name"> & { sessionId?: number };
  /** Until it is committed: where this batch has it. */
  pickled?: Pickled | undefined;
  /** Once it is committed. */
  state?: ManifestState | undefined;
}

/** What a line has led to so far, for the lines that build on it. */
export class LineStates {
  isFailed = false;
  /** Resolves when the states are pickled, answered from the cache, or known to fail. */
  ready: Promise<void> = Promise.resolve();
  readonly #made: BatchBase[] = [];

  /** The state at one of several places. */
  at(index: number): BatchBase | undefined {
    return this.isFailed ? undefined : this.#made[index];
  }

  /** Takes what the line has pickled. */
  setPickled(candidates: readonly Candidate[]): void {
    for (const [index, { pickled, name }] of candidates.entries()) {
      const { origin, facts } = pickled;
      if (origin) {
        const { key, imports } = origin;
        const plan = { key, imports, name, isProofState: facts.isProofState };
        this.#made[index] = { plan, pickled };
      }
    }
  }

  /** Takes the states that the line has led to. What is known of their pickling is let go. */
  setStates(states: readonly ManifestState[]): void {
    for (const [index, state] of states.entries()) {
      const made = this.#made[index] ?? { plan: state };
      this.#made[index] = Object.assign(made, { plan: state, state, pickled: undefined });
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

  /** Gives the name of a line to its states, for the lines after it. */
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
  async find({ from, base }: Pick<BatchItem, "from" | "base">): Promise<BatchBase | undefined> {
    if (from === undefined) {
      return base && { plan: base, state: base };
    }
    const given = this.#lines.find(from);
    if (given) {
      await given.value.ready;
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
    return { plan: state, state };
  }
}
