/** The interpreter of steps: code is run, the proof state at a sorry is taken, a tactic is run. */

import { splitHeader } from "../../recipe/import-header.ts";
import type { KeyedStep } from "../../recipe/plan.ts";
import type { RecipeStep } from "../../recipe/steps.ts";
import type { ReplConnection, RunOptions } from "../../repl/connection.ts";
import type { ReplId } from "../../repl/id-history.ts";
import {
  type CommandAnswer,
  type ErrorAnswer,
  isErrorAnswer,
  type ProofStepAnswer,
  type ReplAnswer,
  type ReplRequest,
} from "../../repl/protocol.ts";
import type { RecipeEntry } from "../../store/manifest/schema.ts";
import type { LoadedStates, Reached } from "../state/loaded-states.ts";
import type { StateOrigin } from "../state/origin.ts";
import { headerEnvironment, splitsAlike } from "./shared-headers.ts";

/** How steps are run. */
export interface StepOptions extends RunOptions {
  /** Called before a request, with the place of its step. */
  onStep?: ((at: number) => void) | undefined;
  /**
   * Called with the answer to each step but a sorry, also with one that has errors, and with the place
   * of the step. A step that another recipe has run in this process has the answer that it had then.
   * @throws if the answer is not what is wanted
   */
  onAnswer?: ((answer: ReplAnswer, at: number) => void) | undefined;
  /** Returns the options of the next request, such as the time that is left. */
  next?: (() => RunOptions) | undefined;
  /** Called with the time that a request took, in milliseconds. */
  onElapsed?: ((elapsedMs: number) => void) | undefined;
}

/** A sorry that a step needs, and that its base does not have. */
export class MissingSorryError extends Error {
  /** Its number, from 0. */
  readonly index: number;

  constructor(index: number) {
    super(`There is no sorry ${index}.`);
    this.index = index;
  }
}

/** The REPL refused a step. */
class RefusedStep extends Error {
  readonly answer: ReplAnswer;

  constructor(answer: ErrorAnswer) {
    super(`The REPL refused a step: ${answer.message}`);
    this.answer = answer;
  }
}

/** Where steps begin: a state in the REPL, or nothing. */
export interface Start {
  reached: Reached | undefined;
  origin: StateOrigin | undefined;
}

/** The beginning of every recipe. */
export const NOTHING: Start = { reached: undefined, origin: undefined };

/** A state that steps have led to, and how it came to be. */
export interface Arrival {
  reached: Reached;
  origin: StateOrigin;
}

/** Runs steps in the process behind one server. What recipes share is run once in each process. */
export class StepRunner {
  readonly #server: ReplConnection;
  readonly #loaded: LoadedStates;
  readonly #options: StepOptions;

  /** @param loaded takes what the steps lead to */
  constructor(server: ReplConnection, loaded: LoadedStates, options: StepOptions) {
    this.#server = server;
    this.#loaded = loaded;
    this.#options = options;
  }

  /**
   * Runs steps one after the other.
   * @param imports the modules that the result stands on
   * @param sorryFollows whether a sorry of the last step is taken later
   * @throws {MissingSorryError}, and what `onAnswer` throws
   */
  async run(
    steps: readonly (KeyedStep & Pick<RecipeEntry, "inputs">)[],
    from: Start,
    imports: string[] | null,
    sorryFollows = false,
  ): Promise<Arrival> {
    const { process } = this.#server;
    let { reached, origin } = from;
    const own: Record<string, RecipeEntry> = {};
    const before = origin?.recipes;
    let elapsedMs = 0;
    for (const [at, step] of steps.entries()) {
      const next = steps[at + 1]?.step;
      const takesSorry = next ? "sorry" in next : sorryFollows;
      const base = reached;
      this.#options.onStep?.(at);
      reached = await this.#once(process, step, takesSorry, () =>
        this.#take(step.step, base, takesSorry),
      ).catch((error: unknown) => {
        if (error instanceof RefusedStep) {
          this.#options.onAnswer?.(error.answer, at);
        }
        throw error;
      });
      if (reached.answer) {
        this.#options.onAnswer?.(reached.answer, at);
      }
      const entry = this.#entryOf(step, reached, origin?.key ?? null);
      own[step.key] = entry;
      elapsedMs += (entry.elapsedMs ?? 0) + this.#importMs(reached);
      const { key, inputs } = step;
      origin = { key, imports, inputs, recipes: { steps: { ...own }, before }, elapsedMs };
      this.#loaded.setOrigin(process, reached.of, origin);
    }
    if (!reached || !origin) {
      throw new Error("a recipe without steps was run");
    }
    return { reached, origin };
  }

  /** Runs a step, unless another recipe has run it in this process, or is running it. */
  async #once(
    process: object,
    { key }: KeyedStep,
    takesSorry: boolean,
    take: () => Promise<Reached>,
  ): Promise<Reached> {
    const { steps } = this.#loaded.in(process);
    const running = steps.get(key);
    if (running) {
      const known = await running;
      // A body that was sent without its header may mean something else at its sorries.
      if (!takesSorry || !known.header || (await this.#splitsAlike())) {
        return known;
      }
    }
    const taken = take();
    steps.set(key, taken);
    taken.catch(() => steps.delete(key));
    return await taken;
  }

  async #take(
    step: RecipeStep,
    before: Reached | undefined,
    takesSorry: boolean,
  ): Promise<Reached> {
    if ("sorry" in step) {
      return sorryAt(before, step.sorry);
    }
    if ("tactic" in step) {
      return await this.#ask({ tactic: step.tactic, proofState: before?.of.id ?? 0 });
    }
    return before
      ? await this.#ask({ cmd: step.cmd, env: before.of.id })
      : await this.#runRoot(step, takesSorry);
  }

  /** Runs the first code of a recipe: its header is shared, if that changes nothing. */
  async #runRoot({ cmd }: { cmd: string }, takesSorry: boolean): Promise<Reached> {
    const split = splitHeader(cmd);
    const maySplit = split && (!takesSorry || (await this.#splitsAlike(split.header)));
    const env = maySplit ? await this.#headerEnvironment(split.header) : undefined;
    if (!split || env === undefined) {
      // It imports by itself. What every environment has takes little memory.
      this.#loaded.in(this.#server.process).imports += split?.header === "" ? 0 : 1;
      return await this.#ask({ cmd });
    }
    if (split.body.trim() === "") {
      return { of: { kind: "env", id: env }, sorries: [] };
    }
    const header: ReplId = { kind: "env", id: env };
    return { ...(await this.#ask({ cmd: split.body, env })), header };
  }

  async #ask(request: ReplRequest): Promise<Reached> {
    const answer = await this.#server.run(request, this.#next());
    if (isErrorAnswer(answer)) {
      throw new RefusedStep(answer);
    }
    const of = idOf(answer);
    this.#options.onElapsed?.(this.#server.madeBy(of)?.elapsedMs ?? 0);
    const { goals, proofStatus } = answer as ProofStepAnswer;
    const sorries = (answer as CommandAnswer).sorries ?? [];
    return { of, answer, sorries, ...(goals && { goals, proofStatus }) };
  }

  #entryOf(
    { step, inputs }: KeyedStep & Pick<RecipeEntry, "inputs">,
    { of, sorries }: Reached,
    base: string | null,
  ): RecipeEntry {
    const made = "sorry" in step ? undefined : this.#server.madeBy(of);
    const hasErrors = made !== undefined && "hasErrors" in made && made.hasErrors === true;
    return {
      base,
      step,
      inputs,
      ...(made && { elapsedMs: Math.round(made.elapsedMs) }),
      ...(made && ("cmd" in step || sorries.length > 0) && { sorries: sorries.length }),
      ...(hasErrors && { hasErrors }),
    };
  }

  /** What the import of a header took, of code that was sent without it. */
  #importMs({ header }: Reached): number {
    return header ? (this.#server.madeBy(header)?.elapsedMs ?? 0) : 0;
  }

  async #headerEnvironment(header: string): Promise<number | undefined> {
    const isThere = this.#loaded.in(this.#server.process).headers.has(header);
    const env = await headerEnvironment(this.#server, this.#loaded, header, this.#next());
    if (!isThere && env !== undefined) {
      this.#options.onElapsed?.(this.#server.madeBy({ kind: "env", id: env })?.elapsedMs ?? 0);
    }
    return env;
  }

  /** @param header of an environment to ask on, if there is none yet */
  async #splitsAlike(header = ""): Promise<boolean> {
    const env = await this.#headerEnvironment(header);
    return env !== undefined && (await splitsAlike(this.#server, env, this.#next()));
  }

  #next(): RunOptions {
    return this.#options.next?.() ?? this.#options;
  }
}

function sorryAt(before: Reached | undefined, index: number): Reached {
  const { proofState, goal = "" } = before?.sorries[index] ?? {};
  if (proofState === undefined) {
    throw new MissingSorryError(index);
  }
  return { of: { kind: "proofState", id: proofState }, sorries: [], goals: [goal] };
}

/** The id that an answer is about: one that names a proof state is about that. */
function idOf(answer: ReplAnswer): ReplId {
  return "proofState" in answer
    ? { kind: "proofState", id: (answer as ProofStepAnswer).proofState }
    : { kind: "env", id: (answer as CommandAnswer).env };
}
