import { createHash } from "node:crypto";
import { LeanPickleError } from "../errors.ts";
import type { PlannedStep, StateKind } from "./steps.ts";

/** Changes when the meaning of a key does. */
const KEY_FORMAT = 2;

/**
 * What Lean is, as far as it decides what a step means: toolchain, REPL, project, imports. A part
 * that is not known is null. Two states are never the same one if a part of one is not known, so
 * that their inputs hold something random besides (`unknown`).
 */
export type KeyInputs = Record<string, unknown>;

/** What a key identifies: a state, by what it was made from. */
export interface KeyParts {
  kind: StateKind;
  /** The key of the state that the step was done to; null for nothing. */
  base: string | null;
  step: PlannedStep;
  inputs: KeyInputs;
}

/** The canonical JSON of inputs: the same object goes into the keys of thousands of steps. */
const inputsJson = new WeakMap<KeyInputs, string>();

/**
 * The key of a state with a recipe: 64 hexadecimal digits. It is the SHA-256 of the canonical JSON of
 * the parts and the format.
 */
export function keyOfStep({ kind, base, step, inputs }: KeyParts): string {
  const known = inputsJson.get(inputs) ?? canonicalJson(inputs);
  inputsJson.set(inputs, known);
  const [first, last] = [JSON.stringify(base), canonicalJson(step)];
  return sha256(
    `{"base":${first},"format":${KEY_FORMAT},"inputs":${known},"kind":"${kind}","step":${last}}`,
  );
}

/**
 * The key of a state without a known recipe: its pickle identifies it.
 * @param digest the SHA-256 of its pickle
 */
export function keyOfPickle(kind: StateKind, digest: string): string {
  return sha256(canonicalJson({ format: KEY_FORMAT, kind, pickle: digest }));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * JSON without white space, whose keys stand in an order that does not depend on how it was made.
 * @throws {LeanPickleError} `cache-damaged` for what is nested too deeply: this program makes no such
 */
export function canonicalJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_key, part: unknown) =>
      part !== null && typeof part === "object" && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    );
  } catch (error) {
    if (error instanceof RangeError) {
      const message = `A recipe in the manifest is not usable: it is nested too deeply (${error.message}).`;
      throw new LeanPickleError("cache-damaged", message, { cause: error });
    }
    throw error;
  }
}
