/** Making states: code, a sorry, tactics, on top of a state or of nothing. */
import { LeanPickleError } from "../errors.ts";
import type { LeanServerOptions, ReplConnection, ReplLaunch } from "../repl/connection.ts";
import { LeanServer } from "../repl/lean-server.ts";
import {
  type AnswerTo,
  errorMessages,
  isErrorAnswer,
  type LeanMessage,
  type ProofStepAnswer,
  type ReplAnswer,
  type ReplRequest,
  type Sorry,
} from "../repl/protocol.ts";
import { checkWritable } from "../store/folders.ts";
import type { ManifestState } from "../store/manifest.ts";
import type { PickleSessionCache } from "./pickle-session-cache.ts";
import { chooseSorries } from "./sorries.ts";

export type { LeanServerOptions } from "../repl/connection.ts";

/** Code, and where it came from: a file's name, `<code>`, `<stdin>`. */
export interface CodeSource {
  source: string;
  text: string;
}

/** What is to be made. */
export interface Addition {
  /** The state that it is built on. */
  base?: ManifestState | undefined;
  /** Run in this order. */
  code: readonly CodeSource[];
  /** Which sorry, from 0, of the last code; with tactics, the only one there is by default. */
  sorry?: number | "all" | undefined;
  /** Run in this order. */
  tactics: readonly string[];
  /** Whether a state is made of code in which Lean found errors. */
  allowErrors?: boolean | undefined;
}

/** A message of Lean, and the code that it is about. */
export type SourcedMessage = LeanMessage & { source: string };

/** What was made, still in the REPL. */
interface Made {
  /** One answer for each state: what to hand to `PickleSessionCache.addAll`. */
  responses: ReplAnswer[];
  messages: SourcedMessage[];
  /** The sorries of the last code. */
  sorries: Sorry[];
}

/** What was added. */
export interface AdditionResult {
  states: ManifestState[];
  messages: SourcedMessage[];
  /** The sorries of the last code. */
  sorries: Sorry[];
}

/** How states are made. */
export interface MakingOptions extends LeanServerOptions {
  /** The name of the state; with `sorry: "all"`, `NAME.0`, `NAME.1`, ... */
  name?: string | undefined;
  /** Whether the name is taken from the state that has it. */
  replaceName?: boolean | undefined;
  /** Called before each request, with what Lean is about to do. */
  onStep?: ((what: string) => void) | undefined;
}

/** Lean found errors in the code, or refused the tactic. */
export class LeanRejectedError extends LeanPickleError {
  /** All that Lean said, in order. */
  readonly messages: readonly SourcedMessage[];

  /** @param refused whether there is no state that could be added all the same */
  constructor(source: string, messages: readonly SourcedMessage[], refused: boolean) {
    const message = refused
      ? `Lean refused ${source}, so nothing was added.`
      : `Lean found errors in ${source}, so nothing was added.`;
    super(
      "lean-error",
      message,
      refused ? {} : { hint: "Add it all the same with --allow-errors." },
    );
    this.messages = messages;
  }
}

/**
 * Checks that an addition makes sense, before Lean is started.
 * @throws {LeanPickleError} `usage`
 */
export function checkAddition({ base, code, sorry, tactics }: Addition): void {
  const wantsProof = sorry !== undefined || tactics.length > 0;
  if (code.length === 0 && !wantsProof) {
    throw usage("There is nothing to add: name a file, or give code with -c or a tactic with -t.");
  }
  if (base?.isProofState) {
    const reference = base.name ?? base.sessionId;
    if (code.length > 0) {
      throw usage(`Code runs on an environment, and ${reference} is a proof state.`);
    }
    if (sorry !== undefined) {
      throw usage(`--sorry takes a sorry of code, and ${reference} is a proof state.`);
    }
  } else if (code.length === 0) {
    const on = base ? `${base.name ?? base.sessionId} is an environment` : "there is no --from";
    throw usage(`${sorry === undefined ? "A tactic" : "--sorry"} needs a proof state, and ${on}.`);
  }
}

/**
 * Makes states in a REPL of their own, which loads no state but the one that they are built on, and
 * adds all of them to a cache, or none.
 * @throws {LeanRejectedError} and what {@link checkAddition} throws
 */
export async function addToCache(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  addition: Addition,
  options: MakingOptions,
): Promise<AdditionResult> {
  checkAddition(addition);
  await checkWritable(cache.workingDir);
  const server = new LeanServer(launch, options);
  try {
    const { responses, messages, sorries } = await makeStates(server, cache, addition, options);
    options.onStep?.("Pickling");
    const { name, replaceName } = options;
    const names = responses.map((_, index) =>
      name !== undefined && addition.sorry === "all" ? `${name}.${index}` : (name ?? null),
    );
    const states = await cache.addAll(server, responses, { names, replaceName });
    return { states, messages, sorries };
  } finally {
    await server.close();
  }
}

async function makeStates(
  server: ReplConnection,
  cache: PickleSessionCache,
  addition: Addition,
  options: MakingOptions,
): Promise<Made> {
  const maker = new Maker(server, addition, options);
  const { base, code, sorry, tactics } = addition;
  options.onStep?.(base ? `Loading ${base.name ?? base.sessionId}` : "Starting Lean");
  const baseId = base && (await cache.load(base.sessionId, server, options.timeout));
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
  readonly #addition: Addition;
  readonly #options: MakingOptions;

  constructor(server: ReplConnection, addition: Addition, options: MakingOptions) {
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
      const source = this.#addition.tactics.length === 1 ? "<tactic>" : `<tactic ${index + 1}>`;
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
    if (isErrorAnswer(answer)) {
      this.#messages.push({ severity: "error", data: answer.message, source });
      throw new LeanRejectedError(source, this.#messages, true);
    }
    const { messages } = answer as { messages?: LeanMessage[] };
    this.#messages.push(...(messages ?? []).map((message) => ({ ...message, source })));
    if (errorMessages(answer).length > 0 && !this.#addition.allowErrors) {
      throw new LeanRejectedError(source, this.#messages, false);
    }
    return answer as Exclude<AnswerTo<R>, { message: string }>;
  }
}

function usage(message: string): LeanPickleError {
  return new LeanPickleError("usage", message);
}
