import { LeanPickleError } from "../errors.ts";
import type { ReplConnection, RunOptions } from "../repl/connection.ts";
import {
  type CommandAnswer,
  errorMessages,
  isErrorAnswer,
  type ProofStepAnswer,
  type ReplAnswer,
  type ReplRequest,
  type Sorry,
} from "../repl/protocol.ts";
import type { RecipeEntry } from "../store/manifest.ts";

/** A state in a REPL. */
export type Replayed = { env: number } | { proofState: number };

/**
 * Takes the steps of a recipe again.
 * @param base the state that the first step is done to; undefined for nothing
 * @throws {LeanPickleError} `lean-error` where Lean takes a step no longer
 */
export async function replay(
  server: ReplConnection,
  base: Replayed | undefined,
  steps: readonly RecipeEntry[],
  options: RunOptions,
): Promise<Replayed> {
  let at = base;
  let sorries: readonly Sorry[] = [];
  for (const [index, entry] of steps.entries()) {
    const { step } = entry;
    if ("sorry" in step) {
      at = { proofState: proofStateAt(sorries, step.sorry, index) };
      continue;
    }
    const answer = await server.run(requestFor(step, at), options);
    const problem = problemWith(answer, entry);
    if (problem !== undefined || isErrorAnswer(answer)) {
      throw noLonger(index, problem ?? "Lean refused it.");
    }
    at = "proofState" in answer ? { proofState: answer.proofState } : { env: answer.env };
    sorries = (answer as CommandAnswer | ProofStepAnswer).sorries ?? [];
  }
  if (!at) {
    throw new Error("a recipe without steps was to be taken again");
  }
  return at;
}

function requestFor(
  step: Exclude<RecipeEntry["step"], { sorry: number }>,
  at: Replayed | undefined,
): ReplRequest {
  return "cmd" in step ? { cmd: step.cmd, ...at } : ({ tactic: step.tactic, ...at } as ReplRequest);
}

/** Errors that were allowed when the state was added are so again. */
function problemWith(answer: ReplAnswer, { hasErrors = false }: RecipeEntry): string | undefined {
  if (isErrorAnswer(answer)) {
    return answer.message;
  }
  const [error] = errorMessages(answer);
  return hasErrors ? undefined : error?.data;
}

function proofStateAt(sorries: readonly Sorry[], at: number, index: number): number {
  const id = sorries[at]?.proofState;
  if (id === undefined) {
    throw noLonger(index, `There is no proof state at sorry ${at} any more.`);
  }
  return id;
}

function noLonger(index: number, why: string): LeanPickleError {
  const message = `Lean takes step ${index + 1} of its recipe no longer: ${why.trim()}`;
  return new LeanPickleError("lean-error", message);
}
