import { LeanPickleError } from "../errors.ts";
import type { ManifestState } from "../store/manifest.ts";
import type { BatchItem } from "./batch-item.ts";
import type { DerivedBase } from "./derivation.ts";
import type { Candidate } from "./keeping.ts";
import type { PickleSessionCache } from "./pickle-session-cache.ts";
import type { Pickled } from "./pickling.ts";

/** A state that a line builds on, before or after it is kept. */
export interface Made {
  base: DerivedBase & Pick<ManifestState, "name" | "isProofState"> & { sessionId?: number };
  /** Where it was made by this batch. */
  pickled?: Pickled | undefined;
  /** Once it is kept. */
  state?: ManifestState | undefined;
}

/** What the names of a batch stand for: those that later lines build on, and no others. */
export class BatchNames {
  readonly #cache: PickleSessionCache;
  readonly #builtOn: ReadonlySet<string>;
  readonly #made = new Map<string, Made>();
  /** The names of lines that failed. */
  readonly #failed = new Set<string>();

  constructor(cache: PickleSessionCache, builtOn: ReadonlySet<string>) {
    this.#cache = cache;
    this.#builtOn = builtOn;
  }

  /**
   * What a line builds on.
   * @throws {LeanPickleError} `no-such-state` also where the line that should have made it failed:
   * a state that had the name before is another one
   */
  find(from: string | undefined): Made | undefined {
    if (from === undefined) {
      return undefined;
    }
    if (this.#failed.has(from) || this.#failed.has(from.replace(/\.\d+$/, ""))) {
      const message = `${from}, which it builds on, was not made.`;
      throw new LeanPickleError("no-such-state", message);
    }
    const made = this.#made.get(from);
    if (made) {
      return made;
    }
    const state = this.#cache.find(from)?.entry;
    if (!state) {
      throw new LeanPickleError("no-such-state", `There is no state ${from} to build on.`);
    }
    return { base: state, state };
  }

  /** Takes what a line has pickled. */
  setPickled(candidates: readonly Candidate[]): void {
    for (const { pickled, name } of candidates) {
      const { base } = pickled;
      if (name !== null && base && this.#builtOn.has(name)) {
        const { isProofState } = pickled.facts;
        this.#made.set(name, { base: { ...base, name, isProofState }, pickled });
      }
    }
  }

  /** Takes the states that a line has led to. */
  setStates(states: readonly ManifestState[]): void {
    for (const state of states) {
      if (state.name !== null && this.#builtOn.has(state.name)) {
        const made = this.#made.get(state.name);
        if (made) {
          Object.assign(made, { base: state, state });
        } else {
          this.#made.set(state.name, { base: state, state });
        }
      }
    }
  }

  /** Notes that a line failed. */
  fail({ name }: BatchItem): void {
    if (name !== undefined) {
      this.#failed.add(name);
    }
  }
}
