/**
 * What Lean and its REPL say, in the JSON of the commands. Forks of the REPL add fields of their
 * own: as a JSON Schema, `object` allows others, and `strictObject` none.
 */
import * as v from "valibot";

const position = v.nullish(v.object({ line: v.number(), column: v.number() }));

const messageEntries = {
  /** `trace`, `info`, `warning` or `error`. */
  severity: v.string(),
  data: v.string(),
  pos: position,
  endPos: position,
};

/** A message of Lean, with the code that it is about. */
export const sourcedMessage = v.object({ ...messageEntries, source: v.string() });

/** A `sorry` that Lean met. */
export const sorry = v.object({
  goal: v.string(),
  /** An id of the REPL that ran, which has ended. */
  proofState: v.optional(v.number()),
  pos: position,
  endPos: position,
});

const said = {
  messages: v.optional(v.array(v.object(messageEntries))),
  sorries: v.optional(v.array(sorry)),
};

/** `run`: the answers of the REPL, in order. */
export const runDocument = v.array(
  v.union([
    v.object({
      proofState: v.number(),
      goals: v.array(v.string()),
      proofStatus: v.optional(v.string()),
      ...said,
    }),
    v.object({ env: v.number(), ...said }),
    v.object({ message: v.string() }),
  ]),
);
export type RunDocument = v.InferOutput<typeof runDocument>;
