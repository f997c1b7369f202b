import { LeanPickleError } from "../errors.ts";
import { isName, type Manifest, type ManifestState } from "../store/manifest.ts";

/** Checks several names as {@link checkName} does. */
export function checkNames(
  manifest: Manifest,
  names: readonly (string | null)[],
  mayReplace: boolean,
): void {
  for (const name of names.filter((each) => each !== null)) {
    checkName(manifest, name, mayReplace);
  }
}

/**
 * Checks that a state can be given a name, and returns the state that it would be taken from.
 * @throws {LeanPickleError} `usage` for what cannot be a name; `name-taken`, unless it may be taken
 */
export function checkName(
  manifest: Manifest,
  name: string,
  mayReplace: boolean,
): ManifestState | undefined {
  if (!isName(name)) {
    throw new LeanPickleError("usage", `"${name}" cannot be the name of a state.`, {
      hint: "A name begins with a letter or _, and holds letters, digits, ., _ and - after that.",
    });
  }
  const holder = manifest.states.find((state) => state.name === name);
  if (holder && !mayReplace) {
    const message = `State ${holder.sessionId} has the name ${name} already.`;
    throw new LeanPickleError("name-taken", message, {
      hint: "Choose another name, or take it from that state with --replace.",
    });
  }
  return holder;
}
