/** Restoring states, whichever way leads to them. */
import type { ReplConnection, ReplLaunch, RunOptions } from "../../repl/connection.ts";
import { ReplTimeoutError } from "../../repl/errors.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { endBehind, mayBeOfOthers } from "../restarting-server.ts";
import type { CacheHandle } from "../state/cache-handle.ts";
import type { RestoreMode } from "../state/cache-types.ts";
import { MAX_IMPORTS } from "../state/loaded-states.ts";
import type { StepOptions } from "../steps/run-steps.ts";
import { restoreByPickle } from "./by-pickle.ts";
import { restoreByRecipe } from "./by-recipe.ts";
import { chooseWays, headerOf, importsOf, type Way } from "./choose-ways.ts";
import type { PlannedState } from "./plan-restore.ts";
import { judge, type NotRestored, type Restoring } from "./verdict.ts";

/** Where states are restored: a `RestartingServer`, or a connection that the caller has opened. */
export interface RestoreHost {
  readonly launch: ReplLaunch;
  /** The process that is alive, of a host that may end it. */
  readonly current?: ReplConnection | undefined;
  /** Lets that process end when its work is done, and begins another. */
  retire?(): Promise<void>;
  /** Does a piece of work, and again in the next process if the first ended for other reasons. */
  run<T>(work: (server: ReplConnection) => Promise<T>): Promise<T>;
}

/** How states are restored. */
export interface RestoreOptions extends RunOptions {
  /** By recipe or by pickle; as the cache says by default. */
  restore?: RestoreMode | undefined;
  /**
   * The time that all requests for one state may take together, in seconds; no limit by default.
   */
  timeoutPerState?: number | undefined;
  /** Called with a warning about a restored state: a sentence. */
  onWarning?: ((state: ManifestState, sentence: string) => void) | undefined;
}

/** The result of restoring a state, and the time that it took in milliseconds. */
export interface Outcome {
  restoring: Restoring;
  elapsedMs: number;
  /** Whether the way that was tried first led to it. */
  isAsPlanned: boolean;
}

/** Restores states, and remembers which steps cannot be run again. */
export class Restorer {
  readonly #handle: CacheHandle;
  readonly #host: RestoreHost;
  readonly #options: RestoreOptions;
  /** By key: why a step fails, so that it is not tried for every state that needs it. */
  readonly #failed = new Map<string, NotRestored>();

  constructor(handle: CacheHandle, host: RestoreHost, options: RestoreOptions) {
    this.#handle = handle;
    this.#host = host;
    this.#options = options;
  }

  get #mode(): RestoreMode {
    return this.#options.restore ?? this.#handle.restore;
  }

  /** The ways to a state, as the cache or the options say. */
  plan(state: ManifestState): PlannedState {
    return { state, ...chooseWays(this.#handle.index.manifest.recipes, state, this.#mode) };
  }

  /**
   * Tries the ways to a state, in their order.
   * @throws what has nothing to do with the state: no REPL, an interruption
   */
  async restore({ state, ways }: PlannedState, isPipelined = false): Promise<Outcome> {
    const budget = new Budget(this.#options, isPipelined);
    const startedAt = performance.now();
    const failures: NotRestored[] = [];
    for (const way of ways) {
      const restoring = await this.#tryWay(state, way, budget);
      if (restoring.status === "loaded") {
        const warnings = this.#warningsOf(way, failures);
        const elapsedMs = Math.round(budget.usedMs);
        const isAsPlanned = failures.length === 0;
        return { restoring: { ...restoring, warnings }, elapsedMs, isAsPlanned };
      }
      failures.push(restoring);
      if (restoring.code === "untrusted" || budget.isUsedUp) {
        break;
      }
    }
    const elapsedMs = Math.round(performance.now() - startedAt);
    return { restoring: mostTelling(failures), elapsedMs, isAsPlanned: false };
  }

  async #tryWay(state: ManifestState, way: Way, budget: Budget): Promise<Restoring> {
    await this.#makeRoom(state, way);
    if (way.via === "pickle") {
      return await this.#host
        .run((server) => restoreByPickle(server, this.#handle, state, way, budget.options))
        .catch((error: unknown) => this.#judge(error, state, budget));
    }
    const known = way.recipe.find(([key]) => this.#failed.has(key));
    if (known) {
      return this.#failed.get(known[0]) as NotRestored;
    }
    let at = 0;
    const options: StepOptions = {
      ...budget.options,
      onStep: (step) => {
        at = step;
      },
    };
    const restoring = await this.#host
      .run((server) => restoreByRecipe(server, this.#handle, state, way.recipe, options))
      .catch((error: unknown) => this.#judge(error, state, budget));
    if (restoring.status === "failed" || restoring.status === "timeout") {
      const [key = ""] = way.recipe[at] ?? [];
      this.#failed.set(key, restoring);
    }
    return restoring;
  }

  /** Starts a new process if the present one is full of imports and a way needs another import. */
  async #makeRoom(state: ManifestState, way: Way): Promise<void> {
    const { current, retire } = this.#host;
    if (!current || !retire) {
      return;
    }
    const { headers, steps, imports } = this.#handle.loaded.in(current.process);
    if (imports < MAX_IMPORTS) {
      return;
    }
    let isShared: boolean;
    if (way.via === "recipe") {
      const [header = null] = headerOf(way.recipe, state) ?? [];
      isShared = header === "" || headers.has(header ?? "") || steps.has(way.recipe[0]?.[0] ?? "");
    } else {
      isShared = way.onto !== null && headers.has(importsOf(state));
    }
    if (!isShared) {
      await this.#host.retire?.();
    }
  }

  #judge(error: unknown, state: ManifestState, budget: Budget): NotRestored {
    if (error instanceof OutOfTime) {
      const message = `It was not restored within ${budget.limitS} s.`;
      return { status: "timeout", message };
    }
    const end = endBehind(error);
    if (end instanceof ReplTimeoutError && end.turn === "run") {
      budget.usedMs += end.seconds * 1000;
    }
    return judge(error, state, this.#host.launch);
  }

  /** The warnings for a state that was restored this way after other ways failed. */
  #warningsOf(way: Way, failures: readonly NotRestored[]): string[] {
    const [first] = failures;
    const isAsked = this.#mode === "pickle" && !first;
    if (way.via === "pickle" && !isAsked && (first || way.lacks !== undefined)) {
      const why = first ? `${first.message} ` : "";
      const lost = way.lacks === undefined ? "" : `, which may have lost ${way.lacks}`;
      return [`${why}It was restored by its pickle${lost}.`];
    }
    return first ? [`${first.message} It was restored by its recipe.`] : [];
  }
}

/** The most telling of several failures: the last way is seldom the one that was wanted. */
function mostTelling(failures: readonly NotRestored[]): NotRestored {
  const [first, ...rest] = failures;
  if (!first) {
    throw new Error("a state without ways was restored");
  }
  const [next] = rest.filter(({ message }) => message !== first.message);
  return next ? { ...first, message: `${first.message} ${next.message}` } : first;
}

class OutOfTime extends Error {}

/**
 * The time that all requests for one state may take. Time that other states take does not count.
 */
class Budget {
  readonly limitS: number;
  usedMs = 0;
  readonly #run: RunOptions;

  constructor({ timeout, verbose, timeoutPerState }: RestoreOptions, isPipelined: boolean) {
    this.limitS = timeoutPerState ?? Number.POSITIVE_INFINITY;
    this.#run = { timeout, verbose, pipelined: isPipelined };
  }

  get isUsedUp(): boolean {
    return this.usedMs >= this.limitS * 1000;
  }

  /** Options for the interpreter of steps, each request with no more than the time that is left. */
  get options(): StepOptions {
    return {
      next: () => {
        const left = this.limitS - this.usedMs / 1000;
        if (left <= 0) {
          throw new OutOfTime();
        }
        const { timeout = left } = this.#run;
        const isLimited = Number.isFinite(left) || this.#run.timeout !== undefined;
        return { ...this.#run, ...(isLimited && { timeout: Math.min(timeout, left) }) };
      },
      onElapsed: (elapsedMs) => {
        this.usedMs += elapsedMs;
      },
    };
  }
}

/** A connection as a host. Only what its REPL cannot have done is done again. */
export function hostOf(server: ReplConnection): RestoreHost {
  return {
    launch: server.launch,
    run: async (work) => {
      try {
        await server.ready?.();
        return await work(server);
      } catch (error) {
        if (!mayBeOfOthers(error)) {
          throw error;
        }
        await server.ready?.();
        return await work(server).catch((again: unknown) => {
          throw endBehind(again)?.turn === "run" ? again : error;
        });
      }
    },
  };
}
