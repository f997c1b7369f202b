/** Loading states of a cache into a REPL. */
import type { ReplConnection, RunOptions } from "../repl/connection.ts";
import { type ManifestState, recipesOf } from "../store/manifest.ts";
import type { OpenCache } from "./open-cache.ts";
import type { ReloadOptions } from "./pickle-session-state.ts";
import type { Verdict } from "./session-cache.ts";
import { unpickle } from "./unpickle.ts";
import { noSuchState, type Unpickled, verdictOf, whyNotLoaded } from "./verdicts.ts";

/** As {@link PickleSessionCache.reload}. */
export async function reloadStates(
  open: OpenCache,
  server: ReplConnection,
  timeoutPerState: number | undefined,
  { verbose, only, onState, onVerdict }: ReloadOptions,
): Promise<Verdict[]> {
  open.refresh();
  const { states } = open.index.manifest;
  const chosen = only && new Set(only);
  const verdicts: Verdict[] = [];
  for (const state of states.filter(({ sessionId }) => chosen?.has(sessionId) ?? true)) {
    onState?.(state);
    const startedAt = performance.now();
    const unpickled = await unpickleState(open, server, state, {
      timeout: timeoutPerState,
      verbose,
    });
    // One that was removed in the meantime has no verdict.
    if (unpickled) {
      const verdict = verdictOf(state, unpickled, Math.round(performance.now() - startedAt));
      verdicts.push(verdict);
      onVerdict?.(verdict);
    }
  }
  return verdicts;
}

/** Loads a state that is not loaded yet, and resolves to its id. */
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
): Promise<Unpickled | undefined> {
  const unpickled = await unpickle(server, open.workingDir, state, options);
  if (unpickled.status === "loaded") {
    const recipes = { steps: recipesOf(open.index.manifest, state.key) };
    open.loaded.set(unpickled.process, state, unpickled.replId, recipes);
    return unpickled;
  }
  // It may have been removed, or made again in another file, since the manifest was read.
  open.refresh();
  const now = open.index.byId(state.sessionId);
  return now && now.pickleFile !== state.pickleFile
    ? await unpickleState(open, server, now, options)
    : now && unpickled;
}
