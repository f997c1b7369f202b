import { closest, distance } from "fastest-levenshtein";
import { LeanPickleError } from "../../errors.ts";
import { isName, type Manifest, type ManifestState } from "../../store/manifest/schema.ts";

/** A name to give, and the key of the state that gets it, if that is known. */
export interface WantedName {
  name: string;
  key?: string | undefined;
}

/** Checks several names as {@link checkName} does, before there are states to have them. */
export function checkNames(
  manifest: Manifest,
  wanted: readonly WantedName[],
  mayReplace: boolean,
): void {
  for (const { name, key } of wanted) {
    const own = key === undefined ? undefined : manifest.states.find((state) => state.key === key);
    checkName(manifest, name, mayReplace, own);
  }
}

/**
 * Checks that a state can be given a name, and returns the state that it would be taken from.
 * @param own the state that is to have the name, and may have it already
 * @throws {LeanPickleError} `usage` for what cannot be a name; `name-taken`, unless it may be taken
 */
export function checkName(
  manifest: Manifest,
  name: string,
  mayReplace: boolean,
  own?: ManifestState | undefined,
): ManifestState | undefined {
  if (!isName(name)) {
    throw new LeanPickleError("usage", `"${name}" cannot be the name of a state.`, {
      hint: "A name begins with a letter, _ or «, as an identifier of Lean does, and goes on with letters, digits and any of _ . ' ! ? -. It does not look like a key.",
    });
  }
  const holder = manifest.states.find((state) => state.name === name);
  if (!holder || holder === own) {
    return undefined;
  }
  if (!mayReplace) {
    const message = `State ${holder.sessionId} has the name ${name} already.`;
    throw new LeanPickleError("name-taken", message, {
      hint: "Choose another name, or take it from that state with --replace.",
    });
  }
  return holder;
}

/** The name or session id that is closest to a reference to no state; undefined if none is close. */
export function findSimilar(
  states: readonly ManifestState[],
  reference: string,
): string | undefined {
  const ids = states.flatMap(({ sessionId, name }) => [name ?? [], String(sessionId)].flat());
  const similar = ids.length > 0 ? closest(reference, ids) : "";
  const most = Math.max(1, Math.floor(reference.length / 3));
  return similar !== "" && distance(reference, similar) <= most ? similar : undefined;
}

/** The error for a state that a cache does not have. */
export function noSuchState(sessionId: number): LeanPickleError {
  return new LeanPickleError("no-such-state", `The cache has no state ${sessionId}.`);
}
