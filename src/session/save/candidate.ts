/** A pickle on its way to become a state. */
import type { Pickled } from "./pickle-state.ts";

/** A pickle that is to become a state, and the name that it is to have. */
export interface Candidate {
  pickled: Pickled;
  name: string | null;
  /** The state that it is to be the pickle of, which was made again; a new one by default. */
  sessionId?: number | undefined;
}

/** Removes pickles that are not committed. */
export async function discardPickles(candidates: readonly Candidate[]): Promise<void> {
  await Promise.all(candidates.map(({ pickled }) => pickled.temporary.discard()));
}
