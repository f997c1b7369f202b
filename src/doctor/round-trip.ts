/** The proof that a REPL works: a proof state goes into a pickle and comes back in another process. */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isSystemError, LeanPickleError } from "../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../repl/connection.ts";
import { LeanServer } from "../repl/lean-server.ts";
import { type AnswerTo, errorMessages, isErrorAnswer, type ReplRequest } from "../repl/protocol.ts";
import { HEADER_BYTES, type OleanHeader, parseOleanHeader } from "../store/pickles/olean-header.ts";

/**
 * The steps, in order. `start`: the process and what it imports by itself, up to its first answer;
 * `command`: a theorem with a `sorry` in it, on that; `pickle`: the proof state at the `sorry`;
 * `unpickle`: in another process, its start included; `tactic`: the proof, to its end.
 */
export const ROUND_TRIP_STEPS = ["start", "command", "pickle", "unpickle", "tactic"] as const;

export type RoundTripStep = (typeof ROUND_TRIP_STEPS)[number];

/** A step that is done, and how long it took, in milliseconds. */
export interface TimedStep<S extends string = string> {
  step: S;
  elapsedMs: number;
}

/** How a round trip went. */
export interface RoundTrip {
  /** The steps that went well, in order, and how long each took. */
  steps: TimedStep<RoundTripStep>[];
  /** What the header of the pickle says of Lean; null where it was not written or is not known. */
  header: OleanHeader | null;
  /** The step that went wrong, and why: then those after it were not taken. */
  failed?: { step: RoundTripStep; error: Error };
}

/** How a round trip is made. `timeout` is that of each request, in seconds. */
export interface RoundTripOptions extends LeanServerOptions {
  /** Told each step as it begins. */
  onStep?: ((step: RoundTripStep) => void) | undefined;
}

/** Code for any Lean since v4.3.0, without an import: what is not in it is not what is proved. */
const FIRST = "def leanPickleRoundTrip : Nat := 1";
const THEOREM = "theorem lean_pickle_round_trip (p : Prop) (h : p) : p := by sorry";
const TACTIC = "exact h";

/**
 * Tries a REPL out, in a temporary directory that is gone afterwards, as its processes are. That it
 * does not work is a result, and no exception.
 * @throws the reason of `signal` where that is aborted
 */
export async function roundTrip(
  launch: ReplLaunch,
  options: RoundTripOptions = {},
): Promise<RoundTrip> {
  const done = await new Trip(launch, options).make();
  options.signal?.throwIfAborted();
  return done;
}

class Trip {
  readonly #launch: ReplLaunch;
  readonly #options: RoundTripOptions;
  readonly #done: RoundTrip = { steps: [], header: null };
  #step: RoundTripStep = "start";
  #server: LeanServer | undefined;

  constructor(launch: ReplLaunch, options: RoundTripOptions) {
    this.#launch = launch;
    this.#options = options;
  }

  async make(): Promise<RoundTrip> {
    let folder: string | undefined;
    try {
      folder = await mkdtemp(join(tmpdir(), "lean-pickle-"));
      await this.#goAll(join(folder, "state.olean"));
    } catch (error) {
      // Anything else is a defect.
      if (!(error instanceof LeanPickleError || isSystemError(error))) {
        throw error;
      }
      this.#done.failed = { step: this.#step, error };
    } finally {
      await this.#server?.close();
      await (folder && rm(folder, { recursive: true, force: true }));
    }
    return this.#done;
  }

  async #goAll(pickle: string): Promise<void> {
    const { env } = await this.#go("start", async () => this.#ask({ cmd: FIRST }));
    const proofState = await this.#go("command", async () => {
      const request = { cmd: THEOREM, env };
      const { sorries } = await this.#ask(request);
      return sorries?.[0]?.proofState ?? refuse("told of no sorry in", request);
    });
    const written = await this.#go("pickle", async () => {
      const answer = await this.#ask({ pickleTo: pickle, proofState });
      this.#done.header = await readHeader(pickle);
      return answer;
    });
    const read = await this.#go("unpickle", async () => {
      await this.#server?.close();
      this.#server = undefined;
      const request = { unpickleProofStateFrom: pickle };
      const answer = await this.#ask(request);
      const isSame = JSON.stringify(answer.goals) === JSON.stringify(written.goals);
      return isSame ? answer : refuse(`came back with ${quote(answer.goals)} from`, request);
    });
    await this.#go("tactic", async () => {
      const request = { tactic: TACTIC, proofState: read.proofState };
      const { goals } = await this.#ask(request);
      return goals.length === 0 || refuse(`was left with ${quote(goals)} after`, request);
    });
  }

  async #go<T>(step: RoundTripStep, take: () => Promise<T>): Promise<T> {
    this.#step = step;
    this.#options.onStep?.(step);
    const startedAt = performance.now();
    const result = await take();
    this.#done.steps.push({ step, elapsedMs: performance.now() - startedAt });
    return result;
  }

  async #ask<R extends ReplRequest>(
    request: R,
  ): Promise<Exclude<AnswerTo<R>, { message: string }>> {
    this.#server ??= new LeanServer(this.#launch, this.#options);
    const answer = await this.#server.run(request);
    if (isErrorAnswer(answer)) {
      refuse(`answered "${answer.message}" to`, request);
    }
    const [error] = errorMessages(answer);
    if (error) {
      refuse(`found the error "${error.data}" in`, request);
    }
    return answer as Exclude<AnswerTo<R>, { message: string }>;
  }
}

/** An answer that a REPL that works does not give. */
function refuse(what: string, request: ReplRequest): never {
  throw new LeanPickleError("protocol", `The REPL ${what} ${JSON.stringify(request)}.`);
}

function quote(goals: readonly string[]): string {
  return `the goals ${JSON.stringify(goals)}`;
}

/** The header of a pickle, which is to be there. */
async function readHeader(path: string): Promise<OleanHeader | null> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES));
    return parseOleanHeader(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
