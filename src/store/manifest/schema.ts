/** The manifest: the only index of a cache. Its form, and the rules that go beyond it. */
import * as v from "valibot";
import { walkBack } from "../../recipe/chain.ts";
import { stepSchema } from "../../recipe/steps.ts";
import { DIGEST, NAME, PICKLE_FILE } from "../disk/layout.ts";
import { isManifest } from "./fast-check.ts";

/** The version of the manifest that this program writes. */
const MANIFEST_VERSION = 1;

const digest = v.pipe(v.string(), v.regex(DIGEST, "not 64 hexadecimal digits"));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sessionId = v.pipe(v.number(), v.safeInteger(), v.maxValue(-1));

/** Whether JavaScript knows a time: of those of ISO 8601 it does not know all. */
function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text));
}

const leanSchema = v.looseObject({
  /** From the `lean-toolchain` of the project or the REPL. */
  toolchain: v.nullable(v.string()),
  /** From the header of the pickle. */
  version: v.nullable(v.string()),
  /** From the header of the pickle. */
  gitHash: v.nullable(v.string()),
});

/** The fields of a state. */
export const stateEntries = {
  sessionId,
  name: v.nullable(v.pipe(v.string(), v.regex(NAME, "not a name"))),
  isProofState: v.boolean(),
  key: digest,
  pickleFile: v.pipe(v.string(), v.regex(PICKLE_FILE, "not a pickle of this cache")),
  bytes: count,
  sha256: digest,
  createdAt: v.pipe(v.string(), v.isoTimestamp(), v.check(isTime, "not a time")),
  // JSON has 1e999, which is read as infinity and written as null.
  elapsedMs: v.pipe(v.number(), v.minValue(0), v.finite()),
  lean: leanSchema,
  imports: v.nullable(v.array(v.string())),
  goals: v.optional(v.array(v.string())),
  proofStatus: v.optional(v.nullable(v.string())),
  /** Where its pickle comes from if it was not made here: a remote, and whether a trusted key signed it. */
  fromRemote: v.optional(v.picklist(["signed", "unsigned"])),
};

const recipeEntries = {
  base: v.nullable(digest),
  step: stepSchema,
  inputs: v.record(v.string(), v.unknown()),
  /** What the REPL took for the step, in milliseconds, without the import of a shared header. */
  elapsedMs: v.optional(v.pipe(v.number(), v.minValue(0), v.finite())),
  /** How many sorries Lean reported for the step. */
  sorries: v.optional(count),
  /** Whether Lean found errors in this step, which was allowed. */
  hasErrors: v.optional(v.boolean()),
};

/**
 * The form of the manifest; fields that it does not name are kept. The build publishes it as a JSON
 * Schema.
 * @public
 */
export const manifestSchema = v.looseObject({
  version: v.literal(MANIFEST_VERSION),
  revision: count,
  nextSessionId: sessionId,
  states: v.array(v.looseObject(stateEntries)),
  recipes: v.record(v.string(), v.looseObject(recipeEntries)),
});

/** The index of a cache. */
export type Manifest = v.InferOutput<typeof manifestSchema>;
/** A state of the manifest. */
export type ManifestState = v.InferOutput<v.ObjectSchema<typeof stateEntries, undefined>>;
/** How a state is made from another one, or from nothing. */
export type RecipeEntry = v.InferOutput<v.ObjectSchema<typeof recipeEntries, undefined>>;

/** The manifest of a cache that holds nothing yet. */
export function emptyManifest(): Manifest {
  return { version: MANIFEST_VERSION, revision: 0, nextSessionId: -1, states: [], recipes: {} };
}

/** What a key can be shortened to in a reference. */
export const KEY_PREFIX = /^[0-9a-f]{7,64}$/;

/** The one form of a name: Unicode has several for what looks the same. */
export function normalizeName(name: string): string {
  return name.normalize("NFC");
}

/** Whether a state can be given a name, which is normalized. A name looks like no key. */
export function isName(name: string): boolean {
  return NAME.test(name) && normalizeName(name) === name && !KEY_PREFIX.test(name);
}

/** What came of checking a manifest: it, or a clause that says what is wrong with it. */
export type CheckedManifest =
  | { ok: true; manifest: Manifest }
  | { ok: false; problem: string; isNewer?: boolean };

/** Checks that a parsed JSON value is a manifest. */
export function checkManifest(value: unknown): CheckedManifest {
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > MANIFEST_VERSION) {
    const problem = `a later lean-pickle wrote it (version ${version}, and this one knows ${MANIFEST_VERSION})`;
    return { ok: false, problem, isNewer: true };
  }
  if (isManifest(value)) {
    return unlessContradictory(value as Manifest);
  }
  // It takes several times as long, and says what is wrong.
  const checked = v.safeParse(manifestSchema, value);
  if (checked.success) {
    return unlessContradictory(checked.output);
  }
  const [issue] = checked.issues;
  return { ok: false, problem: `${v.getDotPath(issue) ?? "it"}: ${issue.message}` };
}

function unlessContradictory(manifest: Manifest): CheckedManifest {
  const problem = findContradiction(manifest);
  return problem === undefined ? { ok: true, manifest } : { ok: false, problem };
}

/** What must be unique, and is not; or an id that is still to come, and is there. */
function findContradiction({ states, nextSessionId }: Manifest): string | undefined {
  const early = states.find(({ sessionId }) => sessionId <= nextSessionId);
  if (early) {
    return `nextSessionId is ${nextSessionId}, and state ${early.sessionId} is there already`;
  }
  const twice =
    findTwice(states, ({ sessionId }) => sessionId) ??
    findTwice(states, ({ name }) => name) ??
    findTwice(states, ({ pickleFile }) => pickleFile);
  return twice === undefined ? undefined : `two states have ${twice}`;
}

/** A value, but null, that two states have. */
function findTwice<T extends string | number>(
  states: Manifest["states"],
  fieldOf: (state: ManifestState) => T | null,
): T | undefined {
  const seen = new Set<T>();
  for (const state of states) {
    const value = fieldOf(state);
    if (value !== null && seen.has(value)) {
      return value;
    }
    if (value !== null) {
      seen.add(value);
    }
  }
  return undefined;
}

/** Drops the recipes that no state's chain needs. */
export function dropUnneededRecipes(manifest: Manifest): void {
  const needed = new Set<string>();
  for (const { key } of manifest.states) {
    for (const [each] of walkBack(manifest.recipes, key)) {
      if (needed.has(each)) {
        break;
      }
      needed.add(each);
    }
  }
  manifest.recipes = Object.fromEntries(
    Object.entries(manifest.recipes).filter(([key]) => needed.has(key)),
  );
}
