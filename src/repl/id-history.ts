/** What a REPL remembers of its ids: by which request each one came to be. */
import {
  type CommandAnswer,
  type CommandRequest,
  type ErrorAnswer,
  errorMessages,
  type FileRequest,
  isErrorAnswer,
  type PickleEnvironmentRequest,
  type PickleProofStateRequest,
  type ProofStepAnswer,
  type ReplAnswer,
  type ReplRequest,
  type Sorry,
  type TacticRequest,
  type UnpickleEnvironmentRequest,
  type UnpickleProofStateRequest,
} from "./protocol.ts";
import type { RequestKind } from "./protocol-check.ts";

/** The two counters of the REPL, by the names of their fields. */
export type IdKind = "env" | "proofState";

/** One of the ids of a REPL. */
export interface ReplId {
  kind: IdKind;
  id: number;
}

/** How an id of the REPL came to be. `elapsedMs` is the time from the request to its answer. */
export type Making = { elapsedMs: number } & (
  | {
      /** Code was run on `base`, or on nothing. `request` is as it was sent. */
      by: "command";
      base: ReplId | null;
      request: ReplRequest;
      /** How many sorries Lean told of it; undefined where those told are not the code's. */
      sorries?: number | undefined;
      /** Whether Lean found errors in it. */
      hasErrors?: boolean | undefined;
    }
  | {
      /** The `index`-th sorry, from 0, in what made `base`. */
      by: "sorry";
      base: ReplId;
      index: number;
    }
  | {
      /** A tactic was run on `base`. `request` is as it was sent. */
      by: "tactic";
      base: ReplId;
      tactic: string;
      request: ReplRequest;
      /** How many sorries Lean reported for it. */
      sorries?: number | undefined;
      /** Whether Lean found errors in it. */
      hasErrors?: boolean | undefined;
    }
  | {
      /** Another id of the same state: pickling a proof state answers with a new id. */
      by: "copy";
      base: ReplId;
    }
  | {
      /** The state was read from this file. */
      by: "unpickling";
      path: string;
    }
);

/** What made each id that a REPL has given out. */
export class IdHistory {
  /** By id; undefined for one that was given out twice, and may stand for either. */
  readonly #byId = new Map<string, Making | undefined>();
  /** The highest id of each counter. */
  readonly #last: Record<IdKind, number> = { env: -1, proofState: -1 };

  /** What made this id; undefined where that is not known. */
  get(of: ReplId): Making | undefined {
    return this.#byId.get(nameOf(of));
  }

  /** Whether an answer gives the state that was unpickled an id that was given out before. */
  isRepeated(kind: RequestKind, answer: ReplAnswer): boolean {
    const isUnpickled = kind === "unpickleProofState" || kind === "unpickleEnvironment";
    return isUnpickled && !isErrorAnswer(answer) && this.#byId.has(nameOf(madeId(answer)));
  }

  /** Whether an answer leaves out an id: then the answer that gave it out was lost. */
  leavesOutId(kind: RequestKind, request: ReplRequest, answer: ReplAnswer): boolean {
    if (isErrorAnswer(answer)) {
      return false;
    }
    const made = madeId(answer);
    const { sorries = [] } = answer as CommandAnswer;
    return kind === "pickleEnvironment"
      ? made.id !== (request as PickleEnvironmentRequest).env
      : made.id > this.#last[made.kind] + 1 + sorries.length;
  }

  /** Remembers what an answer tells. */
  record(kind: RequestKind, request: ReplRequest, answer: ReplAnswer, elapsedMs: number): void {
    // Pickling an environment answers with the id that it had, which keeps its making.
    if (isErrorAnswer(answer) || kind === "pickleEnvironment") {
      return;
    }
    const made = madeId(answer);
    const how = howMade(kind, request);
    if (how.by === "copy" && nameOf(how.base) === nameOf(made)) {
      // A REPL that pickles a state without giving it a new id.
      return;
    }
    this.#set(made, { ...how, ...outcomeOf(how, request, answer), elapsedMs });
    // Those of `rootGoals` are not the sorries of the code. Pickling and unpickling tell those of
    // all tactics so far again: in both cases their number says nothing of the step.
    const isStep = kind === "command" || kind === "file" || kind === "tactic";
    if (isStep && (request as CommandRequest).rootGoals !== true) {
      this.#recordSorries(made, (answer as CommandAnswer).sorries ?? []);
    }
  }

  #recordSorries(base: ReplId, sorries: Sorry[]): void {
    for (const [index, sorry] of sorries.entries()) {
      if (sorry.proofState !== undefined) {
        const of: ReplId = { kind: "proofState", id: sorry.proofState };
        this.#set(of, { by: "sorry", base, index, elapsedMs: 0 });
      }
    }
  }

  #set(of: ReplId, making: Making): void {
    const name = nameOf(of);
    this.#last[of.kind] = Math.max(this.#last[of.kind], of.id);
    this.#byId.set(name, this.#byId.has(name) ? undefined : making);
  }
}

function nameOf({ kind, id }: ReplId): string {
  return `${kind} ${id}`;
}

type HowMade = Making extends infer M ? (M extends Making ? Omit<M, "elapsedMs"> : never) : never;

/** The id that an answer gives out. */
function madeId(answer: Exclude<ReplAnswer, ErrorAnswer>): ReplId {
  // A proof state's answer may name an environment besides, in a fork; never the other way round.
  return "proofState" in answer
    ? { kind: "proofState", id: (answer as ProofStepAnswer).proofState }
    : { kind: "env", id: (answer as CommandAnswer).env };
}

/** What Lean told of the code or the tactic that made a state. */
function outcomeOf({ by }: HowMade, request: ReplRequest, answer: ReplAnswer): object {
  if (by !== "command" && by !== "tactic") {
    return {};
  }
  const hasErrors = errorMessages(answer).length > 0;
  const { sorries = [] } = answer as CommandAnswer;
  if (by === "tactic") {
    return { hasErrors, ...(sorries.length > 0 && { sorries: sorries.length }) };
  }
  return (request as CommandRequest).rootGoals === true
    ? { hasErrors }
    : { hasErrors, sorries: sorries.length };
}

function howMade(kind: Exclude<RequestKind, "pickleEnvironment">, request: ReplRequest): HowMade {
  switch (kind) {
    case "tactic": {
      const { tactic, proofState } = request as TacticRequest;
      return { by: "tactic", base: { kind: "proofState", id: proofState }, tactic, request };
    }
    case "pickleProofState": {
      const { proofState } = request as PickleProofStateRequest;
      return { by: "copy", base: { kind: "proofState", id: proofState } };
    }
    case "unpickleEnvironment":
      return { by: "unpickling", path: (request as UnpickleEnvironmentRequest).unpickleEnvFrom };
    case "unpickleProofState":
      return {
        by: "unpickling",
        path: (request as UnpickleProofStateRequest).unpickleProofStateFrom,
      };
    case "command":
    case "file": {
      const { env } = request as CommandRequest | FileRequest;
      return { by: "command", base: env === undefined ? null : { kind: "env", id: env }, request };
    }
  }
}
