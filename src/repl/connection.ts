import { LeanPickleError } from "../errors.ts";
import type { ProcessLaunch } from "../system/process-group.ts";
import type { Making, ReplId } from "./id-history.ts";
import type { AnswerTo, ReplRequest } from "./protocol.ts";

/** The command that starts a REPL. */
export interface ReplLaunch extends ProcessLaunch {
  /** What a person can do where Lean does not find an import. */
  adviceOnImports?: string | undefined;
  /** The toolchain that runs behind it, such as `leanprover/lean4:v4.33.0`; null where unknown. */
  toolchain?: string | null | undefined;
  /**
   * Tells what states that are made with it stand on, beside what was done to make them. Without it
   * that is not known, and no state is ever taken for another one.
   * @param imports the modules that the code at the root imports; null where they are not known
   */
  identify?: ((imports: readonly string[] | null) => Promise<LeanIdentity>) | undefined;
}

/** What Lean is, as far as it decides what a state means: the same on any machine. */
export interface LeanIdentity {
  /** What goes into a key: plain JSON without paths or times, null for what is not known. */
  inputs: Record<string, unknown>;
  /** A clause for each part that is not known, such as `lake keeps no hash of the module Foo`. */
  unknown: string[];
  /** When the youngest of the files that tell changed last, in milliseconds since the epoch. */
  changedAt: number;
}

/** The time that a request has by default, in seconds. */
export const DEFAULT_TIMEOUT_S = 300;

/** How one request is run. */
export interface RunOptions {
  /**
   * The time from when the REPL can begin with it to its answer, in seconds, at most 2,147,483; then
   * the REPL is ended. Infinity for all the time it takes.
   */
  timeout?: number | undefined;
  /** Whether the conversation is written to the log (standard error by default). */
  verbose?: boolean | undefined;
  /**
   * Whether it may be sent before the requests before it are answered, so that the REPL need not
   * wait for it. For what is right whatever they are answered, and in this process only: it is never
   * run in the next one. False by default.
   */
  pipelined?: boolean | undefined;
}

/** How a server works. */
export interface LeanServerOptions {
  /** The `timeout` of requests that name none, in seconds: 300 by default. */
  timeout?: number | undefined;
  /**
   * The memory, in MiB, past which the REPL is ended; no limit by default. Files that it maps, such
   * as the `.olean` files of imports, do not count (on Linux).
   */
  memoryLimit?: number | undefined;
  /** Whether requests that do not say so are `verbose`. */
  verbose?: boolean | undefined;
  /** Aborting ends the REPL and rejects all requests with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Where the conversation goes when it is verbose: called with a line, or several. */
  log?: ((text: string) => void) | undefined;
  /**
   * Called with text on the REPL's standard output that is no answer: a line, or several. Programs
   * that the code starts print there. By default it is dropped.
   */
  onOutput?: ((text: string) => void) | undefined;
}

/** What runs requests on a REPL: a {@link LeanServer}, or one that starts new processes. */
export interface ReplConnection {
  /** The command behind it. */
  readonly launch: ReplLaunch;
  /** How it works, for another process that is to work alike. */
  readonly options?: LeanServerOptions;
  /** Stands for the process whose ids are valid now: another object when that is another process. */
  readonly process: object;
  /** When that process was started, in milliseconds since the epoch; 0 where none is alive. */
  readonly startedAt: number;
  /**
   * Runs one request; requests wait their turn.
   * @throws {ReplEndedError} where the process ended, for all requests that are waiting
   */
  run<R extends ReplRequest>(request: R, options?: RunOptions): Promise<AnswerTo<R>>;
  /** Resolves once there is a process, of a connection that starts one when it is first needed. */
  ready?(): Promise<void>;
  /** How an id of the REPL came to be; undefined where that is not known. */
  madeBy(of: ReplId): Making | undefined;
}

/**
 * Checks a timeout in seconds: a timer counts milliseconds in 31 bits, and fires at once for more.
 * @throws {LeanPickleError} `bad-request`
 */
export function checkTimeout(seconds: number): number {
  const isUsable =
    seconds > 0 && (seconds * 1000 < 2 ** 31 || seconds === Number.POSITIVE_INFINITY);
  if (!isUsable) {
    throw new LeanPickleError("bad-request", `${seconds} s cannot be the time of a request.`);
  }
  return seconds;
}
