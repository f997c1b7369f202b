// One process's states, and what it answers to each request.
import { readFileSync, statSync } from "node:fs";
import { missingImport, runCommands } from "./commands.js";
import * as env from "./environment.js";
import { Lean } from "./lean.js";
import { readPickle, writePickle } from "./olean.js";
import * as act from "./process.js";
import { runOneTactic } from "./tactics.js";
import { Problem, positionIn, showGoal } from "./text.js";
import { wordingOf } from "./vocabulary.js";

/** @import { Request } from "./requests.js" */
/** @import { Settings } from "./settings.js" */
/** @import { Entry, Environment, Goal, ProofState, Said } from "./types.ts" */

const NOWHERE = { pos: { line: 0, column: 0 }, endPos: { line: 0, column: 0 } };
const CLOSURES =
  "INTERNAL PANIC: closures cannot be compacted. One possible cause of this error is trying to store a function in a persistent environment extension.";

/** Whether one of some texts holds another, as it is or inside a JSON string. @param {string[]} texts @param {string} [wanted] */
function hold(texts, wanted) {
  const escaped = JSON.stringify(wanted)?.slice(1, -1);
  return wanted && texts.some((each) => each.includes(wanted) || each.includes(escaped));
}
/** @template T @param {T[]} list */
const unlessEmpty = (list) => (list.length > 0 ? list : undefined);
/** With this sentence the REPL refuses a request, and survives. @template T @param {T | undefined} value @param {string} sentence @returns {T} */
function known(value, sentence) {
  if (value === undefined) throw new Problem("refusal", sentence);
  return value;
}
/** @param {Goal} goal @param {Environment} environment */
const shown = (goal, environment) => showGoal(goal, (term) => env.print(environment, term));
/** @param {ProofState} state */
function proofStatus({ goals, hasSorry, partOfOther }) {
  if (goals.length > 0) return "Incomplete: open goals remain";
  if (partOfOther) return "Incomplete: contains metavariable(s)";
  return hasSorry ? "Incomplete: contains sorry" : "Completed";
}
/** Everything that one process knows: its two lists of states, ids being places. */
export class Session {
  /** @type {Environment[]} */
  #environments = [];
  /** @type {ProofState[]} */
  #proofStates = [];
  #requests = 0;
  #picklings = 0;

  /** @param {Settings} settings */
  constructor(settings) {
    this.settings = settings;
    this.wording = wordingOf(settings.dialect);
  }
  /** A request may crash, hang, or get an answer that is not JSON (then true). @param {string} text @param {Request} request */
  #isStruck(text, { kind, path }) {
    const { settings } = this;
    this.#requests += 1;
    act.log(settings.log, "request", kind);
    act.flood(settings.stderrPerRequest);
    // A text is looked for however the JSON is escaped, and in the pickle that is loaded.
    const isLoaded = /^unpickle/.test(kind) && statSync(path, { throwIfNoEntry: false })?.isFile();
    const texts = [
      text,
      JSON.stringify(JSON.parse(text)),
      isLoaded ? readFileSync(path, "utf8") : "",
    ];
    const strikes = (/** @type {Settings["hang"]} */ { at, on }) =>
      at === this.#requests || hold(texts, on);
    if (strikes(settings.hang)) act.hang();
    if (strikes(settings.segv)) act.segfault();
    if (strikes(settings.crash)) throw act.uncaught("simulated crash");
    return strikes(settings.garbage);
  }
  /** The answer to a request. Throws a Death where the REPL dies of it. @param {string} text @param {Request} request */
  answer(text, request) {
    const isSpoilt = this.#isStruck(text, request);
    try {
      const answer = this.#run(request);
      return isSpoilt ? undefined : answer;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.kind === "refusal") return { message: problem.message };
      // Lean's parser counts columns from 1 here, unlike everywhere else.
      const { line, column } = positionIn(request.tactic, problem.from);
      const place = `${this.wording.input}:${line}:${column + 1}: `;
      const said = problem.kind === "syntax" ? place + problem.message : problem.message;
      return { message: `Lean error:\n${said}` };
    }
  }
  /** @param {Request} request @returns {object} */
  #run({ kind, path, cmd, tactic, proofState, env: id = -1 }) {
    const environment = this.#environments[id];
    const state = this.#proofStates[proofState];
    const own = () => known(environment, "Unknown environment.");
    const base = () => (id < 0 ? undefined : own());
    switch (kind) {
      case "tactic":
        return this.#tactic(tactic, known(state, "Unknown proof state."));
      case "pickleEnv":
        this.#pickle(path, kind, env.pickled(own()));
        return { env: id };
      case "pickleProofState": {
        const {
          messages,
          sorries,
          environment: under,
          ...rest
        } = known(state, "Unknown proof State.");
        const printed = rest.goals.map((goal) => shown(goal, under));
        this.#pickle(path, kind, { ...env.pickled(under), ...rest, printed });
        return this.#proofAnswer({ ...rest, environment: under, messages, sorries });
      }
      case "unpickleEnv":
        return { env: this.#environments.push(this.#unpickle(path, "pickleEnv").environment) - 1 };
      case "unpickleProofState":
        return this.#unpickleProofState(path, this.settings.ignoreEnv ? undefined : base());
      default:
        return this.#command(kind === "command" ? cmd : readCode(path), base());
    }
  }
  /** Pays for an import. @param {string[]} imports */
  #import(imports) {
    const missing = missingImport(imports, this.settings.modules);
    if (missing !== undefined) throw act.uncaught(missing);
    act.log(this.settings.log, "import", imports.join(",") || "Init");
    act.occupy(this.settings.importMib);
    act.wait(this.settings.importMs);
  }
  /** @param {string} path @param {string} kind @param {object} content */
  #pickle(path, kind, content) {
    const { closures, hangInPickleAt } = this.settings;
    this.#picklings += 1;
    const isHeld = hold([JSON.stringify(content)], closures.on);
    if (closures.at === this.#picklings || isHeld) throw new act.Death(CLOSURES);
    const hangHalfway = hangInPickleAt === this.#picklings;
    writePickle(path, { kind, ...content }, this.settings, hangHalfway);
  }
  /** What was pickled, on `base` or on its imports. The wrong kind is a SIGSEGV: Lean does not know one. @param {string} path @param {string} kind @param {Environment} [base] */
  #unpickle(path, kind, base) {
    const content = readPickle(path, this.settings);
    if (content.kind !== kind) act.segfault();
    act.wait(this.settings.unpickleMs);
    if (base === undefined) this.#import(content.imports);
    // The kernel replays constants as declarations; newer releases panic, and go on.
    for (const { name } of /** @type {Entry[]} */ (base ? content.constants : [])) {
      const sentence = `(kernel) constant has already been declared '${name}'`;
      const isTaken = base && env.constantOf(base, name) !== undefined;
      if (isTaken && this.wording.isOld) throw act.uncaught(sentence);
      if (isTaken) act.writeError(`PANIC: ${sentence}\n`);
    }
    const environment = env.unpickled(content, base ?? env.imported(content.imports));
    return { content, environment };
  }
  /** @param {string} path @param {Environment | undefined} base */
  #unpickleProofState(path, base) {
    const { content, environment } = this.#unpickle(path, "pickleProofState", base);
    const { goals: own, printed, hasSorry, partOfOther } = content;
    const { changedGoals = "\0" } = this.settings;
    const isChanged = changedGoals === "*" || printed.join("").includes(changedGoals);
    /** @type {Goal[]} */
    const some = own.length > 0 ? own : [{ tag: "", locals: [], target: "" }];
    const goals = isChanged ? some.map((goal) => ({ ...goal, target: "False" })) : own;
    const nothing = { messages: [], sorries: [] };
    return this.#proofAnswer({ environment, goals, hasSorry, partOfOther, ...nothing });
  }
  /** @param {string} text @param {Environment | undefined} base */
  #command(text, base) {
    const { settings } = this;
    act.wait(settings.commandMs);
    const { lean, imports } = runCommands(text, base, this.wording, settings.modules);
    if (imports.length > 0) this.#import(imports);
    else if (!base) act.log(settings.log, "import", "Init");
    if (!base && imports.length === 0) act.wait(settings.initMs);
    // Some releases let a proof state know nothing of its own request (repl#66).
    const before = settings.sorryEnv === "before" ? base : undefined;
    const sorries = lean.sorries.map(({ goal, environment, pos, endPos }) => {
      const entered = this.#enter(goal, before ?? environment, false);
      return { ...entered, goal: shown(goal, environment), pos, endPos };
    });
    const id = this.#environments.push(lean.environment) - 1;
    return { sorries: unlessEmpty(sorries), messages: unlessEmpty(lean.messages), env: id };
  }
  /** @param {Goal} goal @param {Environment} environment @param {boolean} partOfOther */
  #enter(goal, environment, partOfOther) {
    const rest = { hasSorry: false, partOfOther, messages: [], sorries: [] };
    const proofState = this.#proofStates.push({ environment, goals: [goal], ...rest }) - 1;
    return { proofState, goal: shown(goal, environment) };
  }
  /** @param {string} text @param {ProofState} state */
  #tactic(text, state) {
    act.wait(this.settings.tacticMs);
    const lean = new Lean(text, state.environment, this.wording);
    const goals = runOneTactic(lean, state.goals);
    const said = { ...lean, messages: lean.messages.map((each) => ({ ...each, ...NOWHERE })) };
    const messages = [...state.messages, ...said.messages];
    const sorries = [...state.sorries, ...lean.sorries];
    const hasSorry = state.hasSorry || lean.usesSorry;
    return this.#proofAnswer({ ...state, goals, hasSorry, messages, sorries }, said);
  }

  /** Takes the state in under a new id, after the ids of its sorries. A pickling answer lists the
   * sorries and messages of all the tactics so far, a tactic's answer only the new ones. @param {ProofState} state @param {Said} [said] */
  #proofAnswer(state, { messages, sorries } = state) {
    const entered = sorries.map(({ goal, environment }) => this.#enter(goal, environment, true));
    return {
      sorries: unlessEmpty(entered),
      proofStatus: proofStatus(state),
      proofState: this.#proofStates.push(state) - 1,
      messages: unlessEmpty(messages),
      goals: state.goals.map((goal) => shown(goal, state.environment)),
    };
  }
}
/** The file is read relative to this process's directory. @param {string} path */
function readCode(path) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { errno = 0, code } = /** @type {NodeJS.ErrnoException} */ (error);
    const reason = code === "ENOENT" ? "no such file or directory" : `${code}`;
    throw new Problem("refusal", `${reason} (error code: ${Math.abs(errno)})\n  file: ${path}`);
  }
}
