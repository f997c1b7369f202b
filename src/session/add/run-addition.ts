/** Running what an addition asks for, on its base in a REPL. */
import type { KeyedStep } from "../../recipe/plan.ts";
import type { PlannedStep, RecipeStep } from "../../recipe/steps.ts";
import type { ReplConnection, RunOptions } from "../../repl/connection.ts";
import type { ReplId } from "../../repl/id-history.ts";
import {
  type CommandAnswer,
  errorMessages,
  isErrorAnswer,
  type ReplAnswer,
  type Sorry,
} from "../../repl/protocol.ts";
import type { LoadedStates } from "../state/loaded-states.ts";
import { chooseSorries } from "../steps/choose-sorries.ts";
import { type Arrival, NOTHING, type Start, StepRunner } from "../steps/run-steps.ts";
import type { Addition, SourcedMessage } from "./addition.ts";
import { hintFor } from "./hints.ts";
import { LeanRejectedError } from "./lean-rejected.ts";
import type { AdditionPlan } from "./plan-addition.ts";

/** What an addition has led to in the REPL. */
export interface AdditionRun {
  /** The states, in the order of their sorries. */
  reached: ReplId[];
  messages: SourcedMessage[];
  /** The sorries of the last code or tactic before the states. */
  sorries: Sorry[];
}

/** How an addition is run. */
export interface AdditionRunOptions extends RunOptions {
  /** What stands before the word if a tactic is named in messages, as `line 3, `. */
  within?: string | undefined;
  /** Called before each request, with what Lean is about to do. */
  onStep?: ((what: string) => void) | undefined;
  /** Called with each answer, also one with errors, and the code or the tactic that it is about. */
  onAnswer?: ((answer: ReplAnswer, source: string) => void) | undefined;
}

/**
 * Runs the steps of an addition.
 * @param base where its base is in the REPL
 * @throws {LeanRejectedError}, {LeanPickleError} `no-sorry`
 */
export async function runAddition(
  server: ReplConnection,
  loaded: LoadedStates,
  addition: Pick<Addition, "code" | "tactics" | "sorry" | "allowErrors">,
  plan: AdditionPlan,
  base: Start | undefined,
  options: AdditionRunOptions,
): Promise<AdditionRun> {
  const messages: SourcedMessage[] = [];
  const sources = sourcesOf(addition, plan, options.within ?? "");
  const runFrom = (first: number) =>
    new StepRunner(server, loaded, {
      ...options,
      onStep: (at) => options.onStep?.(`Running ${sources[first + at]}`),
      onAnswer(answer, at) {
        const source = sources[first + at] ?? "";
        options.onAnswer?.(answer, source);
        const step = plan.steps[first + at]?.step as RecipeStep;
        const isFirst = first + at === 0 && base === undefined;
        const findHint = (text: string) =>
          hintFor({ text, step, source, isFirst, before: codeBefore(plan, first + at, base) });
        takeMessages(server, answer, source, messages, addition.allowErrors, findHint);
      },
    });
  const { inputs, imports, steps } = plan;
  const known = (each: readonly KeyedStep[]) => each.map((step) => ({ ...step, inputs }));
  const toSorry = steps.findIndex(({ step }) => "sorry" in step);
  const common = steps.slice(0, toSorry === -1 ? undefined : toSorry) as KeyedStep<RecipeStep>[];
  const before: Start =
    common.length > 0
      ? await runFrom(0).run(known(common), base ?? NOTHING, imports, toSorry !== -1)
      : (base ?? NOTHING);
  if (toSorry === -1) {
    return { reached: [(before as Arrival).reached.of], messages, sorries: sorriesOf(before) };
  }
  const reached: ReplId[] = [];
  for (const index of chooseSorries(sorriesOf(before), addition.sorry)) {
    const rest = plan.stepsAt(index).slice(toSorry);
    reached.push((await runFrom(toSorry).run(known(rest), before, imports)).reached.of);
  }
  return { reached, messages, sorries: sorriesOf(before) };
}

/** The code before a step, of its own plan and of its base. */
function codeBefore({ steps }: AdditionPlan, at: number, base: Start | undefined): string[] {
  const own = steps.slice(0, at).map(({ step }) => step);
  const all: PlannedStep[] = [...own];
  for (let trail = base?.origin?.recipes; trail; trail = trail.before) {
    all.push(...Object.values(trail.steps).map(({ step }) => step));
  }
  return all.flatMap((step) => ("cmd" in step ? [step.cmd] : []));
}

function sorriesOf({ reached }: Start): Sorry[] {
  return [...(reached?.sorries ?? [])];
}

/** What the steps are called in messages. */
function sourcesOf(
  { code, tactics }: Pick<Addition, "code" | "tactics">,
  { steps }: AdditionPlan,
  within: string,
): string[] {
  const codes = code.values();
  let tactic = 0;
  return steps.map(({ step }) => {
    if ("cmd" in step) {
      return codes.next().value?.source ?? "<code>";
    }
    if ("sorry" in step) {
      return "<sorry>";
    }
    tactic++;
    return `<${within}tactic${tactics.length === 1 ? "" : ` ${tactic}`}>`;
  });
}

/** @throws {LeanRejectedError} */
function takeMessages(
  server: ReplConnection,
  answer: ReplAnswer,
  source: string,
  messages: SourcedMessage[],
  allowErrors: boolean | undefined,
  findHint: (text: string) => string | undefined,
): void {
  const { adviceOnImports } = server.launch;
  if (isErrorAnswer(answer)) {
    messages.push({ severity: "error", data: answer.message, source });
    throw new LeanRejectedError(source, messages, true, adviceOnImports, findHint);
  }
  const own = (answer as CommandAnswer).messages ?? [];
  messages.push(...own.map((message) => ({ ...message, source })));
  if (errorMessages(answer).length > 0 && !allowErrors) {
    throw new LeanRejectedError(source, messages, false, adviceOnImports, findHint);
  }
}
