/**
 * What the commands that add and look at states print with `--json`. A state is as in the manifest,
 * with the fields that another version of the program has put there.
 */
import * as v from "valibot";
import { stepSchema } from "../../recipe/steps.ts";
import { stateEntries } from "../../store/manifest/schema.ts";
import { fields } from "../input/batch-input.ts";
import { failure } from "./errors.ts";
import { sorry, sourcedMessage } from "./lean.ts";

const { sessionId, name, isProofState, key } = stateEntries;
const count = stateEntries.bytes;
const line = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What is not there is not stale, or nobody can tell. */
const stale = v.optional(v.literal(true));

const addedEntries = {
  ...stateEntries,
  cached: v.boolean(),
  /** Where it came from if the cache did not hold it and Lean was not asked. */
  from: v.optional(v.literal("remote")),
  messages: v.array(sourcedMessage),
  sorries: v.array(sorry),
};
const added = v.object(addedEntries);

/** `add`: the state; with `--sorry all`, all of them. */
export const addDocument = v.union([added, v.array(added)]);
export type AddedState = v.InferOutput<typeof added>;

const addedOfLine = v.object({ line, ...addedEntries });
const failedLine = v.strictObject({ line, error: failure });

/** `add --batch`: one line for each line. */
export const addBatchDocument = v.union([addedOfLine, v.array(addedOfLine), failedLine]);
export type AddedStateOfLine = v.InferOutput<typeof addedOfLine>;
export type FailedLine = v.InferOutput<typeof failedLine>;

const { cmd, path, ...others } = fields;

/** One line of the input of `--batch`, which has code or a file. */
export const batchLine = v.union([
  v.strictObject({ cmd, ...others }),
  v.strictObject({ path, ...others }),
]);

const keyEntries = {
  key,
  hit: v.boolean(),
  /** On a miss, if a remote is named: whether it has the state. */
  remote: v.optional(v.boolean()),
  /** What went into the key; a part that is not known is null. */
  inputs: v.record(v.string(), v.unknown()),
  /** What is not known, in clauses. */
  unknown: v.array(v.string()),
};

/** Why nothing is a hit. */
const missEntries = {
  nearest: v.nullable(sessionId),
  reasons: v.array(v.string()),
};

const miss = v.strictObject(missEntries);
export type MissDocument = v.InferOutput<typeof miss>;

/** `--explain`, on standard error. */
export const missNote = v.strictObject({
  miss: v.strictObject({ line: v.optional(line), ...missEntries }),
});
export type MissNote = v.InferOutput<typeof missNote>;

/** `key`, with the reasons of a miss with `--explain`. */
export const keyDocument = v.union([
  v.strictObject({ ...keyEntries, sessionIds: v.array(sessionId) }),
  v.strictObject({ ...keyEntries, sessionIds: v.array(sessionId), ...missEntries }),
]);
export type KeyDocument = v.InferOutput<typeof keyDocument>;

/** `key --batch`: one line for each line. */
export const keyBatchDocument = v.strictObject({ line, ...keyEntries });
export type KeyOfLine = v.InferOutput<typeof keyBatchDocument>;

const proofView = v.strictObject({
  goals: v.array(v.string()),
  proofStatus: v.nullable(v.string()),
});

const verdictEntries = {
  status: v.picklist([
    "loaded",
    "repaired",
    "damaged",
    "incompatible",
    "goals-changed",
    "timeout",
    "failed",
  ]),
  message: v.optional(v.string()),
  found: v.optional(proofView),
  expected: v.optional(proofView),
};

const listed = v.object({
  ...stateEntries,
  stale,
  /** With `--tree`. */
  builtOn: v.optional(v.nullable(sessionId)),
  /** With `--check`, as the three after it. */
  ...v.partial(v.object(verdictEntries)).entries,
});

/** `ls`. */
export const lsDocument = v.array(listed);
export type LsDocument = v.InferOutput<typeof lsDocument>;

/** `reload`. */
export const reloadDocument = v.strictObject({
  states: v.array(
    v.strictObject({
      sessionId,
      name,
      isProofState,
      replId: v.nullable(count),
      ...verdictEntries,
      via: v.optional(v.picklist(["recipe", "pickle"])),
      elapsedMs: v.number(),
      stale,
    }),
  ),
  loaded: count,
  failed: count,
  elapsedMs: count,
});
export type ReloadDocument = v.InferOutput<typeof reloadDocument>;

/** `push`. */
export const pushDocument = v.strictObject({
  states: v.array(
    v.strictObject({
      sessionId,
      name,
      key,
      status: v.picklist(["sent", "present", "skipped", "failed"]),
      bytes: count,
      message: v.optional(v.string()),
    }),
  ),
  sent: count,
  present: count,
  skipped: count,
  failed: count,
  bytes: count,
});
export type PushDocument = v.InferOutput<typeof pushDocument>;

/** `show`. */
export const showDocument = v.object({
  ...stateEntries,
  /** Null where nobody can tell. */
  stale: v.nullable(v.boolean()),
  recipe: v.nullable(v.array(stepSchema)),
  inputs: v.nullable(v.record(v.string(), v.unknown())),
});
export type ShowDocument = v.InferOutput<typeof showDocument>;
