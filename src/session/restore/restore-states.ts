/** Loading states of a cache into a REPL. */
import type { ReplConnection, RunOptions } from "../../repl/connection.ts";
import { type ManifestState, recipesOf } from "../../store/manifest/schema.ts";
import { touchPickle } from "../../store/pickles/pickle-presence.ts";
import type { OpenCache } from "../state/cache-handle.ts";
import type { ReloadOptions } from "../state/cache-types.ts";
import type { Verdict } from "../state/session-cache.ts";
import { unpickle } from "./by-pickle.ts";
import { planReload, type ReloadUnit } from "./group-by-imports.ts";
import { LookAhead } from "./look-ahead.ts";
import { SharedBase } from "./shared-imports.ts";
import { type Early, unpickleEarly } from "./unpickle-early.ts";
import { noSuchState, type Unpickled, verdictOf, whyNotLoaded } from "./verdicts.ts";

/** As {@link PickleSessionCache.reload}. */
export async function reloadStates(
  open: OpenCache,
  server: ReplConnection,
  timeoutPerState: number | undefined,
  { verbose, only, onState, onVerdict }: ReloadOptions,
): Promise<Verdict[]> {
  open.refresh();
  const { manifest } = open.index;
  const chosen = only && new Set(only);
  const states = manifest.states.filter(({ sessionId }) => chosen?.has(sessionId) ?? true);
  const verdicts: Verdict[] = [];
  for (const unit of planReload(manifest, states)) {
    const base = new SharedBase(unit.header, { verbose });
    await loadUnit(open, server, unit, base, {
      timeout: timeoutPerState,
      verbose,
      onState,
      onVerdict(verdict) {
        verdicts.push(verdict);
        onVerdict?.(verdict);
      },
    });
  }
  return verdicts.sort((a, b) => b.sessionId - a.sessionId);
}

/** How the states of a unit are loaded. */
interface LoadUnitOptions extends RunOptions, Pick<ReloadOptions, "onState"> {
  /** Not called for a state that was removed in the meantime. */
  onVerdict(verdict: Verdict): void;
  /** Called before a state that failed gets its verdict, with what it failed of. */
  onFailure?: ((cause: unknown) => Promise<void>) | undefined;
}

/** Loads the states of a unit in their order, each with a verdict of its own. */
export async function loadUnit(
  open: OpenCache,
  server: ReplConnection,
  { states }: ReloadUnit,
  base: SharedBase,
  { onState, onVerdict, onFailure, ...options }: LoadUnitOptions,
): Promise<void> {
  const lookAhead = new LookAhead(states, (state) =>
    unpickleEarly(server, open, state, options, base),
  );
  for (const state of states) {
    onState?.(state);
    const { early, elapsedMs } = await lookAhead.take(base.provenIn(server) !== undefined);
    const startedAt = performance.now();
    const unpickled = await unpickleState(open, server, state, options, base, early);
    if (unpickled && "cause" in unpickled) {
      await onFailure?.(unpickled.cause);
    }
    if (unpickled) {
      const ownMs = elapsedMs + performance.now() - startedAt;
      onVerdict(verdictOf(state, unpickled, Math.round(ownMs)));
    }
  }
}

/** Loads a state that is not loaded yet, which is a use of it, and resolves to its id. */
export async function loadState(
  open: OpenCache,
  server: ReplConnection,
  sessionId: number,
  options: RunOptions,
): Promise<number> {
  const state = open.index.byId(sessionId);
  const unpickled = state && (await unpickleState(open, server, state, options));
  if (!unpickled) {
    throw noSuchState(sessionId);
  }
  if (unpickled.status === "loaded") {
    touchPickle(open.workingDir, open.index.byId(sessionId) ?? state);
    return unpickled.replId;
  }
  throw whyNotLoaded(sessionId, unpickled);
}

/** Undefined for a state that is gone: pickles are not locked while they are loaded. */
async function unpickleState(
  open: OpenCache,
  server: ReplConnection,
  state: ManifestState,
  options: RunOptions,
  base?: SharedBase,
  early?: Early,
): Promise<Unpickled | undefined> {
  const unpickled =
    typeof early === "object"
      ? early
      : await unpickle(server, open, state, options, base, early !== undefined);
  if (unpickled.status === "loaded") {
    const recipes = { steps: recipesOf(open.index.manifest, state.key) };
    open.loaded.set(unpickled.process, state, unpickled.replId, recipes);
    return unpickled;
  }
  // It may have been removed, or made again in another file, since the manifest was read.
  open.refresh();
  const now = open.index.byId(state.sessionId);
  return now && now.pickleFile !== state.pickleFile
    ? await unpickleState(open, server, now, options, base)
    : now && unpickled;
}
