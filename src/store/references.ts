import { LeanPickleError } from "../errors.ts";
import type { Manifest, ManifestState } from "./manifest.ts";

const SESSION_ID = /^-[1-9]\d*$/;
const KEY_PREFIX = /^[0-9a-f]{7,64}$/;

/**
 * The state that a reference names: a session id, else a name, else at least 7 characters of a key.
 * Undefined where there is none.
 * @throws {LeanPickleError} `ambiguous-state` where the characters fit the keys of several states
 */
export function findState(manifest: Manifest, reference: string): ManifestState | undefined {
  const { states } = manifest;
  if (SESSION_ID.test(reference)) {
    return states.find(({ sessionId }) => sessionId === Number(reference));
  }
  const named = states.find(({ name }) => name === reference);
  if (named || !KEY_PREFIX.test(reference)) {
    return named;
  }
  const matches = states.filter(({ key }) => key.startsWith(reference));
  if (matches.length > 1) {
    const ids = matches.map(({ sessionId }) => sessionId).join(", ");
    const message = `The key ${reference} fits several states: ${ids}.`;
    throw new LeanPickleError("ambiguous-state", message, { hint: "Name one by its session id." });
  }
  return matches[0];
}
