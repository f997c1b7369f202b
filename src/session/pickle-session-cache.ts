import { LeanPickleError } from "../errors.ts";
import type { RecipeStep } from "../recipe/steps.ts";
import type { ReplConnection, RunOptions } from "../repl/connection.ts";
import type { ReplAnswer, ReplRequest } from "../repl/protocol.ts";
import { picklePath } from "../store/layout.ts";
import type { LockOptions } from "../store/lock.ts";
import { type Manifest, type ManifestState, recipeChain } from "../store/manifest.ts";
import { readManifest } from "../store/manifest-file.ts";
import { findState } from "../store/references.ts";
import type { Removal } from "../store/removal.ts";
import { LoadedStates } from "./loaded-states.ts";
import { checkName } from "./names.ts";
import type { AddOptions, PickleSessionState, ReloadOptions } from "./pickle-session-state.ts";
import { BaseSessionCache, type CacheCallOptions, type Verdict } from "./session-cache.ts";
import type { Unpickled } from "./unpickle.ts";

// What only some calls need is loaded by them: listing a cache starts no machinery to write one.

/**
 * A cache of pickled states in a working directory, behind one JSON manifest. Many processes may
 * use one at a time. Reads (`get`, `keys`, iteration) see the manifest as last read or written.
 *
 * The model is LeanInteract's `PickleSessionCache`; here the index survives the process, each state
 * has a file of its own, and one bad state costs no other.
 */
export class PickleSessionCache extends BaseSessionCache<PickleSessionState> {
  /** The folder that holds the manifest and the pickles. */
  readonly workingDir: string;
  readonly #options: LockOptions;
  readonly #loaded = new LoadedStates();
  #manifest: Manifest;

  /**
   * Opens a cache; a working directory without one holds no states.
   * @throws {LeanPickleError} `cache-damaged`
   */
  constructor(workingDir: string, options: LockOptions = {}) {
    super();
    this.workingDir = workingDir;
    this.#options = options;
    this.#manifest = readManifest(workingDir);
  }

  /** Reads the manifest again, which other processes may have changed. */
  refresh(): void {
    this.#manifest = readManifest(this.workingDir);
  }

  /**
   * Checks, against the manifest as it is now, that states can be given these names.
   * @throws {LeanPickleError} `usage` for what cannot be a name, `name-taken`
   */
  checkNames(names: readonly (string | null)[], replaceName = false): void {
    this.refresh();
    for (const name of names.filter((each) => each !== null)) {
      checkName(this.#manifest, name, replaceName);
    }
  }

  async add(
    server: ReplConnection,
    _request: ReplRequest,
    response: ReplAnswer,
    options: AddOptions = {},
  ): Promise<number> {
    const [state] = await this.addAll(server, [response], options);
    return (state as ManifestState).sessionId;
  }

  /**
   * Pickles the states that several responses name, and adds all of them in one change of the
   * manifest, or none.
   */
  async addAll(
    server: ReplConnection,
    responses: readonly ReplAnswer[],
    options: AddOptions = {},
  ): Promise<ManifestState[]> {
    this.checkNames(options.names ?? [], options.replaceName);
    const { addStates } = await import("./pickling.ts");
    const { manifest, added } = await addStates(server, responses, options, {
      workingDir: this.workingDir,
      lock: this.#options,
      manifest: this.#manifest,
      findBase: (of) => this.#loaded.find(server, of, this.#manifest.states),
    });
    this.#manifest = manifest;
    return added.map(({ state, replId }) => {
      this.#loaded.set(server, state.sessionId, replId);
      return state;
    });
  }

  async remove(sessionId: number, _options: CacheCallOptions = {}): Promise<void> {
    const removal = await this.removeAll([sessionId]);
    if (removal.removed.length === 0) {
      throw noSuchState(sessionId);
    }
    throwIfLeftOver(removal);
  }

  /** Removes states: those that are there, of those that are named. */
  async removeAll(sessionIds: readonly number[]): Promise<Removal> {
    this.refresh();
    if (!sessionIds.some((id) => this.has(id))) {
      return { removed: [], leftOver: [] };
    }
    const { removeStates } = await import("../store/removal.ts");
    const { manifest, removal } = await removeStates(this.workingDir, this.#options, sessionIds);
    this.#manifest = manifest;
    return removal;
  }

  async clear(_options: CacheCallOptions = {}): Promise<void> {
    this.refresh();
    throwIfLeftOver(await this.removeAll([...this.keys()]));
  }

  /**
   * Loads states into a REPL one by one. Each has its own verdict, and none costs another: given a
   * server that starts anew, what kills the REPL is one state's. Nothing is written.
   */
  async reload(
    server: ReplConnection,
    timeoutPerState?: number,
    { verbose, only, onState, onVerdict }: ReloadOptions = {},
  ): Promise<Verdict[]> {
    this.refresh();
    const verdicts: Verdict[] = [];
    for (const state of this.#manifest.states) {
      if (only === undefined || only.includes(state.sessionId)) {
        onState?.(state);
        const verdict = await this.#check(server, state, { timeout: timeoutPerState, verbose });
        verdicts.push(verdict);
        onVerdict?.(verdict);
      }
    }
    return verdicts;
  }

  override async load(
    sessionId: number,
    server: ReplConnection,
    timeout?: number,
    { verbose }: CacheCallOptions = {},
  ): Promise<number> {
    const known = this.getReplId(sessionId, server);
    if (known !== undefined) {
      return known;
    }
    const state = this.get(sessionId)?.entry;
    if (!state) {
      throw noSuchState(sessionId);
    }
    const unpickled = await this.#unpickle(server, state, { timeout, verbose });
    if (unpickled.status === "loaded") {
      return unpickled.replId;
    }
    if (unpickled.status === "timeout") {
      throw unpickled.cause;
    }
    const message = `State ${sessionId} was not loaded (${unpickled.status}). ${unpickled.message}`;
    throw new LeanPickleError("not-loaded", message, { cause: unpickled.cause });
  }

  getReplId(sessionId: number, server: ReplConnection): number | undefined {
    return this.has(sessionId) ? this.#loaded.get(server, sessionId) : undefined;
  }

  isEmpty(): boolean {
    return this.#manifest.states.length === 0;
  }

  get(sessionId: number): PickleSessionState | undefined {
    const entry = this.#manifest.states.find((state) => state.sessionId === sessionId);
    return entry && this.#stateOf(entry);
  }

  /**
   * The state that a reference names: a session id, else a name, else at least 7 characters of a
   * key. Undefined where there is none.
   * @throws {LeanPickleError} `ambiguous-state`
   */
  find(reference: string): PickleSessionState | undefined {
    const entry = findState(this.#manifest, reference);
    return entry && this.#stateOf(entry);
  }

  /** The steps that lead from nothing to a state; undefined where they are not all known. */
  recipe({ key }: ManifestState): RecipeStep[] | undefined {
    return recipeChain(this.#manifest, key)?.map(({ step }) => step);
  }

  /** The last step of a state's recipe; undefined where it is not known. */
  lastStep({ key }: ManifestState): RecipeStep | undefined {
    return this.#manifest.recipes[key]?.step;
  }

  keys(): IterableIterator<number> {
    return this.#manifest.states.map(({ sessionId }) => sessionId).values();
  }

  [Symbol.iterator](): IterableIterator<PickleSessionState> {
    return this.#manifest.states.map((entry) => this.#stateOf(entry)).values();
  }

  #stateOf(entry: ManifestState): PickleSessionState {
    const { sessionId, isProofState } = entry;
    const replId = this.#loaded.last(sessionId);
    const pickleFile = picklePath(this.workingDir, entry);
    return { sessionId, replId, isProofState, pickleFile, entry };
  }

  async #check(
    server: ReplConnection,
    state: ManifestState,
    options: RunOptions,
  ): Promise<Verdict> {
    const { verdictOf } = await import("./unpickle.ts");
    const startedAt = performance.now();
    const unpickled = await this.#unpickle(server, state, options);
    return verdictOf(state, unpickled, Math.round(performance.now() - startedAt));
  }

  async #unpickle(
    server: ReplConnection,
    state: ManifestState,
    options: RunOptions,
  ): Promise<Unpickled> {
    const { unpickle } = await import("./unpickle.ts");
    const unpickled = await unpickle(server, this.workingDir, state, options);
    if (unpickled.status === "loaded") {
      this.#loaded.set(server, state.sessionId, unpickled.replId);
    }
    return unpickled;
  }
}

function noSuchState(sessionId: number): LeanPickleError {
  return new LeanPickleError("no-such-state", `The cache has no state ${sessionId}.`);
}

function throwIfLeftOver({ leftOver: [first] }: Removal): void {
  if (first) {
    throw first.error;
  }
}
