/** Loading states only to see whether they can be: in REPLs of their own, several at once. */
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { AutoLeanServer } from "../auto-lean-server.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { blameRepl } from "../repl-proof.ts";
import { planReload, type ReloadUnit } from "../restore/group-by-imports.ts";
import { ImportLimit } from "../restore/import-limit.ts";
import { loadUnit } from "../restore/restore-states.ts";
import { SharedBase } from "../restore/shared-imports.ts";
import type { OpenCache } from "../state/cache-handle.ts";
import type { ReloadOptions } from "../state/cache-types.ts";
import type { Verdict } from "../state/session-cache.ts";

/** How states are checked. */
export interface CheckOptions extends LeanServerOptions, Omit<ReloadOptions, "only"> {
  /** Which states. */
  states: readonly ManifestState[];
  /** How many REPLs work at once; 1 by default. */
  jobs?: number | undefined;
  /** The time that one state may take, in seconds; `timeout` by default. */
  timeoutPerState?: number | undefined;
}

/**
 * Loads states into REPLs, each with a verdict of its own; what they share is imported once, and the
 * memory does not grow with their number. `onVerdict` is called in the order of the session ids.
 */
export async function checkStates(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  open: OpenCache,
  options: CheckOptions,
): Promise<Verdict[]> {
  const { states, jobs = 1, onVerdict } = options;
  const verdicts = new InOrder(states, onVerdict);
  const units = planReload(open.index.manifest, states);
  const waiting = units.values();
  const workers = Array.from({ length: Math.min(jobs, units.length) }, async () => {
    const worker = new Worker(launch, cache, open, options);
    try {
      for (const unit of waiting) {
        await worker.load(unit, (verdict) => verdicts.add(verdict));
        verdicts.finish(unit.states);
      }
    } finally {
      await worker.close();
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

/** One REPL at a time. */
class Worker {
  readonly #launch: ReplLaunch;
  readonly #open: OpenCache;
  readonly #options: CheckOptions;
  readonly #server: AutoLeanServer;
  readonly #limit: ImportLimit;

  constructor(
    launch: ReplLaunch,
    cache: PickleSessionCache,
    open: OpenCache,
    options: CheckOptions,
  ) {
    this.#launch = launch;
    this.#open = open;
    this.#options = options;
    this.#server = new AutoLeanServer(launch, { ...options, sessionCache: cache });
    this.#limit = new ImportLimit(this.#server);
  }

  async load(unit: ReloadUnit, onVerdict: (verdict: Verdict) => void): Promise<void> {
    const { timeoutPerState, timeout, onState, verbose } = this.#options;
    const base = new SharedBase(unit.header, { timeout, verbose }, this.#limit);
    await loadUnit(this.#open, this.#server, unit, base, {
      timeout: timeoutPerState ?? timeout,
      verbose,
      onState,
      onVerdict,
      onFailure: (cause) => this.#blame(cause),
    });
  }

  /** Where what runs is no REPL, the states are not to blame. */
  async #blame(cause: unknown): Promise<void> {
    const fault = await blameRepl(this.#launch, cause, this.#options.signal);
    if (fault !== cause) {
      throw fault;
    }
  }

  async close(): Promise<void> {
    await this.#server.close();
  }
}

/** Verdicts that come in any order, told in that of the session ids. */
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
