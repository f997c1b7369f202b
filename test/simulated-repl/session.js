// One process's states and what it answers to each request.
import { readFileSync } from "node:fs";
import { missingImport, runCommands } from "./commands.js";
import { occupy, uncaught, wait } from "./effects.js";
import { Elaborator } from "./elaborator.js";
import { tokenize } from "./lexer.js";
import { log } from "./log.js";
import { readPickle, writePickle } from "./olean.js";
import { Parser } from "./parser.js";
import * as pickled from "./pickled-states.js";
import { ElaborationProblem, SyntaxProblem, TacticFailure } from "./problems.js";
import { showGoal } from "./show.js";
import { parseTactic } from "./tactic-parser.js";
import { runBlock, runTactic } from "./tactics.js";

/** @import { Faults } from "./faults.js" */
/** @import { Json } from "./printing.js" */
/** @import { Request } from "./requests.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Environment, Message, ProofState, Sorry } from "./types.ts" */

const NOWHERE = { line: 0, column: 0 };

/** @typedef {Record<string, Json | undefined>} Answer */

/** An error that the REPL answers with a sentence and survives. */
class Refusal extends Error {}

/** @template T @param {T[]} list */
const unlessEmpty = (list) => (list.length > 0 ? list : undefined);

/** @param {ProofState} state */
function proofStatus({ goals, hasSorry, partOfOther }) {
  if (goals.length > 0) return "Incomplete: open goals remain";
  if (partOfOther) return "Incomplete: contains metavariable(s)";
  return hasSorry ? "Incomplete: contains sorry" : "Completed";
}

/** @param {Message} message @returns {Answer} */
function messageAnswer({ severity, pos, endPos, data }) {
  return { severity, pos: { ...pos }, endPos: endPos === null ? null : { ...endPos }, data };
}

/** Everything that one process of the REPL knows: its two lists of states, ids being places. */
export class Session {
  /** @type {Environment[]} */
  #environments = [];
  /** @type {ProofState[]} */
  #proofStates = [];

  /** @param {Settings} settings @param {Faults} faults */
  constructor(settings, faults) {
    this.settings = settings;
    this.faults = faults;
  }

  /**
   * The answer to a request. Throws a Death where the REPL dies of it.
   * @param {Request} request
   * @returns {Answer}
   */
  answer(request) {
    try {
      return this.#run(request);
    } catch (problem) {
      if (problem instanceof Refusal) return { message: problem.message };
      throw problem;
    }
  }

  /** @param {Request} request @returns {Answer} */
  #run(request) {
    switch (request.kind) {
      case "tactic":
        return this.#tactic(request.tactic, this.#proofState(request.proofState, "state"));
      case "pickleEnv": {
        const environment = this.#environment(request.env);
        this.#pickle(request.path, pickled.pickledEnvironment(environment));
        return { env: request.env };
      }
      case "unpickleEnv":
        return this.#unpickleEnvironment(request.path);
      case "pickleProofState": {
        const state = this.#proofState(request.proofState, "State");
        this.#pickle(request.path, pickled.pickledProofState(state));
        return this.#proofAnswer(state, state);
      }
      case "unpickleProofState":
        return this.#unpickleProofState(request.path, request.env);
      case "command":
        return this.#command(request.text, request.env);
      default:
        return this.#file(request.path, request.env);
    }
  }

  /** @param {number} id */
  #environment(id) {
    const environment = this.#environments[id];
    if (environment === undefined) throw new Refusal("Unknown environment.");
    return environment;
  }

  /** The capital differs between running a tactic and pickling. @param {number} id @param {string} noun */
  #proofState(id, noun) {
    const state = this.#proofStates[id];
    if (state === undefined) throw new Refusal(`Unknown proof ${noun}.`);
    return state;
  }

  /** @param {string[]} imports */
  #import(imports) {
    const missing = missingImport(imports, this.settings.modules);
    if (missing !== undefined) throw uncaught(missing);
    this.#payImport(imports);
  }

  /** @param {string[]} imports */
  #payImport(imports) {
    log(this.settings.log, "import", imports.join(",") || "Init");
    occupy(this.settings.importMib);
    wait(this.settings.importMs);
  }

  /** @param {string} path @param {pickled.Pickled} content */
  #pickle(path, content) {
    const hangHalfway = this.faults.beforePickle(content);
    writePickle(path, content, this.settings, hangHalfway);
  }

  /** @param {string} path @returns {Answer} */
  #unpickleEnvironment(path) {
    const content = pickled.asKind(readPickle(path, this.settings), "environment");
    wait(this.settings.unpickleMs);
    this.#import(content.imports);
    const environment = pickled.unpickledEnvironment(content, undefined);
    return { env: this.#environments.push(environment) - 1 };
  }

  /** @param {string} path @param {number | undefined} env @returns {Answer} */
  #unpickleProofState(path, env) {
    const { ignoreEnv, changedGoals } = this.settings;
    const base = env === undefined || ignoreEnv ? undefined : this.#environment(env);
    const content = pickled.asKind(readPickle(path, this.settings), "proofState");
    wait(this.settings.unpickleMs);
    if (base === undefined) this.#import(content.imports);
    const state = pickled.unpickledProofState(content, base, changedGoals);
    return this.#proofAnswer(state, state);
  }

  /** @param {string} text @param {number | undefined} env @returns {Answer} */
  #command(text, env) {
    const base = env === undefined ? undefined : this.#environment(env);
    wait(this.settings.commandMs);
    const { environment, messages, sorries, imported } = runCommands(text, base, this.settings);
    if (imported !== undefined) this.#payImport(imported);
    const listed = sorries.map(({ start, end, ...sorry }) => ({
      ...this.#sorryAnswer(sorry, false),
      pos: { ...start },
      endPos: { ...end },
    }));
    return {
      sorries: unlessEmpty(listed),
      messages: unlessEmpty(messages.map(messageAnswer)),
      env: this.#environments.push(environment) - 1,
    };
  }

  /** The file is read relative to this process's directory. @param {string} path @param {number | undefined} env */
  #file(path, env) {
    /** @type {string} */
    let text;
    try {
      text = readFileSync(path, "utf8");
    } catch (error) {
      const { errno, code } = /** @type {NodeJS.ErrnoException} */ (error);
      const reason = code === "ENOENT" ? "no such file or directory" : `${code}`;
      throw new Refusal(`${reason} (error code: ${Math.abs(errno ?? 0)})\n  file: ${path}`);
    }
    return this.#command(text, env);
  }

  /** @param {Pick<Sorry, "goal" | "environment">} sorry @param {boolean} partOfOther @returns {Answer} */
  #sorryAnswer({ goal, environment }, partOfOther) {
    const state = {
      environment,
      goals: [goal],
      hasSorry: false,
      partOfOther,
      messages: [],
      sorries: [],
    };
    return { proofState: this.#proofStates.push(state) - 1, goal: showGoal(goal) };
  }

  /** @param {string} text @param {ProofState} state @returns {Answer} */
  #tactic(text, state) {
    wait(this.settings.commandMs);
    const elaborator = new Elaborator(state.environment, this.settings.dialect, runBlock);
    try {
      const parser = new Parser(tokenize(text));
      const tactic = parseTactic(parser);
      if (parser.peek().type !== "end")
        throw new SyntaxProblem("expected end of input", parser.peek());
      const goals = runTactic(elaborator, state.goals, tactic);
      const said = elaborator.messages.map((each) => ({ ...each, pos: NOWHERE, endPos: NOWHERE }));
      /** @type {ProofState} */
      const next = {
        ...state,
        goals,
        hasSorry: state.hasSorry || elaborator.usesSorry,
        messages: [...state.messages, ...said],
        sorries: [...state.sorries, ...elaborator.sorries],
      };
      return this.#proofAnswer(next, { messages: said, sorries: elaborator.sorries });
    } catch (problem) {
      throw new Refusal(`Lean error:\n${whatLeanSays(problem)}`);
    }
  }

  /**
   * Takes the state in under a new id, after the ids of its sorries. A pickling answer lists the
   * sorries and messages of all the tactics so far once more, a tactic answer only the new ones.
   * @param {ProofState} state
   * @param {Pick<ProofState, "messages" | "sorries">} listed
   * @returns {Answer}
   */
  #proofAnswer(state, listed) {
    const sorries = listed.sorries.map((sorry) => this.#sorryAnswer(sorry, true));
    return {
      sorries: unlessEmpty(sorries),
      proofStatus: proofStatus(state),
      proofState: this.#proofStates.push(state) - 1,
      messages: unlessEmpty(listed.messages.map(messageAnswer)),
      goals: state.goals.map(showGoal),
    };
  }
}

/** @param {unknown} problem */
function whatLeanSays(problem) {
  if (problem instanceof SyntaxProblem) {
    // Lean's parser counts columns from 1 here, unlike everywhere else.
    const { line, column } = problem.start;
    return `<input>:${line}:${column + 1}: ${problem.message}`;
  }
  if (problem instanceof TacticFailure || problem instanceof ElaborationProblem)
    return problem.message;
  throw problem;
}
