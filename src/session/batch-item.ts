/** One addition of many, and what came of it. */
import type { Sorry } from "../repl/protocol.ts";
import type { ManifestState } from "../store/manifest.ts";
import type { Addition, CodeSource, SourcedMessage } from "./addition.ts";

/** One addition of many. */
export interface BatchItem extends Pick<Addition, "sorry" | "tactics" | "allowErrors"> {
  /** The number of its line, from 1. */
  line: number;
  /** The state to build on: a name given earlier in the batch, or a state of the cache. */
  from?: string | undefined;
  name?: string | undefined;
  /** Reads the code: not before it is needed, since there may be thousands. */
  readCode(): Promise<CodeSource[]>;
}

/** What one addition of many led to. */
export interface BatchSuccess {
  states: ManifestState[];
  /** Whether the cache held them already, and Lean was not asked. */
  cached: boolean;
  messages: SourcedMessage[];
  sorries: Sorry[];
}

/** What came of one addition of many. */
export type BatchOutcome = BatchSuccess | { error: Error };
