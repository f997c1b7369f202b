import type { ReplConnection } from "../../repl/connection.ts";
import type { ReplAnswer, ReplRequest } from "../../repl/protocol.ts";

/** What names a state: an answer of the REPL, or one of the sorries in it. */
export type NamesState = ReplAnswer | { env: number } | { proofState: number };

/** A state that a cache holds. */
export interface SessionState {
  /** -1, -2, ...: it stands wherever the REPL takes an `env` or a `proofState`. */
  readonly sessionId: number;
  /** The id in the REPL where it was loaded last; undefined if it never was. */
  readonly replId: number | undefined;
  /** Whether it is a proof state, not an environment. */
  readonly isProofState: boolean;
}

/** What became of a state that was to be loaded into a REPL. */
export type VerdictStatus =
  | "loaded"
  | "repaired"
  | "damaged"
  | "incompatible"
  | "goals-changed"
  | "timeout"
  | "failed";

/** How a state was restored: its recipe was run again, or its pickle was read. */
export type Via = "recipe" | "pickle";

/** What became of one state in a {@link BaseSessionCache.reload}. */
export interface Verdict {
  sessionId: number;
  name: string | null;
  isProofState: boolean;
  /** Its id in the REPL; null if it was not loaded. */
  replId: number | null;
  status: VerdictStatus;
  /** How it was restored; undefined if it was not. */
  via?: Via;
  elapsedMs: number;
  /** Why it was not loaded; of a state that was loaded, what a person has to know of it. */
  message?: string;
  /** For `goals-changed`: the restored proof state. */
  found?: ProofView;
  /** For `goals-changed`: the proof state as it was added. */
  expected?: ProofView;
}

/** What Lean reports of a proof state. */
export interface ProofView {
  /** As Lean prints them. */
  goals: string[];
  /** Null if the REPL reports none. */
  proofStatus: string | null;
}

/** How a cache does what it is asked. */
export interface CacheCallOptions {
  /** Whether the conversation with the REPL is written to the log of the server. */
  verbose?: boolean | undefined;
}

/**
 * A cache of states that come back after the REPL ended: what `AutoLeanServer` works with. The
 * model is LeanInteract's `BaseSessionCache`. Iterating over it gives its states.
 */
export abstract class BaseSessionCache<S extends SessionState = SessionState> {
  /**
   * Adds the state that a response names.
   * @param request the request
   * @param response what the REPL answered, or a sorry of it; one that names no state is refused
   * @returns the session id
   */
  abstract add(
    server: ReplConnection,
    request: ReplRequest,
    response: NamesState,
    options?: CacheCallOptions,
  ): Promise<number>;

  /** Forgets a state. */
  abstract remove(sessionId: number, options?: CacheCallOptions): Promise<void>;

  /**
   * Loads every state into a REPL.
   * @param timeoutPerState in seconds
   */
  abstract reload(
    server: ReplConnection,
    timeoutPerState?: number,
    options?: CacheCallOptions,
  ): Promise<Verdict[]>;

  /**
   * Reads the stored cache again, which others may have changed. Does nothing by default.
   */
  refresh(): void {}

  /** The id that a state has in the REPL; undefined if it is not loaded there. */
  abstract getReplId(sessionId: number, server: ReplConnection): number | undefined;

  /** Whether there are no states. */
  abstract isEmpty(): boolean;

  /** Forgets every state. */
  abstract clear(options?: CacheCallOptions): Promise<void>;

  /** The state with this session id; undefined if there is none. */
  abstract get(sessionId: number): S | undefined;

  /** The session ids, in the order of creation. */
  abstract keys(): IterableIterator<number>;

  abstract [Symbol.iterator](): IterableIterator<S>;

  /** Whether there is a state with this session id. */
  has(sessionId: number): boolean {
    return this.get(sessionId) !== undefined;
  }

  /**
   * Loads one state into a REPL if it is not there, and resolves to its id. A cache that can load
   * one alone does better than this, which reloads all of them.
   */
  async load(
    sessionId: number,
    server: ReplConnection,
    timeout?: number,
    options?: CacheCallOptions,
  ): Promise<number | undefined> {
    await this.reload(server, timeout, options);
    return this.getReplId(sessionId, server);
  }
}
