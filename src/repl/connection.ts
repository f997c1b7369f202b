import type { Making, ReplId } from "./makings.ts";
import type { ReplLaunch } from "./process-group.ts";
import type { AnswerTo, ReplRequest } from "./protocol.ts";

/** The time that a request has by default, in seconds. */
export const DEFAULT_TIMEOUT_S = 300;

/** How one request is run. */
export interface RunOptions {
  /** The time from when it is sent to its answer, in seconds; then the REPL is ended. */
  timeout?: number | undefined;
  /** Whether the conversation is written to the log (standard error by default). */
  verbose?: boolean | undefined;
}

/** How a server works. */
export interface LeanServerOptions {
  /** The `timeout` of requests that name none, in seconds: 300 by default. */
  timeout?: number | undefined;
  /** The resident memory, in MiB, past which the REPL is ended; none by default. */
  memoryLimit?: number | undefined;
  /** Whether requests that do not say so are `verbose`. */
  verbose?: boolean | undefined;
  /** Aborting ends the REPL and rejects all requests with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Where the conversation goes when it is verbose: called with a line, or several. */
  log?: ((text: string) => void) | undefined;
}

/** What runs requests on a REPL: a {@link LeanServer}, or one that starts new processes. */
export interface ReplConnection {
  /** The command behind it. */
  readonly launch: ReplLaunch;
  /** Stands for the process whose ids are valid now: another object when that is another process. */
  readonly process: object;
  /**
   * Runs one request; requests wait their turn.
   * @throws {ReplEndedError} where the process ended, for all requests that are waiting
   */
  run<R extends ReplRequest>(request: R, options?: RunOptions): Promise<AnswerTo<R>>;
  /** How an id of the REPL came to be; undefined where that is not known. */
  madeBy(of: ReplId): Making | undefined;
}
