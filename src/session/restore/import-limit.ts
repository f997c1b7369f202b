import type { AutoLeanServer } from "../auto-lean-server.ts";

/**
 * How many imports a REPL holds before a new one takes its place: each takes its memory for as long
 * as the process lives, whether it came with an environment or for several proof states.
 */
const MAX_IMPORTS = 4;

/** Sees to it that no process of a server holds more than a few imports. */
export class ImportLimit {
  readonly #server: AutoLeanServer;
  #imports = 0;

  constructor(server: AutoLeanServer) {
    this.#server = server;
  }

  /**
   * Ends a process that holds as many imports as it may. To be called before Lean is made to import;
   * ids from before it may be stale after it.
   */
  async makeRoom(): Promise<void> {
    if (!this.#server.isAlive) {
      this.#imports = 0;
    } else if (this.#imports >= MAX_IMPORTS) {
      await this.#server.restart();
      this.#imports = 0;
    }
  }

  /** To be called before Lean is made to import: makes room for it, and notes it. */
  async begin(): Promise<void> {
    await this.makeRoom();
    this.count();
  }

  /** Notes that Lean is made to import. */
  count(): void {
    this.#imports++;
  }
}
