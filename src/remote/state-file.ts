/** The file of a state in a remote: its form, and the checks that a reader makes. */
import * as v from "valibot";
import { canonicalJson, keyOfStep } from "../recipe/key.ts";
import { type RecipeStep, type StateKind, stepSchema } from "../recipe/steps.ts";
import { RemoteError } from "./remote-error.ts";
import { isSignedBy, type SigningKey, signJson, type TrustedKeys } from "./signature.ts";

/** The version of the state file that this program reads and writes. */
const FORMAT_VERSION = 1;

/** A file that is nested deeper than this is not read. */
const DEEPEST = 64;

const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "not 64 hexadecimal digits"));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const duration = v.pipe(v.number(), v.minValue(0), v.finite());
const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.check((text) => !Number.isNaN(Date.parse(text)), "not a time"),
);

// Not loose: what this program does not know is not read, `sessionId`, `name` and `pickleFile` too.
const contentEntries = {
  version: v.literal(FORMAT_VERSION),
  /** The state as in a manifest, but for what belongs to one cache. */
  state: v.object({
    isProofState: v.boolean(),
    key: digest,
    /** The size of the pickle. */
    bytes: v.pipe(count, v.minValue(1)),
    /** The digest of the pickle. */
    sha256: digest,
    createdAt: time,
    elapsedMs: duration,
    lean: v.object({
      toolchain: v.nullable(v.string()),
      version: v.nullable(v.string()),
      gitHash: v.nullable(v.string()),
    }),
    imports: v.nullable(v.array(v.string())),
    goals: v.optional(v.array(v.string())),
    proofStatus: v.optional(v.nullable(v.string())),
  }),
  /** The recipe, from nothing to the state. */
  steps: v.pipe(
    v.array(
      v.object({
        /** The key of the state that this step leads to. */
        key: v.optional(digest),
        step: stepSchema,
        inputs: v.record(v.string(), v.unknown()),
        elapsedMs: v.optional(duration),
        sorries: v.optional(count),
        hasErrors: v.optional(v.boolean()),
      }),
    ),
    v.minLength(1, "no steps"),
  ),
};

const contentSchema = v.object(contentEntries);

const signatureSchema = v.object({
  keyId: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, "not 16 hexadecimal digits")),
  algorithm: v.literal("ed25519"),
  value: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{86}==$/, "not a signature")),
});

/** What the file of a state says, without its signature. */
type StateContent = v.InferOutput<typeof contentSchema>;
/** A state as a remote holds it: without what belongs to one cache. */
export type SharedState = StateContent["state"];
/** One step of the recipe of a state, with what is known about it. */
export type SharedStep = StateContent["steps"][number];
/** What a push gives: more fields than these are left out of the file. */
export type StateParts = Pick<StateContent, "state" | "steps">;

/** A state that a remote has. */
export interface RemoteState extends StateParts {
  /** Whether a configured key signed it. Without that, only its recipe is to be trusted. */
  isSigned: boolean;
}

/** Why a state's file is not taken. */
type Misfit =
  | "not-json"
  | "too-deep"
  | "old-format"
  | "new-format"
  | "schema"
  | "other-key"
  | "recipe"
  | "kind"
  | "unsigned"
  | "foreign-signature"
  | "wrong-signature";

/** A state's file that was read, or why it is not taken: `clause` goes on "its file". */
export type ParsedStateFile =
  | { ok: true; state: RemoteState }
  | { ok: false; misfit: Misfit; clause: string };

type Refusal = Extract<ParsedStateFile, { ok: false }>;

/**
 * Writes the file of a state: canonical JSON, signed if there is a key.
 * @throws {RemoteError} `misfit` if no reader would take it
 */
export function renderStateFile(parts: StateParts, key: SigningKey | undefined): Buffer {
  const content = v.safeParse(contentSchema, { version: FORMAT_VERSION, ...parts });
  const misfit = content.success ? checkRecipe(content.output, parts.state.key) : explain(content);
  if (!content.success || misfit) {
    throw new RemoteError("misfit", `its file ${misfit?.clause}, so nobody would take it`);
  }
  const signature = key && signJson(content.output, key);
  return Buffer.from(canonicalJson({ ...content.output, signature }));
}

/**
 * Checks the file of a state; it never throws.
 * @param key the key that the state was looked up by
 * @param trusted with at least one key, the file must be signed by one of them
 */
export function parseStateFile(
  bytes: Uint8Array,
  key: string,
  trusted: TrustedKeys,
): ParsedStateFile {
  const parsed = parseJson(bytes);
  if (!parsed.ok) {
    return parsed;
  }
  const refusal = checkVersion(parsed.value);
  if (refusal) {
    return refusal;
  }
  const checked = v.safeParse(contentSchema, parsed.value);
  if (!checked.success) {
    return explain(checked);
  }
  const { state, steps } = checked.output;
  const misfit = checkRecipe(checked.output, key) ?? checkSignature(parsed.value, trusted);
  return misfit ?? { ok: true, state: { state, steps, isSigned: trusted.size > 0 } };
}

function explain({ issues: [issue] }: { issues: [v.BaseIssue<unknown>, ...unknown[]] }): Refusal {
  return refuse("schema", `is malformed at ${v.getDotPath(issue) ?? "its root"}`);
}

function checkRecipe({ state, steps }: StateContent, key: string): Refusal | undefined {
  if (state.key !== key) {
    return refuse("other-key", `is of another state, ${state.key.slice(0, 12)}`);
  }
  let base: string | null = null;
  for (const { key: named, step, inputs } of steps) {
    base = keyOfStep({ kind: kindOf(step), base, step, inputs });
    if (named !== undefined && named !== base) {
      return refuse("recipe", "holds a step whose recipe does not give its key");
    }
  }
  if (base !== key) {
    return refuse("recipe", "holds a recipe that does not give its key");
  }
  const last = steps.at(-1)?.step;
  return last && (kindOf(last) === "proof-state") !== state.isProofState
    ? refuse("kind", "says another kind of state than its recipe gives")
    : undefined;
}

function kindOf(step: RecipeStep): StateKind {
  return "cmd" in step ? "environment" : "proof-state";
}

function checkSignature(value: object, trusted: TrustedKeys): Refusal | undefined {
  if (trusted.size === 0) {
    return undefined;
  }
  const { signature, ...content } = value as { signature?: unknown };
  if (signature === undefined) {
    return refuse("unsigned", "is not signed");
  }
  const checked = v.safeParse(signatureSchema, signature);
  if (!checked.success) {
    return refuse("wrong-signature", "has a malformed signature");
  }
  const publicKey = trusted.get(checked.output.keyId);
  if (!publicKey) {
    const clause = `is signed by the key ${checked.output.keyId}, which LEAN_PICKLE_REMOTE_KEYS does not hold`;
    return refuse("foreign-signature", clause);
  }
  return isSignedBy(content, checked.output, publicKey)
    ? undefined
    : refuse("wrong-signature", "was changed after it was signed");
}

function checkVersion({ version }: { version?: unknown }): Refusal | undefined {
  if (typeof version !== "number") {
    return refuse("schema", "names no version of its format");
  }
  if (version === FORMAT_VERSION) {
    return undefined;
  }
  return version > FORMAT_VERSION
    ? refuse("new-format", `was written by a later lean-pickle (format ${version})`)
    : refuse("old-format", `has an old format (${version})`);
}

function parseJson(bytes: Uint8Array): { ok: true; value: object } | Refusal {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return refuse("not-json", "is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return refuse("not-json", "is not a JSON object");
  }
  return isCanonical(value, DEEPEST)
    ? { ok: true, value }
    : refuse("too-deep", "is nested too deeply, or holds what has no canonical JSON");
}

/**
 * Whether a value is told apart from all others by its canonical JSON, which keys and signatures are
 * made from: 1e999 would be written as null. `__proto__` is no key of a file that this program writes.
 */
function isCanonical(value: unknown, depth: number): boolean {
  if (typeof value === "number") {
    return Number.isFinite(value);
  }
  if (typeof value !== "object" || value === null) {
    return true;
  }
  return (
    depth > 0 &&
    !Object.hasOwn(value, "__proto__") &&
    Object.values(value).every((part) => isCanonical(part, depth - 1))
  );
}

function refuse(misfit: Misfit, clause: string): Refusal {
  return { ok: false, misfit, clause };
}
