/** Running code and tactics in a REPL, up to the states that are asked for. */
import { LeanPickleError } from "../../errors.ts";
import type { ReplConnection } from "../../repl/connection.ts";
import { findFailedImport } from "../../repl/import-errors.ts";
import {
  type AnswerTo,
  errorMessages,
  isErrorAnswer,
  type LeanMessage,
  type ProofStepAnswer,
  type ReplAnswer,
  type ReplRequest,
  type Sorry,
} from "../../repl/protocol.ts";
import type { Addition, CodeSource, SourcedMessage } from "../add/addition.ts";
import { chooseSorries } from "./choose-sorries.ts";

/** What was made, still in the REPL. */
export interface Made {
  /** One answer for each state: what to hand to `PickleSessionCache.addAll`. */
  responses: ReplAnswer[];
  messages: SourcedMessage[];
  /** The sorries of the last code. */
  sorries: Sorry[];
}

/** What is made: of its base, no more than its kind has to be known. */
type MakerAddition = Omit<Addition, "base"> & { base?: { isProofState: boolean } | undefined };

/** How it is made. */
export interface MakerOptions {
  /** What stands before the word where a tactic is named in messages, as `line 3, `. */
  within?: string | undefined;
  /** Called before each request, with what Lean is about to do. */
  onStep?: ((what: string) => void) | undefined;
  /** Called with each answer, also one with errors, and the code or the tactic that it is about. */
  onAnswer?: ((answer: ReplAnswer, source: string) => void) | undefined;
}

/** Lean found errors in the code, or refused the tactic. */
export class LeanRejectedError extends LeanPickleError {
  /** All that Lean said, in order. */
  readonly messages: readonly SourcedMessage[];
  /** What happened, without what came of it. */
  readonly what: string;
  /** Whether it is about what is imported. */
  readonly isOfImports: boolean;

  /**
   * @param refused whether there is no state that could be added all the same
   * @param adviceOnImports what can be done where Lean does not find an import
   */
  constructor(
    source: string,
    messages: readonly SourcedMessage[],
    refused: boolean,
    adviceOnImports?: string,
  ) {
    const own = messages.filter((message) => message.source === source);
    const text = own.map(({ data }) => data).join("\n");
    const failedImport = findFailedImport(text, source, adviceOnImports);
    const what = failedImport?.what ?? `Lean ${refused ? "refused" : "found errors in"} ${source}`;
    const toKeep = refused ? undefined : "Add it all the same with --allow-errors.";
    const hint = failedImport ? failedImport.hint : toKeep;
    super("lean-error", `${what}, so nothing was added.`, { hint });
    this.messages = messages;
    this.isOfImports = failedImport !== undefined;
    this.what = `${what}.`;
  }
}

/**
 * Runs what an addition asks for.
 * @param baseId the id that the addition's base has in the REPL; undefined where there is no base
 * @throws {LeanRejectedError}, {LeanPickleError} `no-sorry`
 */
export async function makeStates(
  server: ReplConnection,
  addition: MakerAddition,
  baseId: number | undefined,
  options: MakerOptions,
): Promise<Made> {
  const maker = new Maker(server, addition, options);
  const { base, code, sorry, tactics } = addition;
  if (base?.isProofState && baseId !== undefined) {
    return maker.made([await maker.runTactics(baseId)]);
  }
  const last = await maker.runCode(code, baseId);
  if (sorry === undefined && tactics.length === 0) {
    return maker.made([last]);
  }
  const responses: ReplAnswer[] = [];
  for (const { proofState, goal } of chooseSorries(maker.sorries, sorry)) {
    responses.push(
      tactics.length > 0 ? await maker.runTactics(proofState) : { proofState, goals: [goal] },
    );
  }
  return maker.made(responses);
}

class Maker {
  sorries: Sorry[] = [];
  readonly #messages: SourcedMessage[] = [];
  readonly #server: ReplConnection;
  readonly #addition: MakerAddition;
  readonly #options: MakerOptions;

  constructor(server: ReplConnection, addition: MakerAddition, options: MakerOptions) {
    this.#server = server;
    this.#addition = addition;
    this.#options = options;
  }

  made(responses: ReplAnswer[]): Made {
    return { responses, messages: this.#messages, sorries: this.sorries };
  }

  async runCode(code: readonly CodeSource[], baseId: number | undefined): Promise<ReplAnswer> {
    let last: AnswerTo<{ cmd: string }> | undefined;
    let env = baseId;
    for (const { source, text } of code) {
      const request = { cmd: text, ...(env !== undefined && { env }) };
      const answer = await this.#run(request, source);
      this.sorries = answer.sorries ?? [];
      env = answer.env;
      last = answer;
    }
    if (!last) {
      throw new Error("an addition without code and without a proof state was not refused");
    }
    return last;
  }

  async runTactics(proofState: number): Promise<ProofStepAnswer> {
    let answer: ProofStepAnswer = { proofState, goals: [] };
    for (const [index, tactic] of this.#addition.tactics.entries()) {
      const number = this.#addition.tactics.length === 1 ? "" : ` ${index + 1}`;
      const source = `<${this.#options.within ?? ""}tactic${number}>`;
      answer = await this.#run({ tactic, proofState: answer.proofState }, source);
    }
    return answer;
  }

  async #run<R extends ReplRequest>(
    request: R,
    source: string,
  ): Promise<Exclude<AnswerTo<R>, { message: string }>> {
    this.#options.onStep?.(`Running ${source}`);
    const answer = await this.#server.run(request);
    this.#options.onAnswer?.(answer, source);
    if (isErrorAnswer(answer)) {
      this.#messages.push({ severity: "error", data: answer.message, source });
      throw this.#rejected(source, true);
    }
    const { messages } = answer as { messages?: LeanMessage[] };
    this.#messages.push(...(messages ?? []).map((message) => ({ ...message, source })));
    if (errorMessages(answer).length > 0 && !this.#addition.allowErrors) {
      throw this.#rejected(source, false);
    }
    return answer as Exclude<AnswerTo<R>, { message: string }>;
  }

  #rejected(source: string, refused: boolean): LeanRejectedError {
    const { adviceOnImports } = this.#server.launch;
    return new LeanRejectedError(source, this.#messages, refused, adviceOnImports);
  }
}
