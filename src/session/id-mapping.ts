import { LeanPickleError } from "../errors.ts";
import type { IdKind } from "../repl/makings.ts";
import type { CommandAnswer } from "../repl/protocol.ts";

/**
 * The id that the process which is alive knows, from one that counts on over all processes.
 * @param offset the first ids of that process
 * @throws {LeanPickleError} `stale-id` for an id of a process that has ended
 */
export function toRawId(offset: Record<IdKind, number>, kind: IdKind, id: number): number {
  if (id < offset[kind]) {
    const message = `${kind} ${id} belonged to a REPL that has ended.`;
    throw new LeanPickleError("stale-id", message, {
      hint: "Keep a state with addToSessionCache, and use its session id.",
    });
  }
  return id - offset[kind];
}

/** A request or an answer with each id of the REPL in it replaced, those of its sorries too. */
export function mapIds<M extends object>(message: M, map: (kind: IdKind, id: number) => number): M {
  const mapped = { ...message } as Record<string, unknown>;
  for (const kind of ["env", "proofState"] as const) {
    if (typeof mapped[kind] === "number") {
      mapped[kind] = map(kind, mapped[kind]);
    }
  }
  for (const list of ["sorries", "tactics"] as const) {
    const parts = (message as Partial<CommandAnswer>)[list];
    if (Array.isArray(parts)) {
      mapped[list] = parts.map((part) =>
        part.proofState === undefined
          ? part
          : { ...part, proofState: map("proofState", part.proofState) },
      );
    }
  }
  return mapped as M;
}
