import { LeanPickleError } from "../../errors.ts";
import { KEY_PREFIX, type Manifest, type ManifestState, normalizeName } from "./schema.ts";

const SESSION_ID = /^-[1-9]\d*$/;

interface Maps {
  byId: Map<number, ManifestState>;
  byName: Map<string, ManifestState>;
  byKey: Map<string, ManifestState>;
}

/**
 * Finds the states of a manifest by id, name or key. If two have one key, the older one is found.
 */
export class StateIndex {
  /** As it was read or written last; not to be changed. */
  readonly manifest: Manifest;
  #maps: Maps | undefined;

  constructor(manifest: Manifest) {
    this.manifest = manifest;
  }

  /** The state with this session id. */
  byId(sessionId: number): ManifestState | undefined {
    return this.#built.byId.get(sessionId);
  }

  /** The state with this name. */
  byName(name: string): ManifestState | undefined {
    return this.#built.byName.get(normalizeName(name));
  }

  /** The state with this whole key. */
  byKey(key: string): ManifestState | undefined {
    return this.#built.byKey.get(key);
  }

  /**
   * The state that a reference names: a session id, else a name, else at least 7 characters of a
   * key. Undefined if there is none.
   * @throws {LeanPickleError} `ambiguous-state` if the characters fit the keys of several states
   */
  find(reference: string): ManifestState | undefined {
    if (SESSION_ID.test(reference)) {
      return this.byId(Number(reference));
    }
    const named = this.byName(reference);
    if (named || !KEY_PREFIX.test(reference)) {
      return named;
    }
    const matches = this.manifest.states.filter(({ key }) => key.startsWith(reference));
    if (matches.length > 1) {
      const ids = matches.map(({ sessionId }) => sessionId).join(", ");
      const message = `The key ${reference} fits several states: ${ids}.`;
      throw new LeanPickleError("ambiguous-state", message, {
        hint: "Name one by its session id.",
      });
    }
    return matches[0];
  }

  /** Only now: a listing looks for none of them. */
  get #built(): Maps {
    this.#maps ??= buildMaps(this.manifest.states);
    return this.#maps;
  }
}

function buildMaps(states: readonly ManifestState[]): Maps {
  const maps: Maps = { byId: new Map(), byName: new Map(), byKey: new Map() };
  for (const state of states) {
    maps.byId.set(state.sessionId, state);
    if (state.name !== null) {
      maps.byName.set(state.name, state);
    }
    if (!maps.byKey.has(state.key)) {
      maps.byKey.set(state.key, state);
    }
  }
  return maps;
}
