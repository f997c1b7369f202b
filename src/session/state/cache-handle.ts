import { checkFolders } from "../../store/disk/folders.ts";
import { picklePath } from "../../store/disk/layout.ts";
import { readManifest } from "../../store/manifest/read-manifest.ts";
import type { Manifest, ManifestState } from "../../store/manifest/schema.ts";
import { StateIndex } from "../../store/manifest/state-index.ts";
import type { ChangeOptions } from "../../store/manifest/update-manifest.ts";
import type { CacheOptions, PickleSessionState, RestoreMode } from "./cache-types.ts";
import { ProcessInputs } from "./lean-inputs.ts";
import { LoadedStates } from "./loaded-states.ts";

/**
 * The parts of one cache object: its folder, the manifest as last read, and what is loaded where.
 */
export class CacheHandle {
  /** Absolute: a change of the current directory changes no cache. */
  readonly workingDir: string;
  readonly lock: ChangeOptions;
  /** How states are restored. */
  readonly restore: RestoreMode;
  readonly loaded = new LoadedStates();
  readonly inputs = new ProcessInputs();
  #index: StateIndex;

  /** @throws {LeanPickleError} `cache-damaged` */
  constructor(workingDir: string, options: CacheOptions) {
    this.workingDir = workingDir;
    this.lock = options;
    this.restore = options.restore ?? "auto";
    checkFolders(workingDir);
    this.#index = new StateIndex(readManifest(workingDir));
  }

  /** Whether Lean is given what somebody else could have written. */
  get trust(): boolean {
    return this.lock.trust ?? false;
  }

  /** The states of the manifest as last read or written. */
  get index(): StateIndex {
    return this.#index;
  }

  /** Takes a manifest that was just written, or reads the one there is. */
  refresh(manifest: Manifest = readManifest(this.workingDir)): void {
    this.#index = new StateIndex(manifest);
  }

  /** A state as the cache hands it out. */
  stateOf(entry: ManifestState): PickleSessionState {
    const { sessionId, isProofState } = entry;
    const replId = this.loaded.last(sessionId);
    const pickleFile = picklePath(this.workingDir, entry);
    return { sessionId, replId, isProofState, pickleFile, entry };
  }
}
