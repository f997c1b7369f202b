/** What an addition leads to, as far as that is known before Lean runs: steps and keys. */
import { parseImports } from "../../recipe/import-header.ts";
import type { KeyInputs } from "../../recipe/key.ts";
import { normalizeText } from "../../recipe/normalize-text.ts";
import { type KeyedStep, keySteps, planSteps } from "../../recipe/plan.ts";
import type { PlannedStep, RecipeStep } from "../../recipe/steps.ts";
import type { ReplLaunch } from "../../repl/connection.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { identifyLean, neverTheSame } from "../state/lean-inputs.ts";
import type { Addition } from "./addition.ts";

/** The steps and keys of an addition. */
export interface AdditionPlan {
  /**
   * The key of the state that it ends with; with `sorry: "all"`, one that stands for all of them.
   */
  key: string;
  /** The key of the state that it is built on; null for nothing. */
  base: string | null;
  /** The modules that it stands on; null if they are not known. */
  imports: string[] | null;
  /** With `sorry: "all"`, one of them stands for each sorry. */
  steps: KeyedStep<PlannedStep>[];
  /** What Lean is. */
  inputs: KeyInputs;
  /** Besides the key, what decides whether a state is a hit. */
  asked: Pick<Addition, "sorry" | "allowErrors">;
  /** What is not known of Lean, in clauses: if there is any, no state counts as a hit. */
  unknown: string[];
  /** The key of the state at the N-th sorry with `sorry: "all"`; else that of the only state. */
  keyAt(index: number): string;
  /** The steps to the state at the N-th sorry, if its number was left open. */
  stepsAt(index: number): KeyedStep[];
}

/** A base as far as a plan needs it: a stored state, or one that an earlier line will make. */
export interface PlanBase extends Pick<ManifestState, "key" | "imports"> {
  isProofState: boolean;
}

/** An addition, with as much of its base as a plan needs. */
type PlannedAddition = Omit<Addition, "base"> & { base?: PlanBase | undefined };

/** Plans an addition from its text and from files, without Lean. */
export async function planAddition(
  launch: ReplLaunch,
  addition: PlannedAddition,
  identify = identifyLean,
): Promise<AdditionPlan> {
  const { base, code } = addition;
  const imports = base ? base.imports : parseImports(normalizeText(code[0]?.text ?? ""));
  const { inputs, unknown } = await identify(launch, imports);
  return planWith(addition, imports, inputs, unknown);
}

/**
 * The same plan under keys that no other state will ever have.
 * @param why what keeps its states from being hits, as a clause
 */
export function planInDoubt(
  addition: PlannedAddition,
  { imports, inputs, unknown }: AdditionPlan,
  why: string,
): AdditionPlan {
  return planWith(addition, imports, neverTheSame(inputs, why), [...unknown, why]);
}

function planWith(
  { base, code, sorry, tactics, allowErrors }: PlannedAddition,
  imports: string[] | null,
  inputs: KeyInputs,
  unknown: string[],
): AdditionPlan {
  const baseKey = base?.key ?? null;
  const plan = {
    code: code.map(({ text }) => text),
    tactics,
    isOnProofState: base?.isProofState === true,
  };
  const steps = keySteps(baseKey, planSteps({ ...plan, sorry }), inputs);
  const key = steps.at(-1)?.key ?? "";
  const stepsAt = (index: number): KeyedStep[] => {
    const isOpen = sorry === "all";
    const own = isOpen ? keySteps(baseKey, planSteps({ ...plan, sorry: index }), inputs) : steps;
    return own as KeyedStep<RecipeStep>[];
  };
  const keyAt = (index: number): string =>
    sorry === "all" ? (stepsAt(index).at(-1)?.key ?? "") : key;
  const asked = { sorry, allowErrors };
  return { key, base: baseKey, imports, steps, inputs, asked, unknown, keyAt, stepsAt };
}
