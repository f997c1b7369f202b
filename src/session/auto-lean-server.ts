import { LeanPickleError } from "../errors.ts";
import type {
  LeanServerOptions,
  ReplConnection,
  ReplLaunch,
  RunOptions,
} from "../repl/connection.ts";
import type { IdKind, Making, ReplId } from "../repl/id-history.ts";
import type { LeanServer } from "../repl/lean-server.ts";
import {
  type AnswerTo,
  type CommandAnswer,
  isErrorAnswer,
  type ReplAnswer,
  type ReplRequest,
} from "../repl/protocol.ts";
import { PickleSessionCache } from "./pickle-session-cache.ts";
import { RestartingServer } from "./restarting-server.ts";
import { noSuchState } from "./state/names.ts";
import type { BaseSessionCache } from "./state/session-cache.ts";

/** How an {@link AutoLeanServer} works. */
export interface AutoLeanServerOptions<C extends BaseSessionCache = BaseSessionCache>
  extends LeanServerOptions {
  /** The cache of states; a `PickleSessionCache` in the current directory by default. */
  sessionCache?: C | undefined;
  /** The time that loading one state may take, in seconds; `timeout` by default. */
  timeoutPerState?: number | undefined;
}

/** How one request is run. */
export interface AutoRunOptions extends RunOptions {
  /**
   * Whether the state that the answer names is added to the cache: the answer then has its session
   * id.
   */
  addToSessionCache?: boolean | undefined;
}

/** The ids that a request may have. */
type ReplIds = Partial<Record<IdKind, unknown>>;

/**
 * A REPL that starts anew after a crash, a timeout or too much memory, and goes on with its cache:
 * a negative `env` or `proofState` is a session id, and its state is restored when it is first
 * used. The model is LeanInteract's `AutoLeanServer`.
 *
 * If the REPL ends during a request, that request is never sent again: it may have been the cause.
 * Ids count on from one process to the next, so that an id of a process that has ended is an error
 * (`stale-id`) and never another state.
 */
export class AutoLeanServer<C extends BaseSessionCache = PickleSessionCache>
  implements ReplConnection
{
  readonly launch: ReplLaunch;
  /** The states that outlive the processes. */
  readonly sessionCache: C;
  readonly #options: AutoLeanServerOptions<C>;
  readonly #servers: RestartingServer;
  /** The first ids of each process. */
  readonly #offsets = new WeakMap<LeanServer, Record<IdKind, number>>();
  /** The first ids that no process has given out yet. */
  readonly #next: Record<IdKind, number> = { env: 0, proofState: 0 };
  /** The states that are being loaded, by session id. */
  readonly #loading = new Map<number, Promise<number | undefined>>();

  constructor(launch: ReplLaunch, options: AutoLeanServerOptions<C> = {}) {
    this.launch = launch;
    this.#options = options;
    // An id is valid until its process ends by itself: there may be any number of commands.
    this.#servers = new RestartingServer(launch, options, Number.POSITIVE_INFINITY);
    // If none is given, C is what it is by default.
    this.sessionCache =
      options.sessionCache ?? (new PickleSessionCache(process.cwd()) as BaseSessionCache as C);
  }

  /** Whether there is a process now; there is none before the first request. */
  get isAlive(): boolean {
    return this.#servers.current !== undefined;
  }

  get options(): LeanServerOptions {
    return this.#options;
  }

  get process(): object {
    // Between two processes no id is valid: a new object has no ids.
    return this.#servers.current ?? {};
  }

  get startedAt(): number {
    return this.#servers.current?.startedAt ?? 0;
  }

  async ready(): Promise<void> {
    await this.#servers.run(async () => {}, "unsent");
  }

  madeBy({ kind, id }: ReplId): Making | undefined {
    const server = this.#servers.current;
    const offset = server && this.#offsetOf(server);
    if (!offset || id < offset[kind]) {
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
    await this.#servers.restart();
  }

  /** Ends the REPL for good. The cache stays as it is. */
  async close(): Promise<void> {
    await this.#servers.close();
  }

  /** Runs a request on the process that is alive when its turn comes. */
  async #runOnLive(request: ReplRequest, options: AutoRunOptions): Promise<ReplAnswer> {
    // A request is pipelined for the process that it was made for.
    const repeat = options.pipelined ? "never" : "unsent";
    for (;;) {
      const loaded = await this.#loadSessionIds(request, options);
      const answer = await this.#servers.run(async (server) => {
        const offset = this.#offsetOf(server);
        if (loaded.some(({ kind, id }) => id < offset[kind])) {
          // The process that they were loaded into has ended in between.
          return undefined;
        }
        const ids = Object.fromEntries(loaded.map(({ kind, id }) => [kind, id]));
        const raw = mapIds({ ...request, ...ids }, (kind, id) => toRawId(offset, kind, id));
        return this.#countOn(await server.run(raw, options), offset);
      }, repeat);
      if (answer) {
        return answer;
      }
    }
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
      const message = `State ${sessionId} could not be restored in the REPL.`;
      throw new LeanPickleError("not-loaded", message);
    }
    return replId;
  }

  /** Several requests for one state wait for the same loading of it. */
  async #loadOnce(sessionId: number, verbose: boolean | undefined): Promise<number | undefined> {
    const loading =
      this.#loading.get(sessionId) ??
      this.sessionCache
        .load(sessionId, this, this.#options.timeoutPerState, { verbose })
        .finally(() => this.#loading.delete(sessionId));
    this.#loading.set(sessionId, loading);
    return await loading;
  }

  /** Whether an id was given out by the process that is alive. */
  #isValid(kind: IdKind, id: number): boolean {
    const server = this.#servers.current;
    return server !== undefined && id >= this.#offsetOf(server)[kind];
  }

  /** The first ids of a process: no other process has given them out before. */
  #offsetOf(server: LeanServer): Record<IdKind, number> {
    const offset = this.#offsets.get(server) ?? { ...this.#next };
    this.#offsets.set(server, offset);
    return offset;
  }

  /** The answer with ids that no process has given out before. */
  #countOn(answer: ReplAnswer, offset: Record<IdKind, number>): ReplAnswer {
    return mapIds(answer, (kind, id) => {
      const unique = id + offset[kind];
      this.#next[kind] = Math.max(this.#next[kind], unique + 1);
      return unique;
    });
  }
}

/**
 * The id that the process which is alive knows, from one that counts on over all processes.
 * @param offset the first ids of that process
 * @throws {LeanPickleError} `stale-id` for an id of a process that has ended
 */
function toRawId(offset: Record<IdKind, number>, kind: IdKind, id: number): number {
  if (id < offset[kind]) {
    const message = `${kind} ${id} belonged to a REPL that has ended.`;
    throw new LeanPickleError("stale-id", message, {
      hint: "Keep a state with addToSessionCache, and use its session id.",
    });
  }
  return id - offset[kind];
}

/** A request or an answer with each id of the REPL in it replaced, those of its sorries too. */
function mapIds<M extends object>(message: M, map: (kind: IdKind, id: number) => number): M {
  const mapped = { ...message } as Record<string, unknown>;
  for (const kind of ["env", "proofState"] as const) {
    if (typeof mapped[kind] === "number") {
      mapped[kind] = map(kind, mapped[kind]);
    }
  }
  for (const list of ["sorries", "tactics"] as const) {
    const parts = (message as Partial<CommandAnswer>)[list];
    if (Array.isArray(parts)) {
      mapped[list] = parts.map((part) =>
        part.proofState === undefined
          ? part
          : { ...part, proofState: map("proofState", part.proofState) },
      );
    }
  }
  return mapped as M;
}
