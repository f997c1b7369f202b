/** What `doctor` and `setup` print with `--json`. */
import * as v from "valibot";
import { failure } from "./errors.ts";

const elapsedMs = v.pipe(v.number(), v.integer(), v.minValue(0));
const nullableText = v.nullable(v.string());

const trip = v.strictObject({
  /** The steps that went well. */
  steps: v.array(v.strictObject({ step: v.string(), elapsedMs })),
  /** Of the pickle; null where none was written, or its form is unknown. */
  header: v.nullable(
    v.strictObject({
      formatVersion: v.number(),
      leanVersion: nullableText,
      gitHash: nullableText,
    }),
  ),
  error: v.optional(
    v.strictObject({ step: v.string(), code: failure.entries.code, message: v.string() }),
  ),
});
export type TripDocument = v.InferOutput<typeof trip>;

/** `doctor`. */
export const doctorDocument = v.strictObject({
  ok: v.boolean(),
  findings: v.array(
    v.strictObject({
      what: v.string(),
      status: v.picklist(["good", "warning", "bad"]),
      found: v.string(),
      from: nullableText,
      mend: nullableText,
    }),
  ),
  /** Null where there was nothing to try. */
  roundTrip: v.nullable(trip),
});
export type DoctorDocument = v.InferOutput<typeof doctorDocument>;

/** `setup`. */
export const setupDocument = v.strictObject({
  toolchain: v.string(),
  source: nullableText,
  rev: nullableText,
  revision: nullableText,
  folder: v.string(),
  repl: v.string(),
  /** False where it was there already. */
  built: v.boolean(),
  steps: v.array(v.strictObject({ step: v.string(), elapsedMs })),
});
export type SetupDocument = v.InferOutput<typeof setupDocument>;

const plan = v.strictObject({
  toolchain: v.string(),
  rev: v.string(),
  from: v.array(v.string()),
  to: v.string(),
  /** Whether elan downloads the toolchain first. */
  installs: v.boolean(),
});

/** `setup`, before it builds, on standard error. */
export const setupPlan = v.strictObject({ plan });
export type SetupPlan = v.InferOutput<typeof setupPlan>;
