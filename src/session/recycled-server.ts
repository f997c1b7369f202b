import type { LeanServerOptions, ReplLaunch } from "../repl/connection.ts";
import { ReplEndedError, ReplMemoryError } from "../repl/errors.ts";
import { LeanServer } from "../repl/lean-server.ts";
import { blameRepl } from "./repl-proof.ts";

/**
 * How many commands and tactics a REPL gets before a new one takes its place: long sessions of the
 * real one end in a crash, after about 560 commands (leanprover-community/repl#77).
 */
export const MAX_COMMANDS = 400;

/** How many commands before that the new one is started. */
const STARTED_BEFORE = 20;

/** A REPL for long work: a new process after one that ended, and after some hundred commands. */
export class RecycledServer {
  readonly #launch: ReplLaunch;
  readonly #options: LeanServerOptions;
  #server: LeanServer | undefined;
  /** The one after it, which starts while the last commands of that one run. */
  #next: LeanServer | undefined;
  #commands = 0;

  constructor(launch: ReplLaunch, options: LeanServerOptions) {
    this.#launch = launch;
    this.#options = options;
  }

  /**
   * Does a piece of work in one process. Where that is ended for what was done in it before, the
   * work is done once more, in a new one.
   * @param work leaves nothing behind where it fails
   * @throws {LeanPickleError} `no-repl` where what runs is no REPL
   */
  async run<T>(work: (server: LeanServer) => Promise<T>): Promise<T> {
    const server = await this.#get();
    const isUsed = this.#commands > 0;
    try {
      return await work(server);
    } catch (error) {
      if (isOfOthers(error, isUsed)) {
        return await work(await this.#get());
      }
      throw await blameRepl(this.#launch, error, this.#options.signal);
    }
  }

  /** Counts a command, or a tactic, that the process has run. */
  count(): void {
    this.#commands++;
    if (this.#commands === MAX_COMMANDS - STARTED_BEFORE) {
      this.#next ??= new LeanServer(this.#launch, this.#options);
    }
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await Promise.all([this.#server?.close(), this.#next?.close()]);
  }

  async #get(): Promise<LeanServer> {
    if (this.#server?.isAlive && this.#commands < MAX_COMMANDS) {
      return this.#server;
    }
    await this.#server?.close();
    this.#commands = 0;
    this.#server = this.#next?.isAlive ? this.#next : new LeanServer(this.#launch, this.#options);
    this.#next = undefined;
    return this.#server;
  }
}

/**
 * Whether a process ended before it was asked for this work (as by a pickle that was replaced while
 * it was being loaded), or of memory, which adds up.
 */
function isOfOthers(error: unknown, isUsed: boolean): boolean {
  const end = error instanceof Error && error.cause instanceof ReplEndedError ? error.cause : error;
  return (
    end instanceof ReplEndedError &&
    (end.turn !== "run" || (isUsed && end instanceof ReplMemoryError))
  );
}
