import { resolve } from "node:path";
import type { RecipeStep } from "../recipe/steps.ts";
import type { ReplConnection, RunOptions } from "../repl/connection.ts";
import type { ReplRequest } from "../repl/protocol.ts";
import { picklePath } from "../store/layout.ts";
import type { LockOptions } from "../store/lock.ts";
import { type Manifest, type ManifestState, recipeChain, recipesOf } from "../store/manifest.ts";
import { readManifest } from "../store/manifest-file.ts";
import { findState } from "../store/references.ts";
import type { Removal } from "../store/removal.ts";
import { LoadedStates } from "./loaded-states.ts";
import { checkNames } from "./names.ts";
import type {
  AddAllOptions,
  AddOptions,
  PickleSessionState,
  ReloadOptions,
} from "./pickle-session-state.ts";
import {
  BaseSessionCache,
  type CacheCallOptions,
  type NamesState,
  type Verdict,
} from "./session-cache.ts";
import { noSuchState, type Unpickled, verdictOf, whyNotLoaded } from "./verdicts.ts";

/**
 * A cache of pickled states in a working directory, behind one JSON manifest. Many processes may
 * use one at a time. Reads (`get`, `keys`, iteration) see the manifest as last read or written.
 *
 * The model is LeanInteract's `PickleSessionCache`; here the index survives the process, each state
 * has a file of its own, and one bad state costs no other. What only some calls need is loaded by
 * them: to list a cache, no machinery is started to write one.
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
    // Absolute: a change of the current directory changes no cache.
    this.workingDir = resolve(workingDir);
    this.#options = options;
    this.#manifest = readManifest(this.workingDir);
  }

  /** Reads the manifest again, which other processes may have changed. */
  override refresh(): void {
    this.#manifest = readManifest(this.workingDir);
  }

  /** Checks that states can be given these names now; throws `usage` or `name-taken`. */
  checkNames(names: readonly (string | null)[], replaceName = false): void {
    this.refresh();
    checkNames(this.#manifest, names, replaceName);
  }

  async add(
    server: ReplConnection,
    _request: ReplRequest,
    response: NamesState,
    { name, ...options }: AddOptions = {},
  ): Promise<number> {
    const [state] = await this.addAll(server, [response], { ...options, names: [name ?? null] });
    return (state as ManifestState).sessionId;
  }

  /**
   * Pickles the states that several responses name, and adds all of them in one change of the
   * manifest, or none.
   */
  async addAll(
    server: ReplConnection,
    responses: readonly NamesState[],
    options: AddAllOptions = {},
  ): Promise<ManifestState[]> {
    const { process } = server;
    // Also for states without names: a damaged manifest is noticed before anything is pickled.
    this.checkNames(options.names ?? [], options.replaceName);
    const { addStates } = await import("./pickling.ts");
    const { manifest, added } = await addStates(server, responses, options, {
      workingDir: this.workingDir,
      lock: this.#options,
      findBase: (of) => this.#loaded.find(server, of),
    });
    this.#manifest = manifest;
    return added.map(({ state, replId, recipes }) => {
      this.#loaded.set(process, state, replId, recipes);
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
    const chosen = new Set(only ?? this.keys());
    const verdicts: Verdict[] = [];
    for (const state of this.#manifest.states.filter(({ sessionId }) => chosen.has(sessionId))) {
      onState?.(state);
      const startedAt = performance.now();
      const unpickled = await this.#unpickle(server, state, { timeout: timeoutPerState, verbose });
      // One that was removed in the meantime has no verdict.
      if (unpickled) {
        const verdict = verdictOf(state, unpickled, Math.round(performance.now() - startedAt));
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
    const state = this.#find(sessionId);
    const unpickled = state && (await this.#unpickle(server, state, { timeout, verbose }));
    if (!unpickled) {
      throw noSuchState(sessionId);
    }
    if (unpickled.status === "loaded") {
      return unpickled.replId;
    }
    throw whyNotLoaded(sessionId, unpickled);
  }

  getReplId(sessionId: number, server: ReplConnection): number | undefined {
    return this.has(sessionId) ? this.#loaded.get(server, sessionId) : undefined;
  }

  isEmpty(): boolean {
    return this.#manifest.states.length === 0;
  }

  get(sessionId: number): PickleSessionState | undefined {
    const entry = this.#find(sessionId);
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

  /** The last step to each state, and to what it was built on, by their keys. */
  get recipes(): Readonly<Manifest["recipes"]> {
    return this.#manifest.recipes;
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

  /** Undefined for a state that is gone: pickles are not locked while they are loaded. */
  async #unpickle(
    server: ReplConnection,
    state: ManifestState,
    options: RunOptions,
  ): Promise<Unpickled | undefined> {
    const { unpickle } = await import("./unpickle.ts");
    const unpickled = await unpickle(server, this.workingDir, state, options);
    if (unpickled.status === "loaded") {
      const recipes = recipesOf(this.#manifest, state.key);
      this.#loaded.set(unpickled.process, state, unpickled.replId, recipes);
      return unpickled;
    }
    // It may have been removed, or made again in another file, since the manifest was read.
    this.refresh();
    const now = this.#find(state.sessionId);
    return now && now.pickleFile !== state.pickleFile
      ? await this.#unpickle(server, now, options)
      : now && unpickled;
  }

  #find(sessionId: number): ManifestState | undefined {
    return this.#manifest.states.find((state) => state.sessionId === sessionId);
  }
}

function throwIfLeftOver({ leftOver: [first] }: Removal): void {
  if (first) {
    throw first.error;
  }
}
