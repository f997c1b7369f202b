/** What a `PickleSessionCache` takes and gives. */
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { ChangeOptions } from "../../store/manifest/update-manifest.ts";
import type { CacheCallOptions, SessionState, Verdict } from "./session-cache.ts";

/** A state with a pickle on disk. */
export interface PickleSessionState extends SessionState {
  /** The absolute path of its pickle. It is read-only and never changes. */
  readonly pickleFile: string;
  /** Its entry in the manifest. */
  readonly entry: Readonly<ManifestState>;
}

/**
 * How states are restored: by recipe or by pickle, or whichever gives the state itself at less cost
 * (`auto`).
 */
export type RestoreMode = "auto" | "recipe" | "pickle";

/** How a cache is opened. */
export interface CacheOptions extends ChangeOptions {
  /**
   * Whether pickles are loaded, and recipes run, that somebody else could have written. That is so
   * if the owner of a file or its folder is neither the user nor root, or if everyone can write one
   * of them. False by default: such a state is not loaded (`untrusted`).
   */
  trust?: boolean | undefined;
  /** How states are restored; `auto` by default. */
  restore?: RestoreMode | undefined;
}

/** How a state is added. */
export interface AddOptions extends CacheCallOptions {
  name?: string | undefined;
  /** Whether a name is taken from the state that has it. */
  replaceName?: boolean | undefined;
  /** Whether a state that the cache holds already gets the new pickle. */
  force?: boolean | undefined;
  /** The time that the REPL may take to pickle one state, in seconds. */
  timeout?: number | undefined;
}

/** How several states are added. */
export interface AddAllOptions extends Omit<AddOptions, "name"> {
  /** The name of each state; null for one without. */
  names?: readonly (string | null)[] | undefined;
}

/** How states are loaded. */
export interface ReloadOptions extends CacheCallOptions {
  /** Which states; all of them by default. */
  only?: readonly number[] | undefined;
  /** Called before each state. */
  onState?: ((state: ManifestState) => void) | undefined;
  /** Called with each verdict as soon as it is known. */
  onVerdict?: ((verdict: Verdict) => void) | undefined;
}
