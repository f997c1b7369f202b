/** Making the states of one line of a batch, in a REPL that many lines share. */
import { LeanPickleError } from "../../errors.ts";
import { splitHeader } from "../../recipe/import-header.ts";
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import type { LeanServer } from "../../repl/lean-server.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { Addition } from "../add/addition.ts";
import { nameAt } from "../add/hits.ts";
import { type AdditionPlan, planInDoubt } from "../add/plan-addition.ts";
import { type AdditionRun, runAddition } from "../add/run-addition.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { blameRepl, endBehind, RestartingServer } from "../restarting-server.ts";
import { type Candidate, discardPickles } from "../save/candidate.ts";
import type { RestoreMode } from "../state/cache-types.ts";
import { MAX_IMPORTS } from "../state/loaded-states.ts";
import type { Start } from "../steps/run-steps.ts";
import type { BatchItem } from "./batch-item.ts";
import { MAX_UNSEALED } from "./group-commit.ts";
import type { BatchBase } from "./line-names.ts";
import type { Slot } from "./outcomes-in-order.ts";

/** How lines are run. */
export interface LineMakerOptions extends LeanServerOptions {
  /** How bases are restored; as the cache says by default. */
  restore?: RestoreMode | undefined;
  /** The time that restoring one base may take, in seconds; no limit but `timeout` by default. */
  timeoutPerState?: number | undefined;
  /** Called before Lean does something, with what. */
  onStep?: ((what: string) => void) | undefined;
  /** Called with what a person has to know of a base that was restored: a sentence. */
  onWarning?: ((state: ManifestState, sentence: string) => void) | undefined;
}

/** A line that Lean has to run. */
export interface LineJob {
  slot: Slot;
  addition: Omit<Addition, "base"> & Pick<BatchItem, "name" | "line">;
  base: BatchBase | undefined;
  plan: AdditionPlan;
  /** Resolves when the lines before have handed their states over to be committed. */
  before: Promise<void>;
  /** The process in which it was begun last. */
  server?: LeanServer;
}

/** What a line has led to: pickled, and not committed yet. */
export interface Made extends Omit<AdditionRun, "reached"> {
  candidates: Candidate[];
  unknown: string[];
  /** Whether the remote had its states. */
  from?: "remote";
}

/** Makes the states of lines. Several lines may be under way. */
export class LineMaker {
  readonly #launch: ReplLaunch;
  readonly #cache: PickleSessionCache;
  readonly #flush: () => Promise<void>;
  readonly #options: LineMakerOptions;
  readonly #servers: RestartingServer;
  /** How many lines were begun in a process. */
  readonly #begun = new WeakMap<LeanServer, number>();

  /** @param flush commits the states that were handed over */
  constructor(
    launch: ReplLaunch,
    cache: PickleSessionCache,
    flush: () => Promise<void>,
    options: LineMakerOptions,
  ) {
    this.#launch = launch;
    this.#cache = cache;
    this.#flush = flush;
    this.#options = options;
    this.#servers = new RestartingServer(launch, options);
  }

  /**
   * Runs a line and pickles what it leads to: all of it, or nothing.
   * @throws what the line alone would throw, and what concerns every line
   */
  async make(job: LineJob): Promise<Made> {
    const { line } = job.addition;
    if (line !== undefined) {
      this.#options.onStep?.(`Running line ${line}`);
    }
    await this.#makeRoomFor(job);
    try {
      return await this.#makeBy(this.#servers, job).catch((error: unknown) =>
        this.#makeAlone(job, error),
      );
    } catch (error) {
      throw await blameRepl(this.#launch, error, this.#options.signal);
    }
  }

  /** Ends the REPL. */
  async close(): Promise<void> {
    await this.#servers.close();
  }

  async #makeBy(servers: RestartingServer, job: LineJob): Promise<Made> {
    const { base } = job;
    for (;;) {
      await this.#restoreBase(servers, job);
      const made = await servers.run(async (server) => {
        const start = base && this.#startOn(server, base);
        if (base && !start) {
          return undefined;
        }
        job.server = server;
        this.#begun.set(server, (this.#begun.get(server) ?? 0) + 1);
        return await this.#makeIn(server, job, start);
      }, "unsent");
      if (made) {
        return made;
      }
    }
  }

  /**
   * Runs a line again if its REPL ended and other lines ran in it: what they left there may be to
   * blame. In a REPL of its own, the line shows what it does itself.
   */
  async #makeAlone(job: LineJob, error: unknown): Promise<Made> {
    const end = endBehind(error);
    const hadOthers = job.server !== undefined && (this.#begun.get(job.server) ?? 0) > 1;
    const isOver =
      this.#options.signal?.aborted || end?.code === "closed" || end?.code === "timeout";
    if (!end || !hadOthers || isOver) {
      throw error;
    }
    const alone = new RestartingServer(this.#launch, this.#options);
    try {
      return await this.#makeBy(alone, job);
    } finally {
      await alone.close();
    }
  }

  /** Ends a REPL that holds as many imports as it may, if a line needs another one. */
  async #makeRoomFor({ base, plan }: LineJob): Promise<void> {
    const { current } = this.#servers;
    const [first] = plan.steps;
    if (base || !current || !first || !("cmd" in first.step)) {
      return;
    }
    const { imports, headers } = this.#cache.handle.loaded.in(current);
    const header = splitHeader(first.step.cmd)?.header;
    const isShared = header !== undefined && headers.has(header);
    if (imports >= MAX_IMPORTS && !isShared && header !== "") {
      await this.#servers.retire();
    }
  }

  /** Restores the base of a line, unless the REPL has it. */
  async #restoreBase(servers: RestartingServer, { base, before }: LineJob): Promise<void> {
    const { current } = servers;
    if (!base || (current && this.#startOn(current, base))) {
      return;
    }
    if (!base.state) {
      // It is in no REPL any more: once it is committed, it can be restored.
      await before;
      await this.#flush();
    }
    const { state } = base;
    if (!state) {
      throw new LeanPickleError("no-such-state", "What it builds on could not be committed.");
    }
    if (state.name !== null || this.#options.onStep) {
      this.#options.onStep?.(`Restoring ${state.name ?? state.sessionId}`);
    }
    const { restoreState } = await import("../restore/restore-states.ts");
    await restoreState(this.#cache.handle, servers, state.sessionId, this.#options);
  }

  /** Where a base is in a process; undefined if it is not there. */
  #startOn(server: LeanServer, { pickled, state }: BatchBase): Start | undefined {
    const { loaded } = this.#cache.handle;
    if (pickled?.at?.process === server.process) {
      const kind = pickled.kind === "environment" ? "env" : "proofState";
      return loaded.startOn(server, { kind, id: pickled.at.replId });
    }
    const id = state && loaded.get(server, state.sessionId);
    const kind = state?.isProofState ? "proofState" : "env";
    return id === undefined ? undefined : loaded.startOn(server, { kind, id });
  }

  async #makeIn(server: LeanServer, job: LineJob, start: Start | undefined): Promise<Made> {
    const { addition } = job;
    const lacks = start?.origin?.lacks;
    const why = `its base was restored by its pickle, which may have lost ${lacks}`;
    const base = job.base?.plan;
    const plan = lacks === undefined ? job.plan : planInDoubt({ ...addition, base }, job.plan, why);
    this.#cache.noteLean(server, plan.imports, job.plan);
    const { line } = addition;
    const options = {
      pipelined: true,
      ...(line === undefined
        ? { onStep: (what: string) => this.#options.onStep?.(what) }
        : { within: `line ${line}, ` }),
    };
    const { loaded } = this.#cache.handle;
    const { reached, ...told } = await runAddition(server, loaded, addition, plan, start, options);
    const candidates: Candidate[] = [];
    try {
      for (const [index, { kind, id }] of reached.entries()) {
        const named = kind === "env" ? { env: id } : { proofState: id };
        const pickled = await this.#cache.pickle(server, named, { pipelined: true });
        candidates.push({ pickled, name: nameAt(addition, addition.name, index) });
        await candidates.at(-MAX_UNSEALED)?.pickled.sealed.catch(() => {});
      }
    } catch (error) {
      await discardPickles(candidates);
      throw error;
    }
    return { candidates, unknown: plan.unknown, ...told };
  }
}
