import { LeanPickleError } from "../errors.ts";
import type {
  LeanServerOptions,
  ReplConnection,
  ReplLaunch,
  RunOptions,
} from "../repl/connection.ts";
import { ReplEndedError } from "../repl/errors.ts";
import { LeanServer } from "../repl/lean-server.ts";
import type { IdKind, Making, ReplId } from "../repl/makings.ts";
import {
  type AnswerTo,
  isErrorAnswer,
  type ReplAnswer,
  type ReplRequest,
} from "../repl/protocol.ts";
import { mapIds, toRawId } from "./id-mapping.ts";
import { PickleSessionCache } from "./pickle-session-cache.ts";
import { noSuchState } from "./restore/verdicts.ts";
import type { BaseSessionCache } from "./state/session-cache.ts";

/** How an {@link AutoLeanServer} works. */
export interface AutoLeanServerOptions<C extends BaseSessionCache = BaseSessionCache>
  extends LeanServerOptions {
  /** Where states are kept; a `PickleSessionCache` in the current directory by default. */
  sessionCache?: C | undefined;
  /** The time that loading one state may take, in seconds; `timeout` by default. */
  timeoutPerState?: number | undefined;
}

/** How one request is run. */
export interface AutoRunOptions extends RunOptions {
  /** Whether the state that the answer names is kept: the answer then has its session id. */
  addToSessionCache?: boolean | undefined;
}

/** The ids that a request may have. */
type ReplIds = Partial<Record<IdKind, unknown>>;

/** One REPL process of the many that a server goes through, and where its ids begin. */
interface Incarnation {
  server: LeanServer;
  offset: Record<IdKind, number>;
}

/** How often a REPL is started for a request before which the last one ended by itself. */
const MAX_RESTARTS = 1;

/**
 * A REPL that starts anew after a crash, a timeout or too much memory, with the states of its cache
 * at hand: a negative `env` or `proofState` is a session id, and is loaded when it is first used.
 * The model is LeanInteract's `AutoLeanServer`.
 *
 * A request that was sent to a REPL that ended is never sent again, since it may have been the
 * cause. Its ids count on from one process to the next, so that an id of a process that has ended
 * is an error (`stale-id`) and never another state.
 */
export class AutoLeanServer<C extends BaseSessionCache = PickleSessionCache>
  implements ReplConnection
{
  readonly launch: ReplLaunch;
  /** The states that outlive the processes. */
  readonly sessionCache: C;
  readonly #options: AutoLeanServerOptions<C>;
  #current: Incarnation | undefined;
  /** The first ids that no process has given out yet. */
  readonly #next: Record<IdKind, number> = { env: 0, proofState: 0 };
  /** The states that are being loaded, by session id. */
  readonly #loading = new Map<number, Promise<number | undefined>>();
  #isClosed = false;

  constructor(launch: ReplLaunch, options: AutoLeanServerOptions<C> = {}) {
    this.launch = launch;
    this.#options = options;
    // Where none is given, C is what it is by default.
    this.sessionCache =
      options.sessionCache ?? (new PickleSessionCache(process.cwd()) as BaseSessionCache as C);
  }

  /** Whether there is a process now; there is none before the first request. */
  get isAlive(): boolean {
    return this.#current?.server.isAlive === true;
  }

  get process(): object {
    // Between two processes no id is valid, so it is an object that nothing is known of.
    return this.#current?.server.isAlive ? this.#current.server : {};
  }

  get startedAt(): number {
    return this.#current?.server.isAlive ? this.#current.server.startedAt : 0;
  }

  madeBy({ kind, id }: ReplId): Making | undefined {
    const { server, offset } = this.#current ?? {};
    if (!server || !offset || id < offset[kind]) {
      return undefined;
    }
    const making = server.madeBy({ kind, id: id - offset[kind] });
    if (!making || !("base" in making) || making.base === null) {
      return making;
    }
    const { base } = making;
    return { ...making, base: { kind: base.kind, id: base.id + offset[base.kind] } } as Making;
  }

  async run<R extends ReplRequest>(request: R, options: AutoRunOptions = {}): Promise<AnswerTo<R>> {
    const answer = await this.#runOnLive(request, options);
    if (!options.addToSessionCache || isErrorAnswer(answer)) {
      return answer as AnswerTo<R>;
    }
    const { verbose } = options;
    const sessionId = await this.sessionCache.add(this, request, answer, { verbose });
    const field = "proofState" in answer ? "proofState" : "env";
    return { ...answer, [field]: sessionId } as AnswerTo<R>;
  }

  /** Ends the process, and with it every id that it gave out; the next request starts another. */
  async restart(): Promise<void> {
    await this.#current?.server.close();
  }

  /** Ends the REPL for good. The cache stays as it is. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#current?.server.close();
  }

  /** Runs a request on the process that is alive when its turn comes. */
  async #runOnLive(request: ReplRequest, options: AutoRunOptions): Promise<ReplAnswer> {
    for (let restarts = 0; ; ) {
      const loaded = await this.#loadSessionIds(request, options);
      const incarnation = await this.#live();
      const { offset } = incarnation;
      if (loaded.some(({ kind, id }) => id < offset[kind])) {
        // The process that they were loaded into has ended in between.
        continue;
      }
      const ids = Object.fromEntries(loaded.map(({ kind, id }) => [kind, id]));
      const raw = mapIds({ ...request, ...ids }, (kind, id) => toRawId(offset, kind, id));
      try {
        return this.#countOn(await incarnation.server.run(raw, options), incarnation);
      } catch (error) {
        restarts += error instanceof ReplEndedError && error.turn === "next" ? 1 : 0;
        // What is pipelined is meant for the process that it was made for.
        if (options.pipelined || !this.#mayRunAgain(error) || restarts > MAX_RESTARTS) {
          throw error;
        }
      }
    }
  }

  /** Whether a request cannot have been the cause: it was never sent. */
  #mayRunAgain(error: unknown): boolean {
    const mustStop = this.#isClosed || this.#options.signal?.aborted === true;
    return error instanceof ReplEndedError && error.turn !== "run" && !mustStop;
  }

  /** Loads the states that a request names by session id into the process that is alive. */
  async #loadSessionIds(request: ReplRequest, options: AutoRunOptions): Promise<ReplId[]> {
    const loaded: ReplId[] = [];
    for (const kind of ["env", "proofState"] as const) {
      const sessionId: unknown = Object.hasOwn(request, kind) && (request as ReplIds)[kind];
      if (typeof sessionId === "number" && sessionId < 0) {
        loaded.push({ kind, id: await this.#load(kind, sessionId, options) });
      }
    }
    return loaded;
  }

  async #load(kind: IdKind, sessionId: number, { verbose }: AutoRunOptions): Promise<number> {
    const cache = this.sessionCache;
    if (!cache.has(sessionId)) {
      // Another process, or another cache on the same states, may have added it.
      cache.refresh();
    }
    const state = cache.get(sessionId);
    if (!state) {
      throw noSuchState(sessionId);
    }
    if (state.isProofState !== (kind === "proofState")) {
      const is = state.isProofState ? "a proof state" : "an environment";
      const message = `State ${sessionId} is ${is}, and cannot be given as ${kind}.`;
      throw new LeanPickleError("bad-request", message);
    }
    const known = cache.getReplId(sessionId, this);
    if (known !== undefined && this.#isValid(kind, known)) {
      return known;
    }
    const replId = await this.#loadOnce(sessionId, verbose);
    if (replId === undefined || !this.#isValid(kind, replId)) {
      const message = `State ${sessionId} could not be loaded into the REPL.`;
      throw new LeanPickleError("not-loaded", message);
    }
    return replId;
  }

  /** Several requests for one state wait for the same loading of it. */
  async #loadOnce(sessionId: number, verbose: boolean | undefined): Promise<number | undefined> {
    const timeout = this.#options.timeoutPerState ?? this.#options.timeout;
    const loading =
      this.#loading.get(sessionId) ??
      this.sessionCache
        .load(sessionId, this, timeout, { verbose })
        .finally(() => this.#loading.delete(sessionId));
    this.#loading.set(sessionId, loading);
    return await loading;
  }

  /** Whether an id was given out by the process that is alive. */
  #isValid(kind: IdKind, id: number): boolean {
    return this.#current?.server.isAlive === true && id >= this.#current.offset[kind];
  }

  /** The process that is alive, or a new one once the last one is gone: never two at a time. */
  async #live(): Promise<Incarnation> {
    while (this.#current && !this.#current.server.isAlive && !this.#isClosed) {
      const ended = this.#current;
      await ended.server.close();
      if (this.#current === ended) {
        this.#current = undefined;
      }
    }
    if (this.#isClosed) {
      throw new LeanPickleError("closed", "The server was closed.");
    }
    if (!this.#current) {
      const server = new LeanServer(this.launch, this.#options);
      this.#current = { server, offset: { ...this.#next } };
    }
    return this.#current;
  }

  /** The answer with ids that no process has given out before. */
  #countOn(answer: ReplAnswer, { offset }: Incarnation): ReplAnswer {
    return mapIds(answer, (kind, id) => {
      const unique = id + offset[kind];
      this.#next[kind] = Math.max(this.#next[kind], unique + 1);
      return unique;
    });
  }
}
