import type { BatchItem, BatchOutcome } from "./batch-item.ts";
import { LineStates } from "./line-names.ts";

/** A line whose outcome was not told yet. */
export interface Slot {
  readonly item: BatchItem;
  /** What it has led to so far. */
  readonly states: LineStates;
  /** The key and the names that its states will have, while they wait to be kept. */
  waiting?: ReadonlySet<string>;
  /** Once it is known. */
  outcome?: BatchOutcome;
}

/** The lines that were begun: what came of them is told in their order. */
export class BatchOutcomes {
  readonly #tell: (item: BatchItem, outcome: BatchOutcome) => void;
  #slots: Slot[] = [];

  /** @param tell called with what came of each line, in the order in which they were begun */
  constructor(tell: (item: BatchItem, outcome: BatchOutcome) => void) {
    this.#tell = tell;
  }

  /** Begins a line. */
  begin(item: BatchItem): Slot {
    const slot = { item, states: new LineStates() };
    this.#slots.push(slot);
    return slot;
  }

  /** Whether a key or a name is one of a state that waits to be kept. */
  isWaiting(keyOrName: string): boolean {
    // Of a line that makes a state for each sorry it is not known how many there will be.
    const numbered = keyOrName.replace(/\.\d+$/, ".*");
    return this.#slots.some(
      ({ outcome, waiting }) => !outcome && (waiting?.has(keyOrName) || waiting?.has(numbered)),
    );
  }

  /** Takes what came of a line, and tells it as soon as all lines before it are told. */
  settle(slot: Slot, outcome: BatchOutcome): void {
    slot.outcome = outcome;
    slot.states.isFailed = "error" in outcome;
    const open = this.#slots.findIndex((each) => !each.outcome);
    const ready = this.#slots.splice(0, open === -1 ? this.#slots.length : open);
    for (const each of ready) {
      if (each.outcome) {
        this.#tell(each.item, each.outcome);
      }
    }
  }
}
