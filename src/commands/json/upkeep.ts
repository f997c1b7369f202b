/** What the commands that remove and check states print with `--json`. */
import * as v from "valibot";
import { stateEntries } from "../../store/manifest/schema.ts";

const { sessionId, name } = stateEntries;
const count = stateEntries.bytes;
const path = v.string();

const removal = v.strictObject({
  removed: v.array(sessionId),
  bytes: count,
  /** Pickles that could not be removed. No state needs them. */
  leftOver: v.array(path),
});
const plannedRemoval = v.strictObject({ wouldRemove: v.array(sessionId), bytes: count });

/** `rm`. */
export const rmDocument = removal;
export type RmDocument = v.InferOutput<typeof rmDocument>;

/** `clear`, and `clear --dry-run`. */
export const clearDocument = v.union([removal, plannedRemoval]);
export type PlannedRemoval = v.InferOutput<typeof plannedRemoval>;

const pruned = v.strictObject({
  ...removal.entries,
  garbage: v.array(path),
  /** What was used or made again in the meantime. */
  kept: v.array(sessionId),
});

const plannedPrune = v.strictObject({
  ...plannedRemoval.entries,
  states: v.array(
    v.strictObject({
      sessionId,
      name,
      bytes: count,
      lastUsedAt: v.pipe(v.string(), v.isoTimestamp()),
      reasons: v.array(v.picklist(["damaged", "toolchain", "unused", "size"])),
    }),
  ),
  garbage: v.array(
    v.strictObject({
      path,
      kind: v.picklist([
        "pickle",
        "temporary-pickle",
        "temporary-manifest",
        "lock-note",
        "lock",
        "temporary-file",
      ]),
      bytes: count,
      ageMs: v.number(),
    }),
  ),
});

/** `prune`, and `prune --dry-run`. */
export const pruneDocument = v.union([pruned, plannedPrune]);
export type PrunedDocument = v.InferOutput<typeof pruned>;
export type PlannedPrune = v.InferOutput<typeof plannedPrune>;

const place = {
  message: v.string(),
  path,
  sessionId: v.nullable(sessionId),
  name,
};

const repair = v.strictObject({
  backup: path,
  keptAs: v.nullable(path),
  revision: count,
  nextSessionId: sessionId,
  /** States of the backup whose pickles are gone. */
  leftOut: v.array(sessionId),
  unknownPickles: v.array(v.strictObject({ path, bytes: count })),
});
export type RepairDocument = v.InferOutput<typeof repair>;

/** `verify`. */
export const verifyDocument = v.strictObject({
  /** Null where nothing was repaired. */
  repaired: v.nullable(repair),
  states: count,
  bytes: count,
  findings: v.array(
    v.strictObject({
      code: v.picklist([
        "pickle-missing",
        "pickle-no-file",
        "pickle-size",
        "pickle-content",
        "pickle-unreadable",
        "pickle-header",
        "foreign-writer",
        "backup-damaged",
        "garbage",
      ]),
      ...place,
      bytes: v.optional(count),
    }),
  ),
  notes: v.array(
    v.strictObject({ code: v.picklist(["unknown-header", "foreign-file"]), ...place }),
  ),
});
export type VerifyDocument = v.InferOutput<typeof verifyDocument>;
