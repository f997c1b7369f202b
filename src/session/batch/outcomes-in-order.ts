import type { BatchItem, BatchOutcome } from "./batch-item.ts";
import { LineStates } from "./line-names.ts";

/** A line whose outcome is not reported yet. */
export interface Slot {
  readonly item: BatchItem;
  /** What it has led to so far. */
  readonly states: LineStates;
  /** The key and the names of its states, while they wait for their commit. */
  waiting?: readonly string[];
  /** Once it is known. */
  outcome?: BatchOutcome;
}

/** The lines that were begun. Their outcomes are reported in the order of the lines. */
export class BatchOutcomes {
  readonly #tell: (item: BatchItem, outcome: BatchOutcome) => void;
  #slots: Slot[] = [];
  /** How many lines have states with a key or a name that wait for their commit. */
  readonly #waiting = new Map<string, number>();

  /**
   * @param tell called with the outcome of each line, in the order in which the lines were begun
   */
  constructor(tell: (item: BatchItem, outcome: BatchOutcome) => void) {
    this.#tell = tell;
  }

  /** Begins a line. */
  begin(item: BatchItem): Slot {
    const slot = { item, states: new LineStates() };
    this.#slots.push(slot);
    return slot;
  }

  /** Notes the key and the names of the states that a line leads to, in place of those noted before. */
  setWaiting(slot: Slot, keysAndNames: readonly string[]): void {
    this.#count(slot.waiting, -1);
    slot.waiting = keysAndNames;
    this.#count(slot.waiting, 1);
  }

  #count(keysAndNames: readonly string[] = [], by: 1 | -1): void {
    for (const each of keysAndNames) {
      const count = (this.#waiting.get(each) ?? 0) + by;
      if (count > 0) {
        this.#waiting.set(each, count);
      } else {
        this.#waiting.delete(each);
      }
    }
  }

  /** Whether a key or a name belongs to a state that waits for its commit. */
  isWaiting(keyOrName: string): boolean {
    // The number of states of a line with `"sorry": "all"` is not known yet.
    const numbered = keyOrName.replace(/\.\d+$/, ".*");
    return this.#waiting.has(keyOrName) || this.#waiting.has(numbered);
  }

  /** Takes the outcome of a line, and reports it once all lines before it are reported. */
  settle(slot: Slot, outcome: BatchOutcome): void {
    slot.outcome = outcome;
    this.setWaiting(slot, []);
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
