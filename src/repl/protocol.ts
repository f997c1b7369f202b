/**
 * The requests and answers of the Lean REPL (leanprover-community/repl, `REPL/JSON.lean` and
 * `REPL/Main.lean`). Forks add fields: they are sent, and kept in answers, though they are not
 * named here.
 */

/** Where something stands in the code: the line from 1, the column from 0, in characters. */
export interface Position {
  line: number;
  column: number;
}

/** A message of Lean. */
export interface LeanMessage {
  /** `trace`, `info`, `warning` or `error`. */
  severity: string;
  data: string;
  /** Line 0 in the answer to a tactic, which has no position. */
  pos?: Position | null | undefined;
  endPos?: Position | null | undefined;
}

/** A `sorry` that Lean met: its goal, and the proof state from which it can be proved. */
export interface Sorry {
  goal: string;
  proofState?: number | undefined;
  pos?: Position | null | undefined;
  endPos?: Position | null | undefined;
}

/** What code is run with, on an environment or on nothing. */
export interface CommandOptions {
  env?: number | undefined;
  allTactics?: boolean | undefined;
  rootGoals?: boolean | undefined;
  infotree?: string | undefined;
}

/** Runs a tactic on a proof state. */
export interface TacticRequest {
  tactic: string;
  proofState: number;
}
/** Writes an environment to a pickle. */
export interface PickleEnvironmentRequest {
  pickleTo: string;
  env: number;
}
/** Reads an environment from a pickle. */
export interface UnpickleEnvironmentRequest {
  unpickleEnvFrom: string;
}
/** Writes a proof state to a pickle; its answer takes a new proof state id. */
export interface PickleProofStateRequest {
  pickleTo: string;
  proofState: number;
}
/** Reads a proof state from a pickle, onto `env` where there is one (REPL v4.5.0 and later). */
export interface UnpickleProofStateRequest {
  unpickleProofStateFrom: string;
  env?: number | undefined;
}
/** Runs code. */
export interface CommandRequest extends CommandOptions {
  cmd: string;
}
/** As {@link CommandRequest}, with code from a file that the REPL reads itself. */
export interface FileRequest extends CommandOptions {
  path: string;
}

/** A request of any kind. */
export type ReplRequest =
  | TacticRequest
  | PickleEnvironmentRequest
  | UnpickleEnvironmentRequest
  | PickleProofStateRequest
  | UnpickleProofStateRequest
  | CommandRequest
  | FileRequest;

/** The answer to {@link CommandRequest} and {@link FileRequest}. */
export interface CommandAnswer {
  env: number;
  messages?: LeanMessage[] | undefined;
  sorries?: Sorry[] | undefined;
  tactics?: { tactic: string; proofState?: number | undefined }[] | undefined;
  infotree?: unknown;
}
/** The answer to everything that ends in a proof state. */
export interface ProofStepAnswer {
  proofState: number;
  goals: string[];
  proofStatus?: string | undefined;
  messages?: LeanMessage[] | undefined;
  sorries?: Sorry[] | undefined;
  traces?: string[] | undefined;
}
/** The answer to pickling and unpickling an environment. */
export interface EnvironmentAnswer {
  env: number;
}
/** The REPL refused the request and lives on: `Unknown environment.`, `Lean error:\n...`. */
export interface ErrorAnswer {
  message: string;
}

/** An answer of any kind. */
export type ReplAnswer = ErrorAnswer | CommandAnswer | ProofStepAnswer | EnvironmentAnswer;

/** What the REPL answers to a request of type `R`: its own answer, or that it refused. */
export type AnswerTo<R> =
  | ErrorAnswer
  | (R extends { tactic: string } | { unpickleProofStateFrom: string }
      ? ProofStepAnswer
      : R extends { pickleTo: string; env: number } | { unpickleEnvFrom: string }
        ? EnvironmentAnswer
        : R extends { pickleTo: string }
          ? ProofStepAnswer
          : CommandAnswer);

/** True where the REPL refused a request, and lives on. */
export function isErrorAnswer(answer: ReplAnswer): answer is ErrorAnswer {
  return !("env" in answer) && !("proofState" in answer);
}

/** The messages of an answer that are errors in the code. */
export function errorMessages(answer: ReplAnswer): LeanMessage[] {
  const { messages } = answer as CommandAnswer;
  return (messages ?? []).filter((message) => message.severity === "error");
}
