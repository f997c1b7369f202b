import * as v from "valibot";

/** The two kinds of state. */
export type StateKind = "environment" | "proof-state";

/** One thing done to a state. */
export const stepSchema = v.union([
  /** Code run on an environment, or on nothing. Of a file it is the content, never the path. */
  v.strictObject({ cmd: v.string() }),
  /** The proof state at the N-th `sorry`, from 0, of what was done just before. */
  v.strictObject({ sorry: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
  /** A tactic run on a proof state. */
  v.strictObject({ tactic: v.string() }),
]);

/** One thing done to a state: code run, a sorry's proof state taken, a tactic run. */
export type RecipeStep = v.InferOutput<typeof stepSchema>;

/** A step that is still to be taken; `all` stands for one step for each sorry there is. */
export type PlannedStep = RecipeStep | { sorry: "all" };
