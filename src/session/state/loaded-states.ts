/** What is loaded in which REPL. */
import type { ReplConnection } from "../../repl/connection.ts";
import type { ReplId } from "../../repl/id-history.ts";
import type { ReplAnswer, Sorry } from "../../repl/protocol.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { StateOrigin } from "./origin.ts";

/**
 * How many imports a REPL holds before a new one takes its place: each takes its memory for as long
 * as the process lives.
 */
export const MAX_IMPORTS = 4;

/** Where a step has led to in a process. */
export interface Reached {
  of: ReplId;
  /** What the REPL answered; nothing for a sorry. */
  answer?: ReplAnswer | undefined;
  /** The sorries that Lean reported for the step. */
  sorries: readonly Sorry[];
  /** The goals that Lean reported, of a proof state. */
  goals?: readonly string[] | undefined;
  proofStatus?: string | null | undefined;
  /** The environment of its header, if header and body were sent as two requests. */
  header?: ReplId | undefined;
}

/** What one process holds. Nothing of it is written to disk: an id dies with its process. */
export interface ProcessContents {
  /** By session id. */
  readonly ids: Map<number, ReplId>;
  /** How the states in it came to be, by {@link nameOf} their ids. */
  readonly origins: Map<string, StateOrigin>;
  /** By the code that imports: the environment that holds just that; undefined if Lean refused it. */
  readonly headers: Map<string, Promise<number | undefined>>;
  /** By key: where the steps of recipes led, for the recipes that share them. */
  readonly steps: Map<string, Promise<Reached>>;
  /** How many imports it holds: each takes memory for as long as the process lives. */
  imports: number;
}

/** Which states are loaded in which REPL, and under which ids. */
export class LoadedStates {
  readonly #byProcess = new WeakMap<object, ProcessContents>();
  /** By session id, the id that a state got last, in whichever REPL. */
  readonly #last = new Map<number, number>();

  /** What a process holds. */
  in(process: object): ProcessContents {
    const contents = this.#byProcess.get(process) ?? {
      ids: new Map(),
      origins: new Map(),
      headers: new Map(),
      steps: new Map(),
      imports: 0,
    };
    this.#byProcess.set(process, contents);
    return contents;
  }

  /**
   * Remembers the id that a state has in a process.
   * @param process taken from the server before it was asked: it may have another one by now
   */
  set(
    process: object,
    { sessionId, isProofState }: ManifestState,
    id: number,
    origin: StateOrigin,
  ): void {
    const of: ReplId = { kind: isProofState ? "proofState" : "env", id };
    this.in(process).ids.set(sessionId, of);
    this.setOrigin(process, of, origin);
    this.#last.set(sessionId, id);
  }

  /** Remembers how the state with an id in a process came to be. */
  setOrigin(process: object, of: ReplId, origin: StateOrigin): void {
    this.in(process).origins.set(nameOf(of), origin);
  }

  /** The id that a state has in the process behind `server`. */
  get(server: ReplConnection, sessionId: number): number | undefined {
    const of = this.in(server.process).ids.get(sessionId);
    return of && isKnown(server, of) ? of.id : undefined;
  }

  /** The id that a state got last. */
  last(sessionId: number): number | undefined {
    return this.#last.get(sessionId);
  }

  /** A state in the process behind `server`, for steps to begin at; undefined if it is not known. */
  startOn(
    server: ReplConnection,
    of: ReplId,
  ): { reached: Reached; origin: StateOrigin } | undefined {
    const origin = this.originOf(server, of);
    return origin && { reached: { of, sorries: [] }, origin };
  }

  /** How the state with this id in the process behind `server` came to be. */
  originOf(server: ReplConnection, of: ReplId): StateOrigin | undefined {
    const origin = this.in(server.process).origins.get(nameOf(of));
    return isKnown(server, of) ? origin : undefined;
  }
}

/** Whether the server vouches for an id: a REPL that gave it out twice may mean another state. */
function isKnown(server: ReplConnection, of: ReplId): boolean {
  return server.madeBy(of) !== undefined;
}

function nameOf({ kind, id }: ReplId): string {
  return `${kind} ${id}`;
}
