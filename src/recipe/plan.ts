/** From what is asked for to steps and keys, before Lean has run any of it. */
import { type KeyInputs, keyOfStep } from "./key.ts";
import { normalizeText } from "./normalize-text.ts";
import type { PlannedStep, RecipeStep, StateKind } from "./steps.ts";

/** What is to be done to a state, or to nothing, in this order. */
export interface Plan {
  /** The texts of the code. */
  code: readonly string[];
  /** Which sorry, from 0, of the last code; with tactics, the only one there is by default. */
  sorry?: number | "all" | undefined;
  tactics: readonly string[];
  /** Whether it is done to a proof state: the sorry is then one of the last tactic. */
  isOnProofState?: boolean | undefined;
}

/** A step, and the kind of state that it leads to. */
export interface StepTo<S extends PlannedStep = PlannedStep> {
  kind: StateKind;
  step: S;
}

/** A step with the key of the state that it leads to. */
export type KeyedStep<S extends PlannedStep = RecipeStep> = StepTo<S> & { key: string };

/** The steps that a plan comes to, with normalized texts. If no sorry is named, the only sorry is the first one. */
export function planSteps({ code, sorry, tactics, isOnProofState = false }: Plan): StepTo[] {
  const needsSorry = sorry !== undefined || (code.length > 0 && tactics.length > 0);
  const toSorry: StepTo[] = needsSorry
    ? [{ kind: "proof-state", step: { sorry: sorry ?? 0 } } as StepTo]
    : [];
  const toTactics = tactics.map(
    (tactic): StepTo => ({ kind: "proof-state", step: { tactic: normalizeText(tactic) } }),
  );
  return [
    ...code.map((cmd): StepTo => ({ kind: "environment", step: { cmd: normalizeText(cmd) } })),
    ...(isOnProofState ? [...toTactics, ...toSorry] : [...toSorry, ...toTactics]),
  ];
}

/** The steps with the keys of the states that they lead to from a base. */
export function keySteps<S extends PlannedStep>(
  base: string | null,
  steps: readonly StepTo<S>[],
  inputs: KeyInputs,
): KeyedStep<S>[] {
  let at = base;
  return steps.map(({ kind, step }) => {
    at = keyOfStep({ kind, base: at, step, inputs });
    return { kind, step, key: at };
  });
}
