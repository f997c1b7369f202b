/**
 * Whether a value has the form of a manifest, said fast: `ls` of thousands of states is as fast as
 * this is. What the schema in schema.ts takes, and nothing else; a test holds the two together.
 */
import { DIGEST, NAME, PICKLE_FILE } from "../disk/layout.ts";

/** Most names, for which this takes less time. */
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9._-]*$/;
/** The values of `fromRemote`. */
const FROM_REMOTE = /^(un)?signed$/;
/** The form of the times that are written, of all that the schema takes. */
const TIMESTAMP =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

type Fields = Record<string, unknown>;

/** True only for a manifest as this program writes it; what it is not sure of is for the schema. */
export function isManifest(value: unknown): boolean {
  return (
    isObject(value) &&
    value.version === 1 &&
    isCount(value.revision) &&
    isSessionId(value.nextSessionId) &&
    Array.isArray(value.states) &&
    value.states.every(isState) &&
    isObject(value.recipes) &&
    Object.keys(value.recipes).every(isDigest) &&
    Object.values(value.recipes).every(isRecipe)
  );
}

function isState(state: unknown): boolean {
  return (
    isObject(state) &&
    isSessionId(state.sessionId) &&
    (state.name === null || fits(state.name, PLAIN_NAME) || fits(state.name, NAME)) &&
    typeof state.isProofState === "boolean" &&
    isDigest(state.key) &&
    fits(state.pickleFile, PICKLE_FILE) &&
    isCount(state.bytes) &&
    isDigest(state.sha256) &&
    fits(state.createdAt, TIMESTAMP) &&
    isDuration(state.elapsedMs) &&
    isLean(state.lean) &&
    (state.imports === null || isTexts(state.imports)) &&
    (state.goals === undefined || isTexts(state.goals)) &&
    (state.proofStatus === undefined || isTextOrNull(state.proofStatus)) &&
    (state.fromRemote === undefined || fits(state.fromRemote, FROM_REMOTE))
  );
}

function isLean(lean: unknown): boolean {
  return (
    isObject(lean) &&
    isTextOrNull(lean.toolchain) &&
    isTextOrNull(lean.version) &&
    isTextOrNull(lean.gitHash)
  );
}

function isRecipe(recipe: unknown): boolean {
  return (
    isObject(recipe) &&
    (recipe.base === null || isDigest(recipe.base)) &&
    isStep(recipe.step) &&
    isObject(recipe.inputs) &&
    (recipe.elapsedMs === undefined || isDuration(recipe.elapsedMs)) &&
    (recipe.sorries === undefined || isCount(recipe.sorries)) &&
    (recipe.hasErrors === undefined || typeof recipe.hasErrors === "boolean")
  );
}

function isStep(step: unknown): boolean {
  if (!isObject(step)) {
    return false;
  }
  const isOne =
    typeof step.cmd === "string" || typeof step.tactic === "string" || isCount(step.sorry);
  return isOne && Object.keys(step).length === 1;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDuration(value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isSessionId(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) <= -1;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === "string";
}

function fits(value: unknown, form: RegExp): boolean {
  return typeof value === "string" && form.test(value);
}

function isDigest(value: unknown): boolean {
  return fits(value, DIGEST);
}
