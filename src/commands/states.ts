/** The states that a command line names. */
import { LeanPickleError } from "../errors.ts";
import type { Output } from "../output/output.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import type { PickleSessionState } from "../session/state/cache-types.ts";
import { findSimilar } from "../session/state/names.ts";
import type { ManifestState } from "../store/manifest/schema.ts";

/** What was found of the states that were named. */
export interface NamedStates {
  /** Each once, in the order of the cache. */
  states: ManifestState[];
  /** The references to which there is no state. */
  missing: string[];
}

/** Finds the states that are named; all of them where none is. */
export function findStates(cache: PickleSessionCache, references: readonly string[]): NamedStates {
  const all = cache.manifest.states;
  if (references.length === 0) {
    return { states: [...all], missing: [] };
  }
  const found = new Set<number>();
  const missing: string[] = [];
  for (const reference of references) {
    const state = cache.find(reference);
    if (state) {
      found.add(state.sessionId);
    } else {
      missing.push(reference);
    }
  }
  return { states: all.filter(({ sessionId }) => found.has(sessionId)), missing };
}

/**
 * As {@link findStates}, where it makes no sense to go on without any of those that were named.
 * @throws {LeanPickleError} `no-such-state`
 */
export function requireStates(
  cache: PickleSessionCache,
  references: readonly string[],
): NamedStates {
  const named = findStates(cache, references);
  if (references.length > 0 && named.states.length === 0) {
    throw noneThere(cache, references);
  }
  return named;
}

/**
 * Finds the one state that is named.
 * @throws {LeanPickleError} `no-such-state`
 */
export function requireState(cache: PickleSessionCache, reference: string): PickleSessionState {
  const state = cache.find(reference);
  if (!state) {
    throw noneThere(cache, [reference]);
  }
  return state;
}

/** What a person calls a state: its name, or else its session id. */
export function callState({ name, sessionId }: ManifestState): string {
  return name ?? String(sessionId);
}

/** Tells which states are not there, where the others are enough to go on with. */
export function tellMissing(
  output: Output,
  cache: PickleSessionCache,
  references: readonly string[],
): void {
  if (references.length > 0) {
    const { code, message } = noneThere(cache, references);
    output.error({ code, message });
  }
}

/** The error if none of the named states is there. */
export function noneThere(
  { workingDir, manifest }: PickleSessionCache,
  references: readonly string[],
): LeanPickleError {
  const similar = references.map((reference) => findSimilar(manifest.states, reference));
  const suggestions = [...new Set(similar.flatMap((each) => each ?? []))];
  const suggestion = suggestions.length > 0 ? `Did you mean ${suggestions.join(", ")}? ` : "";
  const what = references.length === 1 ? "is no state" : "are no states";
  const message = `There ${what} ${references.join(", ")} in the cache in ${workingDir}.`;
  return new LeanPickleError("no-such-state", message, {
    hint: `${suggestion}"lean-pickle ls" lists the states that there are.`,
  });
}

/** The sentence for a listing without states. */
export function noStates(cache: PickleSessionCache, otherwise = "There are no states"): string {
  return `${cache.isEmpty() ? "There are no states" : otherwise} in ${cache.workingDir}.`;
}
