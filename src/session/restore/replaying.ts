import { LeanPickleError } from "../../errors.ts";
import type { ReplConnection, RunOptions } from "../../repl/connection.ts";
import {
  type CommandAnswer,
  errorMessages,
  isErrorAnswer,
  type ProofStepAnswer,
  type ReplAnswer,
  type ReplRequest,
  type Sorry,
} from "../../repl/protocol.ts";
import type { RecipeEntry } from "../../store/manifest/schema.ts";

/** A state in a REPL. */
export type ReplState = { env: number } | { proofState: number };

/** A step of a recipe, and the key of what it leads to. */
export type KeyedStep = [key: string, entry: RecipeEntry];

/** Where a recipe is gone on from: what its first steps led to. */
export interface Reached {
  /** How many steps that were. */
  steps: number;
  /** Undefined where it was none: there is nothing yet. */
  at: ReplState | undefined;
  sorries: readonly Sorry[];
}

/** The beginning of every recipe. */
export const NOTHING: Reached = { steps: 0, at: undefined, sorries: [] };

/** Takes the steps of recipes again in one REPL, and remembers where they led to. */
export class Replayer {
  readonly #server: ReplConnection;
  readonly #options: RunOptions;
  readonly #reached = new Map<string, Omit<Reached, "steps">>();
  #process: object | undefined;

  constructor(server: ReplConnection, options: RunOptions) {
    this.#server = server;
    this.#options = options;
  }

  /** How many steps the process has taken of which the outcome is still there. */
  get stepsTaken(): number {
    return this.#known.size;
  }

  /** The state that the first `steps` of a recipe lead to, where the process has taken them. */
  find(recipe: readonly KeyedStep[], steps: number): Reached | undefined {
    const reached = this.#known.get(recipe[steps - 1]?.[0] ?? "");
    return reached && { steps, ...reached };
  }

  /**
   * Takes the steps of a recipe that come after those that were taken.
   * @throws {LeanPickleError} `lean-error` where Lean takes a step no longer
   */
  async replay(recipe: readonly KeyedStep[], from: Reached): Promise<ReplState> {
    let { at, sorries } = from;
    for (const [offset, [key, entry]] of recipe.slice(from.steps).entries()) {
      ({ at, sorries } = await this.#take(entry, at, sorries, from.steps + offset));
      this.#known.set(key, { at, sorries });
    }
    if (!at) {
      throw new Error("a recipe without steps was to be taken again");
    }
    return at;
  }

  async #take(
    entry: RecipeEntry,
    at: ReplState | undefined,
    sorries: readonly Sorry[],
    index: number,
  ): Promise<{ at: ReplState; sorries: readonly Sorry[] }> {
    const { step } = entry;
    if ("sorry" in step) {
      return { at: { proofState: proofStateAt(sorries, step.sorry, index) }, sorries: [] };
    }
    const answer = await this.#server.run(requestFor(step, at), this.#options);
    const problem = problemWith(answer, entry);
    if (problem !== undefined || isErrorAnswer(answer)) {
      throw noLonger(index, problem ?? "Lean refused it.");
    }
    return {
      at: "proofState" in answer ? { proofState: answer.proofState } : { env: answer.env },
      sorries: (answer as CommandAnswer | ProofStepAnswer).sorries ?? [],
    };
  }

  /** What belonged to a process that has ended is forgotten. */
  get #known(): Map<string, Omit<Reached, "steps">> {
    const { process } = this.#server;
    if (this.#process !== process) {
      this.#reached.clear();
      this.#process = process;
    }
    return this.#reached;
  }
}

function requestFor(
  step: Exclude<RecipeEntry["step"], { sorry: number }>,
  at: ReplState | undefined,
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
