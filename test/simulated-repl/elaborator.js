// From what is written to checked terms.

import { elaborateApplication, elaborateHead, elaborateTuple } from "./applications.js";
import { elaborateFun, elaboratePi } from "./binders.js";
import { BUILTIN_TYPES } from "./builtins.js";
import { importedEnvironment } from "./environment.js";
import { constant, headName, NAT, PROP, SORRY, TYPE } from "./expressions.js";
import { tokenize } from "./lexer.js";
import { elaborateOperator } from "./operators.js";
import { Parser } from "./parser.js";
import { ElaborationProblem } from "./problems.js";
import { printedNames, showGoal, showTerm } from "./show.js";
import { hasMeta, Unifier } from "./unifier.js";
import { wordingOf } from "./wording.js";

/** @import { Dialect, Environment, Expr, Goal, Local, Message, Sorry, Span, Surface } from "./types.ts" */

/** @typedef {{ term: Expr, type: Expr }} Typed */

/** @type {Map<string, Expr>} */
const builtinTypes = new Map();

/**
 * The type of a built-in, checked when it is first needed: most processes need few of them.
 * @param {string} name
 */
function builtinType(name) {
  const known = builtinTypes.get(name);
  if (known !== undefined) return known;
  const text = BUILTIN_TYPES.get(name) ?? "Type";
  if (text === name || text === "Type") return TYPE;
  const elaborator = new Elaborator(importedEnvironment([]), "4.33", () => {});
  const type = elaborator.type(new Parser(tokenize(text)).term(), []).term;
  builtinTypes.set(name, type);
  return type;
}

/** Elaborates the terms of one command or tactic and collects what it has to say. */
export class Elaborator {
  /** @type {Message[]} */
  messages = [];
  /** @type {Sorry[]} */
  sorries = [];
  /** Whether anything that was checked stands on a `sorry`, written or put in for an error. */
  usesSorry = false;

  /**
   * @param {Environment} environment
   * @param {Dialect} dialect
   * @param {(elaborator: Elaborator, goal: Goal, block: Extract<Surface, { kind: "by" }>) => void}
   *   runBlock closes a goal by tactics, or says what is wrong
   */
  constructor(environment, dialect, runBlock) {
    this.environment = environment;
    this.wording = wordingOf(dialect);
    this.runBlock = runBlock;
    this.unifier = new Unifier(environment);
  }

  /** @param {string} data @param {Span} span */
  error(data, span) {
    this.messages.push({ severity: "error", pos: span.start, endPos: span.end, data });
    this.usesSorry = true;
  }

  /**
   * Runs something that may fail; what fails is reported and counts as a `sorry`.
   * @template T
   * @param {() => T} action
   * @param {T} fallback
   */
  recover(action, fallback) {
    try {
      return action();
    } catch (problem) {
      if (!(problem instanceof ElaborationProblem)) throw problem;
      this.error(problem.message, problem);
      return fallback;
    }
  }

  /** @param {Expr} expr @param {readonly Local[]} locals */
  show(expr, locals) {
    return showTerm(this.unifier.resolve(expr), printedNames(locals));
  }

  /**
   * A term that must be a type.
   * @param {Surface} surface
   * @param {readonly Local[]} locals
   * @returns {Typed}
   */
  type(surface, locals) {
    const { term, type } = this.term(surface, undefined, locals);
    if (type.k !== "const" || (type.name !== "Prop" && type.name !== "Type")) {
      const shown = `${this.show(term, locals)} : ${this.show(type, locals)}`;
      throw new ElaborationProblem(`type expected, got\n  (${shown})`, surface);
    }
    return { term, type };
  }

  /**
   * A term that must have a type.
   * @param {Surface} surface
   * @param {Expr} expected
   * @param {readonly Local[]} locals
   * @returns {Expr}
   */
  check(surface, expected, locals) {
    return this.checked(surface, expected, locals).term;
  }

  /**
   * A term that must have a type, with the type that it has of itself: `(rfl : f = 37)` has
   * `f = f` (upstream's def_eval).
   * @param {Surface} surface
   * @param {Expr} expected
   * @param {readonly Local[]} locals
   * @returns {Typed}
   */
  checked(surface, expected, locals) {
    const { term, type } = this.term(surface, expected, locals);
    if (!this.unifier.unify(type, expected)) {
      throw new ElaborationProblem(this.mismatch(term, type, expected, locals), surface);
    }
    return { term: this.unifier.resolve(term), type: this.unifier.resolve(type) };
  }

  /** What Lean says of a term that has another type than it should.
   * @param {Expr} term
   * @param {Expr} type
   * @param {Expr} expected
   * @param {readonly Local[]} locals
   */
  mismatch(term, type, expected, locals) {
    const shown = [type, expected].map((each) => {
      const sort = this.wording.showsSorts ? ` : ${this.show(this.sortOf(each, locals), [])}` : "";
      return this.show(each, locals) + sort;
    });
    const head = `${this.wording.typeMismatch}\n  ${this.show(term, locals)}`;
    return `${head}\nhas type\n  ${shown[0]}\nbut is expected to have type\n  ${shown[1]}`;
  }

  /** The type of a type. @param {Expr} type @param {readonly Local[]} locals @returns {Expr} */
  sortOf(type, locals) {
    const expr = this.unifier.resolve(type);
    if (expr.k === "pi") return this.sortOf(expr.body, locals);
    if (expr.k === "local") return locals.find((each) => each.id === expr.id)?.type ?? PROP;
    const name = headName(expr) ?? "";
    return BUILTIN_TYPES.get(name) === "Type" ? TYPE : PROP;
  }

  /**
   * A term, with the expected type as a hint where there is one.
   * @param {Surface} surface
   * @param {Expr | undefined} expected
   * @param {readonly Local[]} locals
   * @returns {Typed}
   */
  term(surface, expected, locals) {
    switch (surface.kind) {
      case "identifier":
        return elaborateApplication(
          this,
          elaborateHead(this, surface, locals),
          [],
          expected,
          locals,
          surface,
        );
      case "number":
        return this.#number(surface, expected, locals);
      case "string":
        return {
          term: { k: "string", text: surface.text },
          type: this.builtin("String", surface).term,
        };
      case "apply": {
        const head = elaborateHead(this, surface.head, locals);
        return elaborateApplication(this, head, surface.args, expected, locals, surface);
      }
      case "operator":
        return elaborateOperator(this, surface, expected, locals);
      case "ascription": {
        const type = this.type(surface.type, locals).term;
        return this.checked(surface.term, type, locals);
      }
      default:
        return this.#needingType(surface, expected, locals);
    }
  }

  /**
   * @param {Extract<Surface, { kind: "number" }>} surface
   * @param {Expr | undefined} expected
   * @param {readonly Local[]} locals
   * @returns {Typed}
   */
  #number(surface, expected, locals) {
    this.builtin("Nat", surface);
    const type = this.unifier.resolve(expected ?? NAT);
    const name = type.k === "meta" ? "Nat" : headName(type);
    if (name !== "Nat" && name !== "Int") {
      const wanted = `OfNat ${showTerm(type, printedNames(locals), 1024)} ${surface.text}`;
      throw new ElaborationProblem(`failed to synthesize\n  ${wanted}`, surface);
    }
    const digits = BigInt(surface.text).toString();
    return { term: { k: "number", digits, type: name }, type: constant(name) };
  }

  /**
   * @param {Surface} surface
   * @param {Expr | undefined} expected
   * @param {readonly Local[]} locals
   * @returns {Typed}
   */
  #needingType(surface, expected, locals) {
    if (surface.kind === "pi") return elaboratePi(this, surface, locals);
    const type = expected === undefined ? undefined : this.unifier.resolve(expected);
    if (surface.kind === "fun") return elaborateFun(this, surface, type, locals);
    if (type === undefined || hasMeta(type)) {
      throw new ElaborationProblem("don't know how to synthesize placeholder", surface);
    }
    const goal = { tag: "", locals: [...locals], target: type };
    if (surface.kind === "tuple") return elaborateTuple(this, surface, type, locals);
    if (surface.kind === "by") this.runBlock(this, goal, surface);
    if (surface.kind === "sorry") this.sorry(goal, surface);
    if (surface.kind === "hole") {
      const context = `context:\n${showGoal(goal)}`;
      throw new ElaborationProblem(`don't know how to synthesize placeholder\n${context}`, surface);
    }
    return { term: SORRY, type };
  }

  /** Notes a `sorry` that someone wrote. @param {Goal} goal @param {Span} span */
  sorry(goal, { start, end }) {
    this.sorries.push({ goal, environment: this.environment, start, end });
    this.usesSorry = true;
  }

  /** What an import brings; nothing where it failed. @param {string} name @param {Span} span @returns {Typed} */
  builtin(name, span) {
    if (this.environment.empty) throw new ElaborationProblem(`unknown constant '${name}'`, span);
    return { term: constant(name), type: builtinType(name) };
  }
}
