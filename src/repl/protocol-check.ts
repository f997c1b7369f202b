/** Checks what is sent to a REPL, which dies of what it does not know, and what comes back. */
import * as v from "valibot";
import { LeanPickleError } from "../errors.ts";
import type { ErrorAnswer, ReplAnswer, ReplRequest } from "./protocol.ts";

/** What is not there may be null as well: that is how Lean prints an `Option` that is none. */
function absent<S extends v.GenericSchema>(schema: S) {
  return v.pipe(
    v.nullish(schema),
    v.transform((value) => value ?? undefined),
  );
}

// Loose, all of them: a field that is not named here is kept.
const id = v.pipe(v.number(), v.integer());
const position = v.looseObject({ line: v.number(), column: v.number() });
const where = { pos: v.optional(v.nullable(position)), endPos: v.optional(v.nullable(position)) };
const message = v.looseObject({ severity: v.string(), data: v.string(), ...where });
const sorry = v.looseObject({ goal: v.string(), proofState: absent(id), ...where });

const commandAnswer = v.looseObject({
  env: id,
  messages: absent(v.array(message)),
  sorries: absent(v.array(sorry)),
  tactics: absent(v.array(v.looseObject({ tactic: v.string(), proofState: absent(id) }))),
  infotree: v.optional(v.unknown()),
});
const proofStepAnswer = v.looseObject({
  proofState: id,
  goals: v.array(v.string()),
  proofStatus: absent(v.string()),
  messages: absent(v.array(message)),
  sorries: absent(v.array(sorry)),
  traces: absent(v.array(v.string())),
});
const environmentAnswer = v.looseObject({ env: id });
const errorAnswer = v.looseObject({ message: v.string() });

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
  tactic: proofStepAnswer,
  pickleEnvironment: environmentAnswer,
  unpickleEnvironment: environmentAnswer,
  pickleProofState: proofStepAnswer,
  unpickleProofState: proofStepAnswer,
  command: commandAnswer,
  file: commandAnswer,
} as const;

/** What a request asks for. */
export type RequestKind = keyof typeof requests;

/** A request or an answer, shortened for a person to recognise it. */
export function excerpt(text: object | string): string {
  const whole = typeof text === "string" ? text : JSON.stringify(text);
  return whole.length > 120 ? `${whole.slice(0, 120)}...` : whole;
}

/**
 * The kind of a request that a REPL can be sent: it dies of one that it does not know.
 * @throws {LeanPickleError} `bad-request`
 */
export function checkRequest(request: ReplRequest): RequestKind {
  const kind = requestKind(request);
  if (kind === undefined) {
    const text = `The REPL knows no such request: ${excerpt(request)}.`;
    throw new LeanPickleError("bad-request", text);
  }
  for (const [field, value] of Object.entries(request)) {
    if ((field === "env" || field === "proofState") && Number(value) < 0) {
      const text = `${field} ${value} is the id of a state in a cache, which a REPL does not know.`;
      throw new LeanPickleError("bad-request", text, {
        hint: "Give it to an AutoLeanServer with that cache.",
      });
    }
  }
  return kind;
}

/** Of each kind, the fields without which a request cannot be of it. */
const required = Object.entries(requests).map(([kind, schema]) => ({
  kind: kind as RequestKind,
  schema,
  fields: Object.entries(schema.entries).flatMap(([field, { type }]) =>
    type === "optional" ? [] : [field],
  ),
}));

/** What the REPL will take `request` for, or undefined where it would die of it. */
function requestKind(request: ReplRequest): RequestKind | undefined {
  // Most kinds are out of the question at a look, which costs much less than to find out why.
  return required.find(
    ({ fields, schema }) => fields.every((field) => field in request) && v.is(schema, request),
  )?.kind;
}

/** What came of checking an answer: the answer, or a clause that says what is wrong with it. */
export type CheckedAnswer = { ok: true; answer: ReplAnswer } | { ok: false; problem: string };

/** Checks that `value` is an answer to a request of this kind. */
export function checkAnswer(kind: RequestKind, value: unknown): CheckedAnswer {
  const checked = v.safeParse(answers[kind], value);
  if (checked.success) {
    return { ok: true, answer: checked.output };
  }
  if (v.is(errorAnswer, value)) {
    return { ok: true, answer: value satisfies ErrorAnswer };
  }
  const issue = checked.issues[0];
  const path = v.getDotPath(issue);
  return { ok: false, problem: path ? `${path}: ${issue.message}` : issue.message };
}
