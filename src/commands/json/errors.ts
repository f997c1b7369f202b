/** Errors with `--json`: on standard error, and in the lines of `add --batch`. */
import * as v from "valibot";
import { sourcedMessage } from "./lean.ts";

/** What went wrong. */
export const failure = v.strictObject({
  /** A word for programs, or the code of a system's error, such as `ENOSPC`. */
  code: v.string(),
  message: v.string(),
  hint: v.optional(v.string()),
  /** What Lean said of the code that it rejected. */
  messages: v.optional(v.array(sourcedMessage)),
});
export type Failure = v.InferOutput<typeof failure>;

/** An error, on standard error. */
export const errorDocument = v.strictObject({ error: failure });
