/** Restoring states for those that need them: all states of a unit, or one. */
import type { ReplConnection } from "../../repl/connection.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { touchPickle } from "../../store/pickles/pickle-presence.ts";
import type { CacheHandle } from "../state/cache-handle.ts";
import type { ReloadOptions } from "../state/cache-types.ts";
import { noSuchState } from "../state/names.ts";
import type { Verdict } from "../state/session-cache.ts";
import { findOtherLean, findUnfit } from "./by-pickle.ts";
import { HOW_TO_BE_FASTER, SLOW_MS } from "./how-to-be-faster.ts";
import { type PlannedState, planRestore, type RestoreUnit } from "./plan-restore.ts";
import {
  hostOf,
  type Outcome,
  type RestoreHost,
  type RestoreOptions,
  Restorer,
} from "./restorer.ts";
import { type NotRestored, type Restored, verdictOf, whyNotRestored } from "./verdict.ts";

/** How many states of a unit may be under way at once: enough for the REPL never to wait. */
const WINDOW = 12;

/** What is called while the states of a unit are restored. */
interface UnitCallbacks {
  /** Returns the verdict on a state that cannot be restored, if that is known without Lean. */
  check(state: ManifestState): Promise<NotRestored | undefined>;
  /** Called when it is the turn of a state. */
  onState?: ((state: ManifestState) => void) | undefined;
  /** Not called for a state that was removed in the meantime. */
  onVerdict(verdict: Verdict): void;
}

/**
 * Restores the states of a unit in their order. The first state runs the steps that all share;
 * after it, several requests are on their way at once.
 */
export async function restoreUnit(
  handle: CacheHandle,
  restorer: Restorer,
  { states }: RestoreUnit,
  { check, onState, onVerdict }: UnitCallbacks,
): Promise<void> {
  const begin = async (planned: PlannedState, isPipelined: boolean): Promise<Outcome> => {
    const unfit = await check(planned.state);
    return unfit
      ? { restoring: unfit, elapsedMs: 0, isAsPlanned: true }
      : await restorer.restore(planned, isPipelined);
  };
  const begun: Promise<Outcome>[] = [];
  for (const [at, planned] of states.entries()) {
    onState?.(planned.state);
    const outcome = await (begun[at] ?? begin(planned, false));
    // What the others share is there, if the planned way led to this one.
    const window = outcome.isAsPlanned ? WINDOW : 0;
    for (let next = Math.max(begun.length, at + 1); next <= at + window; next++) {
      const state = states[next];
      if (state) {
        begun[next] = begin(state, true);
        // It is awaited in its turn.
        begun[next]?.catch(() => {});
      }
    }
    const last = await followChanges(handle, planned.state, outcome, (state) =>
      begin(restorer.plan(state), false),
    );
    if (last) {
      onVerdict(verdictOf(last.state, last.outcome.restoring, last.outcome.elapsedMs));
    }
  }
}

/**
 * If a state was not restored because its pickle was replaced since the manifest was read, restores
 * it again, as often as that happens. Undefined if the state was removed.
 */
async function followChanges(
  handle: CacheHandle,
  state: ManifestState,
  outcome: Outcome,
  again: (state: ManifestState) => Promise<Outcome>,
): Promise<{ state: ManifestState; outcome: Outcome } | undefined> {
  if (outcome.restoring.status === "loaded") {
    return { state, outcome };
  }
  handle.refresh();
  const now = handle.index.byId(state.sessionId);
  if (!now || now.pickleFile === state.pickleFile) {
    return now && { state: now, outcome };
  }
  return await followChanges(handle, now, await again(now), again);
}

/** As {@link PickleSessionCache.reload}. */
export async function reloadStates(
  handle: CacheHandle,
  server: ReplConnection,
  timeoutPerState: number | undefined,
  { verbose, only, onState, onVerdict }: ReloadOptions,
): Promise<Verdict[]> {
  handle.refresh();
  const { manifest } = handle.index;
  const chosen = only && new Set(only);
  const states = manifest.states.filter(({ sessionId }) => chosen?.has(sessionId) ?? true);
  const restorer = new Restorer(handle, hostOf(server), { verbose, timeoutPerState });
  const verdicts: Verdict[] = [];
  for (const unit of planRestore(manifest, states, handle.restore)) {
    await restoreUnit(handle, restorer, unit, {
      check: (state) => findUnfit(server.launch, handle, state),
      onState,
      onVerdict(verdict) {
        verdicts.push(verdict);
        onVerdict?.(verdict);
      },
    });
  }
  return verdicts.sort((a, b) => b.sessionId - a.sessionId);
}

/**
 * Restores a state that is not loaded yet, which is a use of it.
 * @returns its id
 */
export async function restoreState(
  handle: CacheHandle,
  host: RestoreHost,
  sessionId: number,
  options: RestoreOptions,
): Promise<number> {
  const restorer = new Restorer(handle, host, options);
  const restore = async (state: ManifestState): Promise<Outcome> => {
    const unfit = findOtherLean(host.launch, state);
    return unfit
      ? { restoring: unfit, elapsedMs: 0, isAsPlanned: true }
      : await restorer.restore(restorer.plan(state));
  };
  const state = handle.index.byId(sessionId);
  const last = state && (await followChanges(handle, state, await restore(state), restore));
  if (!last) {
    throw noSuchState(sessionId);
  }
  const { restoring, elapsedMs } = last.outcome;
  if (restoring.status !== "loaded") {
    throw whyNotRestored(sessionId, restoring);
  }
  tellHow(last.state, restoring, elapsedMs, options);
  touchPickle(handle.workingDir, handle.index.byId(sessionId) ?? last.state);
  return restoring.replId;
}

function tellHow(
  state: ManifestState,
  { via, warnings }: Restored,
  elapsedMs: number,
  { onWarning }: RestoreOptions,
): void {
  for (const warning of warnings) {
    onWarning?.(state, warning);
  }
  if (via === "recipe" && elapsedMs > SLOW_MS) {
    onWarning?.(
      state,
      `Restoring it by its recipe took ${Math.round(elapsedMs / 1000)} s. ${HOW_TO_BE_FASTER}`,
    );
  }
}
