import type { LeanServerOptions, ReplLaunch } from "../repl/connection.ts";
import { LeanServer } from "../repl/lean-server.ts";

/**
 * How many commands and tactics a REPL gets before a new one takes its place: long sessions of the
 * real one end in a crash, after about 560 commands (leanprover-community/repl#77).
 */
const MAX_COMMANDS = 400;

/** A REPL for long work: a new process after one that ended, and after some hundred commands. */
export class RecycledServer {
  readonly #launch: ReplLaunch;
  readonly #options: LeanServerOptions;
  #server: LeanServer | undefined;
  #commands = 0;

  constructor(launch: ReplLaunch, options: LeanServerOptions) {
    this.#launch = launch;
    this.#options = options;
  }

  /** The process for the next piece of work, which stays the same until that is done. */
  async get(): Promise<LeanServer> {
    if (this.#server?.isAlive && this.#commands < MAX_COMMANDS) {
      return this.#server;
    }
    await this.#server?.close();
    this.#commands = 0;
    this.#server = new LeanServer(this.#launch, this.#options);
    return this.#server;
  }

  /** Counts a command, or a tactic, that the process has run. */
  count(): void {
    this.#commands++;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#server?.close();
  }
}
