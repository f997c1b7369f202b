/** Restoring a state by its recipe: its steps are run again, and the result is compared. */
import { LeanPickleError } from "../../errors.ts";
import type { KeyedStep } from "../../recipe/plan.ts";
import type { ReplConnection } from "../../repl/connection.ts";
import {
  type CommandAnswer,
  errorMessages,
  isErrorAnswer,
  type ReplAnswer,
} from "../../repl/protocol.ts";
import type { ManifestState, RecipeEntry } from "../../store/manifest/schema.ts";
import { findRecipeDistrust } from "../../store/manifest/trust.ts";
import type { CacheHandle } from "../state/cache-handle.ts";
import type { Reached } from "../state/loaded-states.ts";
import { MissingSorryError, NOTHING, type StepOptions, StepRunner } from "../steps/run-steps.ts";
import type { RecipeLink } from "./choose-ways.ts";
import { findChange, type Restoring, viewOf } from "./verdict.ts";

/** Runs the recipe of a state again. */
export async function restoreByRecipe(
  server: ReplConnection,
  handle: CacheHandle,
  state: ManifestState,
  recipe: readonly RecipeLink[],
  options: StepOptions,
): Promise<Restoring> {
  const distrust = handle.trust ? undefined : findRecipeDistrust(handle.workingDir);
  if (distrust !== undefined) {
    return { status: "failed", code: "untrusted", message: distrust };
  }
  const { process } = server;
  const runner = new StepRunner(server, handle.loaded, {
    ...options,
    onAnswer: (answer, at) => checkRecipeStep(answer, at, recipe[at]?.[1]),
  });
  try {
    const { reached, origin } = await runner.run(recipe.map(keyedStep), NOTHING, state.imports);
    const changed = compareGoals(state, reached);
    if (changed) {
      return changed;
    }
    handle.loaded.set(process, state, reached.of.id, origin);
    return { status: "loaded", replId: reached.of.id, process, via: "recipe", warnings: [] };
  } catch (error) {
    if (error instanceof MissingSorryError) {
      const message = `Its recipe no longer gives it: there is no sorry ${error.index} any more.`;
      return { status: "failed", message };
    }
    if (error instanceof LeanPickleError && error.code === "lean-error") {
      return { status: "failed", message: error.message };
    }
    throw error;
  }
}

function keyedStep([key, { step, inputs }]: RecipeLink): KeyedStep & Pick<RecipeEntry, "inputs"> {
  return { kind: "cmd" in step ? "environment" : "proof-state", step, key, inputs };
}

/**
 * Checks that a step of a recipe went as it did when the state was added. Errors that were allowed
 * then are so again.
 * @throws {LeanPickleError} `lean-error`
 */
export function checkRecipeStep(
  answer: ReplAnswer,
  at: number,
  entry: RecipeEntry | undefined,
): void {
  const refused = isErrorAnswer(answer) ? answer.message : undefined;
  const error = refused ?? (entry?.hasErrors ? undefined : errorMessages(answer)[0]?.data);
  if (error !== undefined) {
    throw noLonger(`Lean refuses step ${at + 1}: ${error.trim()}`);
  }
  const sorries = (answer as CommandAnswer).sorries?.length ?? 0;
  if (entry?.sorries !== undefined && entry.sorries !== sorries) {
    throw noLonger(`step ${at + 1} has ${sorries} sorries, and had ${entry.sorries}.`);
  }
}

function noLonger(why: string): LeanPickleError {
  return new LeanPickleError("lean-error", `Its recipe no longer gives it: ${why}`);
}

function compareGoals(state: ManifestState, reached: Reached): Restoring | undefined {
  if (!state.isProofState || !reached.goals) {
    return undefined;
  }
  const expected = viewOf(state);
  const found = viewOf({ goals: [...reached.goals], proofStatus: reached.proofStatus });
  // A sorry has the text of all its goals as one.
  const isOne = reached.goals.length === 1 && expected.goals.length > 1;
  const same = isOne && expected.goals.join("\n\n") === reached.goals[0];
  const isSame = same || expected.goals.join("\n") === reached.goals.join("\n");
  const change = isSame
    ? findChange(expected, { ...found, goals: expected.goals })
    : findChange(expected, found);
  return change === undefined
    ? undefined
    : { status: "goals-changed", message: change, found, expected };
}
