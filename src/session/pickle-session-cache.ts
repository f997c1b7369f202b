import { resolve } from "node:path";
import { chainTo } from "../recipe/chain.ts";
import type { RecipeStep } from "../recipe/steps.ts";
import type { LeanIdentity, ReplConnection, ReplLaunch, RunOptions } from "../repl/connection.ts";
import type { ReplRequest } from "../repl/protocol.ts";
import type { Manifest, ManifestState } from "../store/manifest/schema.ts";
import { isPickleThere } from "../store/pickles/pickle-presence.ts";
import type { Removal } from "../store/pickles/remove-states.ts";
import type { CheckOptions } from "./reload/check-states.ts";
import type { Candidate } from "./save/candidate.ts";
import type { Keeping, KeepOptions } from "./save/commit.ts";
import type { Pickled } from "./save/pickle-state.ts";
import { CacheHandle } from "./state/cache-handle.ts";
import type {
  AddAllOptions,
  AddOptions,
  CacheOptions,
  PickleSessionState,
  ReloadOptions,
} from "./state/cache-types.ts";
import { noSuchState } from "./state/names.ts";
import {
  BaseSessionCache,
  type CacheCallOptions,
  type NamesState,
  type Verdict,
} from "./state/session-cache.ts";

/**
 * A cache of pickled states in a working directory, behind one JSON manifest. Many processes may
 * use one at a time. Reads (`get`, `keys`, iteration) see the manifest as last read or written. The
 * model is LeanInteract's `PickleSessionCache`. What only some calls need is loaded by them.
 */
export class PickleSessionCache extends BaseSessionCache<PickleSessionState> {
  /** Its parts, for the modules of this program that work on them. */
  readonly handle: CacheHandle;

  /**
   * Opens a cache; a working directory without one holds no states.
   * @throws {LeanPickleError} `cache-damaged`
   */
  constructor(workingDir: string, options: CacheOptions = {}) {
    super();
    this.handle = new CacheHandle(resolve(workingDir), options);
  }

  /** The folder that holds the manifest and the pickles. */
  get workingDir(): string {
    return this.handle.workingDir;
  }

  /** Whether Lean is given what somebody else could have written. */
  get trust(): boolean {
    return this.handle.trust;
  }

  /** The manifest as last read or written. */
  get manifest(): Readonly<Manifest> {
    return this.handle.index.manifest;
  }

  /** Reads the manifest again, which other processes may have changed. */
  override refresh(): void {
    this.handle.refresh();
  }

  /**
   * Adds the state that a response names; one that the cache holds already is the answer itself.
   */
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
    const { addAll } = await import("./save/commit.ts");
    return await addAll(this.handle, server, responses, options);
  }

  /**
   * Records what Lean is for states that import these modules. Call it before the REPL imports
   * anything, so that a change during the work is noticed.
   */
  noteLean(
    server: ReplConnection,
    imports: readonly string[] | null,
    identity: Pick<LeanIdentity, "inputs" | "unknown">,
  ): void {
    this.handle.inputs.note(server, imports, identity);
  }

  /**
   * The first half of {@link add}: has the REPL pickle the state that a response names. A batch
   * uses the halves to let the REPL go on meanwhile. {@link keep} is the second half.
   */
  async pickle(
    server: ReplConnection,
    response: NamesState,
    options: RunOptions = {},
  ): Promise<Pickled> {
    const { describeState, pickleState } = await import("./save/pickle-state.ts");
    const described = await describeState(server, response, this.handle);
    return await pickleState(server, described, this.handle, options);
  }

  /** The second half of {@link add}: commits pickled states, in one change of the manifest. */
  async keep(
    candidates: readonly Candidate[],
    options: Omit<KeepOptions, "workingDir" | "lock"> & Partial<Pick<KeepOptions, "lock">>,
  ): Promise<Keeping[]> {
    const { keep } = await import("./save/commit.ts");
    return await keep(this.handle, candidates, options);
  }

  /** The state with a key, if its pickle is there and has its size. */
  lookUp(key: string): PickleSessionState | undefined {
    const entry = this.handle.index.byKey(key);
    return entry && isPickleThere(this.workingDir, entry) ? this.handle.stateOf(entry) : undefined;
  }

  /**
   * Gives states names, all in one change of the manifest or none.
   * @param names by session id
   * @throws {LeanPickleError} `name-taken`, `no-such-state`
   */
  async rename(names: ReadonlyMap<number, string>, replaceName = false): Promise<void> {
    const { renameStates } = await import("./save/rename-states.ts");
    const { workingDir, lock } = this.handle;
    this.handle.refresh(await renameStates(workingDir, lock, names, replaceName));
  }

  async remove(sessionId: number, _options: CacheCallOptions = {}): Promise<void> {
    const removal = await this.removeAll([sessionId]);
    if (removal.removed.length === 0) {
      throw noSuchState(sessionId);
    }
    throwIfLeftOver(removal);
  }

  /** Removes the named states; a name without a state is ignored. */
  async removeAll(sessionIds: readonly number[]): Promise<Removal> {
    this.refresh();
    if (!sessionIds.some((id) => this.has(id))) {
      return { removed: [], leftOver: [] };
    }
    const { removeStates } = await import("../store/pickles/remove-states.ts");
    const { lock } = this.handle;
    const { manifest, removal } = await removeStates(this.workingDir, lock, sessionIds);
    this.handle.refresh(manifest);
    return removal;
  }

  async clear(_options: CacheCallOptions = {}): Promise<void> {
    this.refresh();
    throwIfLeftOver(await this.removeAll([...this.keys()]));
  }

  /**
   * Restores states in a REPL one by one, with a verdict on each. With a server that starts anew, a
   * state that kills the REPL costs no other state. Nothing is written.
   */
  async reload(
    server: ReplConnection,
    timeoutPerState?: number,
    options: ReloadOptions = {},
  ): Promise<Verdict[]> {
    const { reloadStates } = await import("./restore/restore-states.ts");
    return await reloadStates(this.handle, server, timeoutPerState, options);
  }

  /**
   * Restores states in new REPLs, several at once if wanted, only to check whether they can be
   * restored. Memory does not grow with the number of states, and nothing is written.
   */
  async check(launch: ReplLaunch, options: CheckOptions): Promise<Verdict[]> {
    const { checkStates } = await import("./reload/check-states.ts");
    return await checkStates(launch, this.handle, options);
  }

  override async load(
    sessionId: number,
    server: ReplConnection,
    timeoutPerState?: number,
    { verbose }: CacheCallOptions = {},
  ): Promise<number> {
    const known = this.getReplId(sessionId, server);
    if (known !== undefined) {
      return known;
    }
    const { restoreState } = await import("./restore/restore-states.ts");
    const { hostOf } = await import("./restore/restorer.ts");
    const options = { verbose, timeoutPerState };
    return await restoreState(this.handle, hostOf(server), sessionId, options);
  }

  getReplId(sessionId: number, server: ReplConnection): number | undefined {
    return this.has(sessionId) ? this.handle.loaded.get(server, sessionId) : undefined;
  }

  isEmpty(): boolean {
    return this.manifest.states.length === 0;
  }

  get(sessionId: number): PickleSessionState | undefined {
    const entry = this.handle.index.byId(sessionId);
    return entry && this.handle.stateOf(entry);
  }

  /**
   * The state that a reference names: a session id, else a name, else at least 7 characters of a
   * key. Undefined if there is none.
   * @throws {LeanPickleError} `ambiguous-state`
   */
  find(reference: string): PickleSessionState | undefined {
    const entry = this.handle.index.find(reference);
    return entry && this.handle.stateOf(entry);
  }

  /** The steps that lead from nothing to a state; undefined if they are not all known. */
  recipe({ key }: ManifestState): RecipeStep[] | undefined {
    return chainTo(this.manifest.recipes, key)?.map(([, { step }]) => step);
  }

  keys(): IterableIterator<number> {
    return this.manifest.states.map(({ sessionId }) => sessionId).values();
  }

  [Symbol.iterator](): IterableIterator<PickleSessionState> {
    return this.manifest.states.map((entry) => this.handle.stateOf(entry)).values();
  }
}

function throwIfLeftOver({ leftOver: [first] }: Removal): void {
  if (first) {
    throw first.error;
  }
}
