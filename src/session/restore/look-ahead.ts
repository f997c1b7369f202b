import { MAX_SENT } from "../../repl/request-queue.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { Early } from "./unpickle-early.ts";

/** What came of a state before its turn, and what it cost without the wait for those before it. */
interface Taken {
  early: Early;
  /** In milliseconds. */
  elapsedMs: number;
}

/**
 * Begins with the next few states of a group before it is their turn, so that the REPL need not wait
 * for each. What came of them is taken in their order, as if they had been unpickled one by one.
 */
export class LookAhead {
  readonly #states: readonly ManifestState[];
  readonly #unpickle: (state: ManifestState) => Promise<Early>;
  /** From the first state on that was not taken. */
  #begun: Promise<Taken>[] = [];
  #taken = 0;
  #lastEnd = 0;

  /** @param unpickle begins with a state */
  constructor(
    states: readonly ManifestState[],
    unpickle: (state: ManifestState) => Promise<Early>,
  ) {
    this.#states = states;
    this.#unpickle = unpickle;
  }

  /**
   * What came of the next state. Where it was not loaded, the REPL has nothing left to do: it may be
   * asked for other things, or ended, at the expense of no state.
   * @param mayBegin whether to begin with those that were not begun
   */
  async take(mayBegin: boolean): Promise<Taken> {
    if (mayBegin) {
      this.#beginMore();
    }
    this.#taken++;
    const taken = (await this.#begun.shift()) ?? { early: undefined, elapsedMs: 0 };
    const { early } = taken;
    if (typeof early !== "object" || early.status !== "loaded") {
      await Promise.allSettled(this.#begun);
    }
    if (typeof early !== "object") {
      // Nothing is known of those after it either: where the REPL said something that it was not
      // asked, each of their answers is another's. They are begun anew.
      this.#begun = [];
    }
    return taken;
  }

  #beginMore(): void {
    if (this.#begun.length > MAX_SENT / 2) {
      // Several at a time: each time that it is sent something, the REPL has to wake up.
      return;
    }
    const next = this.#taken + this.#begun.length;
    for (const state of this.#states.slice(next, this.#taken + MAX_SENT)) {
      const begun = this.#begin(state);
      // What is thrown is for whoever takes it; nobody does after one that was thrown before.
      begun.catch(() => {});
      this.#begun.push(begun);
    }
  }

  async #begin(state: ManifestState): Promise<Taken> {
    const startedAt = performance.now();
    const early = await this.#unpickle(state);
    const endedAt = performance.now();
    const elapsedMs = endedAt - Math.max(startedAt, this.#lastEnd);
    this.#lastEnd = endedAt;
    return { early, elapsedMs };
  }
}
