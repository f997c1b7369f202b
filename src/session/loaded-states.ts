import type { ReplConnection } from "../repl/connection.ts";
import type { ReplId } from "../repl/makings.ts";

/**
 * Which states are loaded in which REPL, and under which ids. An id belongs to one process and dies
 * with it, so this is never written to disk, and forgotten together with the process.
 */
export class LoadedStates {
  /** Of each process, by session id, the id in the REPL. */
  readonly #byProcess = new WeakMap<object, Map<number, number>>();
  /** By session id, the id that a state got last, in whichever REPL. */
  readonly #last = new Map<number, number>();

  /** Remembers the id that a state has in the process behind `server`. */
  set(server: ReplConnection, sessionId: number, replId: number): void {
    const { process } = server;
    const loaded = this.#byProcess.get(process) ?? new Map<number, number>();
    loaded.set(sessionId, replId);
    this.#byProcess.set(process, loaded);
    this.#last.set(sessionId, replId);
  }

  /** The id that a state has in the process behind `server`. */
  get(server: ReplConnection, sessionId: number): number | undefined {
    return this.#byProcess.get(server.process)?.get(sessionId);
  }

  /** The id that a state got last. */
  last(sessionId: number): number | undefined {
    return this.#last.get(sessionId);
  }

  /** The state that has this id in the process behind `server`. */
  find<S extends { sessionId: number; isProofState: boolean }>(
    server: ReplConnection,
    { kind, id }: ReplId,
    states: readonly S[],
  ): S | undefined {
    const loaded = this.#byProcess.get(server.process);
    return states.find(
      ({ sessionId, isProofState }) =>
        isProofState === (kind === "proofState") && loaded?.get(sessionId) === id,
    );
  }
}
