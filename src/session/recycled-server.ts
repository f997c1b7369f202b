import type { LeanServerOptions, ReplLaunch } from "../repl/connection.ts";
import { LeanServer } from "../repl/lean-server.ts";

/**
 * How many requests a REPL gets before a new one takes its place: long sessions of the real one end
 * in a crash, after about 560 commands (leanprover-community/repl#77).
 */
const MAX_REQUESTS = 400;

/** A REPL for long work: a new process after one that ended, and after some hundred requests. */
export class RecycledServer {
  readonly #launch: ReplLaunch;
  readonly #options: LeanServerOptions;
  #server: LeanServer | undefined;
  #requests = 0;

  constructor(launch: ReplLaunch, options: LeanServerOptions) {
    this.#launch = launch;
    this.#options = options;
  }

  /** The process for the next piece of work, which stays the same until that is done. */
  async get(): Promise<LeanServer> {
    if (this.#server?.isAlive && this.#requests < MAX_REQUESTS) {
      return this.#server;
    }
    await this.#server?.close();
    this.#requests = 0;
    this.#server = new LeanServer(this.#launch, this.#options);
    return this.#server;
  }

  /** Counts requests that the process was sent. */
  count(requests = 1): void {
    this.#requests += requests;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#server?.close();
  }
}
