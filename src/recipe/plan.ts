/** From what is asked for to steps and keys, before Lean has run any of it. */
import { type KeyInputs, keyOfStep } from "./key.ts";
import type { RecipeStep, StateKind } from "./steps.ts";

/** What is to be done to a state, or to nothing, in this order. */
export interface Plan {
  /** The texts of the code. */
  code: readonly string[];
  /** Which sorry, from 0, of the last code; with tactics, the only one there is by default. */
  sorry?: number | "all" | undefined;
  tactics: readonly string[];
}

/** A step that is still to be taken; `all` stands for one step for each sorry there is. */
export type PlannedStep = RecipeStep | { sorry: "all" };

/** A step, and the kind of state that it leads to. */
export interface StepTo<S extends PlannedStep = PlannedStep> {
  kind: StateKind;
  step: S;
}

/** The steps that a plan comes to. The only sorry there is counts as the first. */
export function planSteps({ code, sorry, tactics }: Plan): StepTo[] {
  const needsSorry = sorry !== undefined || (code.length > 0 && tactics.length > 0);
  return [
    ...code.map((cmd): StepTo => ({ kind: "environment", step: { cmd } })),
    ...(needsSorry ? [{ kind: "proof-state", step: { sorry: sorry ?? 0 } } as StepTo] : []),
    ...tactics.map((tactic): StepTo => ({ kind: "proof-state", step: { tactic } })),
  ];
}

/** The keys of the states that steps lead to from a base, one for each step. */
export function keysOfSteps(
  base: string | null,
  steps: readonly StepTo[],
  inputs: KeyInputs,
): string[] {
  const keys: string[] = [];
  let at = base;
  for (const { kind, step } of steps) {
    at = keyOfStep({ kind, base: at, step, inputs });
    keys.push(at);
  }
  return keys;
}
