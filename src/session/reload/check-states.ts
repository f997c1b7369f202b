/** Restoring states in new REPLs, several at once, only to check whether they can be restored. */
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { RestartingServer } from "../restarting-server.ts";
import { findUnfit } from "../restore/by-pickle.ts";
import { planRestore } from "../restore/plan-restore.ts";
import { restoreUnit } from "../restore/restore-states.ts";
import { Restorer } from "../restore/restorer.ts";
import type { CacheHandle } from "../state/cache-handle.ts";
import type { ReloadOptions, RestoreMode } from "../state/cache-types.ts";
import type { Verdict } from "../state/session-cache.ts";

/** How states are checked. */
export interface CheckOptions extends LeanServerOptions, Omit<ReloadOptions, "only"> {
  /** Which states. */
  states: readonly ManifestState[];
  /** How they are restored; as the cache says by default. */
  restore?: RestoreMode | undefined;
  /** How many REPLs work at once; 1 by default. */
  jobs?: number | undefined;
  /** The time that one state may take, in seconds; no limit but `timeout` by default. */
  timeoutPerState?: number | undefined;
}

/**
 * Restores states in REPLs, each with a verdict of its own. What they share is imported once, and
 * the memory does not grow with their number. `onVerdict` is called in the order of the session
 * ids.
 */
export async function checkStates(
  launch: ReplLaunch,
  handle: CacheHandle,
  options: CheckOptions,
): Promise<Verdict[]> {
  const { states, jobs = 1, onState, onVerdict, restore = handle.restore } = options;
  const verdicts = new InOrder(states, onVerdict);
  const units = planRestore(handle.index.manifest, states, restore);
  const waiting = units.values();
  const workers = Array.from({ length: Math.min(jobs, units.length) }, async () => {
    const servers = new RestartingServer(launch, options);
    const restorer = new Restorer(handle, servers, options);
    try {
      for (const unit of waiting) {
        await restoreUnit(handle, restorer, unit, {
          check: (state) => findUnfit(launch, handle, state),
          onState,
          onVerdict: (verdict) => verdicts.add(verdict),
        });
        verdicts.finish(unit.states.map(({ state }) => state));
      }
    } finally {
      await servers.close();
    }
  });
  const ends = await Promise.allSettled(workers);
  for (const end of ends) {
    if (end.status === "rejected") {
      throw end.reason;
    }
  }
  return verdicts.all();
}

/** Takes verdicts in any order, and reports them in the order of the session ids. */
class InOrder {
  readonly #found = new Map<number, Verdict | null>();
  readonly #ids: number[];
  readonly #tell: ((verdict: Verdict) => void) | undefined;
  #next = 0;

  constructor(states: readonly ManifestState[], tell: ((verdict: Verdict) => void) | undefined) {
    this.#ids = states.map(({ sessionId }) => sessionId).sort((a, b) => b - a);
    this.#tell = tell;
  }

  add(verdict: Verdict): void {
    this.#found.set(verdict.sessionId, verdict);
    this.#tellReady();
  }

  /** Notes that no more verdicts will come of these: one that was removed has none. */
  finish(states: readonly ManifestState[]): void {
    for (const { sessionId } of states) {
      if (!this.#found.has(sessionId)) {
        this.#found.set(sessionId, null);
      }
    }
    this.#tellReady();
  }

  all(): Verdict[] {
    return this.#ids.flatMap((id) => this.#found.get(id) ?? []);
  }

  #tellReady(): void {
    for (; this.#next < this.#ids.length; this.#next++) {
      const verdict = this.#found.get(this.#ids[this.#next] ?? 0);
      if (verdict === undefined) {
        return;
      }
      if (verdict) {
        this.#tell?.(verdict);
      }
    }
  }
}
