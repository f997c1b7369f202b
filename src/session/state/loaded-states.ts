import type { ReplConnection } from "../../repl/connection.ts";
import type { ReplId } from "../../repl/makings.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { RecipeTrail } from "./recipe-trail.ts";

/** What has to be known of a state to build on it, also when the cache holds it no longer. */
export interface KnownBase {
  key: string;
  imports: string[] | null;
  /** The recipes that lead to it, where they are known. */
  recipes: RecipeTrail;
}

/** The states in one process, by session id and by what they are called there. */
interface Loaded {
  ids: Map<number, ReplId>;
  bases: Map<string, KnownBase>;
}

/**
 * Which states are loaded in which REPL, and under which ids. An id belongs to one process and dies
 * with it, so this is never written to disk, and forgotten together with the process.
 */
export class LoadedStates {
  readonly #byProcess = new WeakMap<object, Loaded>();
  /** By session id, the id that a state got last, in whichever REPL. */
  readonly #last = new Map<number, number>();

  /**
   * Remembers the id that a state has in a process.
   * @param process taken from the server before it was asked: it may have another one by now
   */
  set(
    process: object,
    { sessionId, isProofState, key, imports }: ManifestState,
    id: number,
    recipes: RecipeTrail,
  ): void {
    const of: ReplId = { kind: isProofState ? "proofState" : "env", id };
    this.#in(process).ids.set(sessionId, of);
    this.setBase(process, of, { key, imports, recipes });
    this.#last.set(sessionId, id);
  }

  /** As {@link set}, for a state that is not in the cache yet. */
  setBase(process: object, of: ReplId, base: KnownBase): void {
    this.#in(process).bases.set(nameOf(of), base);
  }

  #in(process: object): Loaded {
    const loaded = this.#byProcess.get(process) ?? { ids: new Map(), bases: new Map() };
    this.#byProcess.set(process, loaded);
    return loaded;
  }

  /** The id that a state has in the process behind `server`. */
  get(server: ReplConnection, sessionId: number): number | undefined {
    const of = this.#byProcess.get(server.process)?.ids.get(sessionId);
    return of && isKnown(server, of) ? of.id : undefined;
  }

  /** The id that a state got last. */
  last(sessionId: number): number | undefined {
    return this.#last.get(sessionId);
  }

  /** The state that has this id in the process behind `server`. */
  find(server: ReplConnection, of: ReplId): KnownBase | undefined {
    const known = this.#byProcess.get(server.process)?.bases.get(nameOf(of));
    return isKnown(server, of) ? known : undefined;
  }
}

/** Whether the server vouches for an id: a REPL that gave it out twice may mean another state. */
function isKnown(server: ReplConnection, of: ReplId): boolean {
  return server.madeBy(of) !== undefined;
}

function nameOf({ kind, id }: ReplId): string {
  return `${kind} ${id}`;
}
