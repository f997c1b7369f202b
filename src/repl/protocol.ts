/**
 * The requests and answers of the Lean REPL (leanprover-community/repl, `REPL/JSON.lean` and
 * `REPL/Main.lean`). Forks add fields, so every object keeps those that are not named here.
 */
import * as v from "valibot";
import { LeanPickleError } from "../errors.ts";

const id = v.pipe(v.number(), v.integer());
const position = v.looseObject({ line: v.number(), column: v.number() });

/** A message of Lean. Lines count from 1, columns from 0, in characters. */
const messageSchema = v.looseObject({
  severity: v.string(),
  data: v.string(),
  pos: v.optional(v.nullable(position)),
  endPos: v.optional(v.nullable(position)),
});

/** A `sorry` that Lean met: its goal, and the proof state from which it can be proved. */
const sorrySchema = v.looseObject({
  goal: v.string(),
  proofState: v.optional(id),
  pos: v.optional(v.nullable(position)),
  endPos: v.optional(v.nullable(position)),
});

const commandAnswerSchema = v.looseObject({
  env: id,
  messages: v.optional(v.array(messageSchema)),
  sorries: v.optional(v.array(sorrySchema)),
  tactics: v.optional(v.array(v.looseObject({ tactic: v.string(), proofState: v.optional(id) }))),
  infotree: v.optional(v.unknown()),
});

const proofStepAnswerSchema = v.looseObject({
  proofState: id,
  goals: v.array(v.string()),
  proofStatus: v.optional(v.string()),
  messages: v.optional(v.array(messageSchema)),
  sorries: v.optional(v.array(sorrySchema)),
  traces: v.optional(v.array(v.string())),
});

const environmentAnswerSchema = v.looseObject({ env: id });
const errorAnswerSchema = v.looseObject({ message: v.string() });

/** Where something stands in the code: line from 1, column from 0. */
export type Position = v.InferOutput<typeof position>;
/** A message of Lean: `severity` is `trace`, `info`, `warning` or `error`. */
export type LeanMessage = v.InferOutput<typeof messageSchema>;
/** A `sorry` that Lean met. */
export type Sorry = v.InferOutput<typeof sorrySchema>;
/** The answer to {@link CommandRequest} and {@link FileRequest}. */
export type CommandAnswer = v.InferOutput<typeof commandAnswerSchema>;
/** The answer to everything that ends in a proof state. */
export type ProofStepAnswer = v.InferOutput<typeof proofStepAnswerSchema>;
/** The answer to pickling and unpickling an environment. */
export type EnvironmentAnswer = v.InferOutput<typeof environmentAnswerSchema>;
/** The REPL refused the request and lives on: `Unknown environment.`, `Lean error:\n...`. */
export type ErrorAnswer = v.InferOutput<typeof errorAnswerSchema>;

const commandOptions = {
  env: v.optional(id),
  allTactics: v.optional(v.boolean()),
  rootGoals: v.optional(v.boolean()),
  infotree: v.optional(v.string()),
};

/** The requests, in the order in which the REPL tries to parse them: the first that fits counts. */
const requests = {
  tactic: v.looseObject({ tactic: v.string(), proofState: id }),
  pickleEnvironment: v.looseObject({ pickleTo: v.string(), env: id }),
  unpickleEnvironment: v.looseObject({ unpickleEnvFrom: v.string() }),
  pickleProofState: v.looseObject({ pickleTo: v.string(), proofState: id }),
  unpickleProofState: v.looseObject({ unpickleProofStateFrom: v.string(), env: v.optional(id) }),
  command: v.looseObject({ cmd: v.string(), ...commandOptions }),
  file: v.looseObject({ path: v.string(), ...commandOptions }),
} as const;

const answers = {
  tactic: proofStepAnswerSchema,
  pickleEnvironment: environmentAnswerSchema,
  unpickleEnvironment: environmentAnswerSchema,
  pickleProofState: proofStepAnswerSchema,
  unpickleProofState: proofStepAnswerSchema,
  command: commandAnswerSchema,
  file: commandAnswerSchema,
} as const;

/** What a request asks for. */
export type RequestKind = keyof typeof requests;

/** Runs a tactic on a proof state. */
export type TacticRequest = v.InferOutput<typeof requests.tactic>;
/** Writes an environment to a pickle. */
export type PickleEnvironmentRequest = v.InferOutput<typeof requests.pickleEnvironment>;
/** Reads an environment from a pickle. */
export type UnpickleEnvironmentRequest = v.InferOutput<typeof requests.unpickleEnvironment>;
/** Writes a proof state to a pickle; its answer takes a new proof state id. */
export type PickleProofStateRequest = v.InferOutput<typeof requests.pickleProofState>;
/** Reads a proof state from a pickle, onto `env` where there is one (REPL v4.5.0 and later). */
export type UnpickleProofStateRequest = v.InferOutput<typeof requests.unpickleProofState>;
/** Runs code on an environment, or on nothing. */
export type CommandRequest = v.InferOutput<typeof requests.command>;
/** As {@link CommandRequest}, with code from a file that the REPL reads itself. */
export type FileRequest = v.InferOutput<typeof requests.file>;

/** A request of any kind. */
export type ReplRequest =
  | TacticRequest
  | PickleEnvironmentRequest
  | UnpickleEnvironmentRequest
  | PickleProofStateRequest
  | UnpickleProofStateRequest
  | CommandRequest
  | FileRequest;

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

/** An answer of any kind. */
export type ReplAnswer = ErrorAnswer | CommandAnswer | ProofStepAnswer | EnvironmentAnswer;

/** A request or an answer, shortened for a person to recognise it. */
export function excerpt(message: object | string): string {
  const text = typeof message === "string" ? message : JSON.stringify(message);
  return text.length > 120 ? `${text.slice(0, 120)}...` : text;
}

/**
 * The kind of a request that a REPL can be sent: it dies of one that it does not know.
 * @throws {LeanPickleError} `bad-request`
 */
export function checkRequest(request: ReplRequest): RequestKind {
  const kind = requestKind(request);
  if (kind === undefined) {
    const message = `The REPL knows no such request: ${excerpt(request)}.`;
    throw new LeanPickleError("bad-request", message);
  }
  for (const field of ["env", "proofState"]) {
    if (Number(request[field]) < 0) {
      throw new LeanPickleError(
        "bad-request",
        `${field} ${request[field]} is the id of a state in a cache, which a REPL does not know.`,
        { hint: "Give it to an AutoLeanServer with that cache." },
      );
    }
  }
  return kind;
}

/** What the REPL will take `request` for, or undefined where it would die of it. */
function requestKind(request: unknown): RequestKind | undefined {
  for (const [kind, schema] of Object.entries(requests)) {
    if (v.is(schema, request)) {
      return kind as RequestKind;
    }
  }
  return undefined;
}

/** True where the REPL refused a request, and lives on. */
export function isErrorAnswer(answer: ReplAnswer): answer is ErrorAnswer {
  return !("env" in answer) && !("proofState" in answer);
}

/** The messages of an answer that are errors in the code. */
export function errorMessages(answer: ReplAnswer): LeanMessage[] {
  const { messages } = answer as CommandAnswer;
  return (messages ?? []).filter((message) => message.severity === "error");
}

/** What came of checking an answer: the answer, or a sentence that says what is wrong with it. */
export type CheckedAnswer = { ok: true; answer: ReplAnswer } | { ok: false; problem: string };

/** Checks that `value` is an answer to a request of this kind. */
export function checkAnswer(kind: RequestKind, value: unknown): CheckedAnswer {
  const checked = v.safeParse(answers[kind], value);
  if (checked.success) {
    return { ok: true, answer: checked.output };
  }
  if (v.is(errorAnswerSchema, value)) {
    return { ok: true, answer: value };
  }
  const issue = checked.issues[0];
  const path = v.getDotPath(issue);
  return { ok: false, problem: path ? `${path}: ${issue.message}` : issue.message };
}
