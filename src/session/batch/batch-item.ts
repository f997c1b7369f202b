/** One addition of many, and its outcome. */
import type { Sorry } from "../../repl/protocol.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { Addition, CodeSource, SourcedMessage } from "../add/addition.ts";
import type { AdditionPlan } from "../add/plan-addition.ts";

/** One addition of many. */
export interface BatchItem extends Pick<Addition, "sorry" | "tactics" | "allowErrors"> {
  /** The number of its line, from 1; undefined for an addition that is no line. */
  line?: number | undefined;
  /** The state to build on: a name given earlier in the batch, or a state of the cache. */
  from?: string | undefined;
  /** That state itself, if it is known already. */
  base?: ManifestState | undefined;
  /** Its plan, if it was made already. */
  plan?: AdditionPlan | undefined;
  name?: string | undefined;
  /** Reads the code: not before it is needed, since there may be thousands. */
  readCode(): Promise<CodeSource[]>;
}

/** A line that cannot be run, and what is known of it all the same. */
export interface BadLine extends Pick<BatchItem, "name"> {
  line: number;
  sorry?: unknown;
  /** What is wrong with it: a clause, or sentences. */
  problem: string;
}

/** What one addition of many led to. */
export interface BatchSuccess {
  states: ManifestState[];
  /** Whether Lean was not asked: the cache or the remote held them. */
  cached: boolean;
  /** Where the states come from if the cache did not hold them, and Lean was not asked. */
  from?: "remote";
  /** What is not known of Lean, in clauses: if there is any, they will never count as hits. */
  unknown: string[];
  /** What Lean said; nothing if it was not asked. */
  messages: SourcedMessage[];
  /** The sorries of the last code; none if Lean was not asked. */
  sorries: Sorry[];
}

/** What came of one addition of many. */
export type BatchOutcome = BatchSuccess | { error: Error };
