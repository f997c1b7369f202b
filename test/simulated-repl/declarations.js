// `def`, `theorem`, `example` and their like.

import { abstract, elaborateBinders } from "./binders.js";
import { Elaborator } from "./elaborator.js";
import { declare, declared, isTaken } from "./environment.js";
import { applyTo, PROP, SORRY, same, someIn } from "./expressions.js";
import { ElaborationProblem } from "./problems.js";
import { runBlock } from "./tactics.js";
import { hasMeta } from "./unifier.js";

/** @import { Parser } from "./parser.js" */
/** @import { Constant, Dialect, Environment, Expr, Local, Message, Sorry, Span, Surface, SurfaceBinder } from "./types.ts" */

/**
 * A declaration as it is written. `at` is its name, or the keyword where it has none.
 * @typedef {object} Declaration
 * @property {string} keyword
 * @property {boolean} noncomputable
 * @property {string | undefined} name
 * @property {Span} at
 * @property {SurfaceBinder[]} binders
 * @property {Surface | undefined} type
 * @property {Surface | undefined} value
 */

/** @typedef {{ environment: Environment, messages: Message[], sorries: Sorry[] }} Outcome */

/**
 * Reads a declaration from its keyword on.
 * @param {Parser} parser
 * @returns {Declaration}
 */
export function parseDeclaration(parser) {
  const noncomputable = parser.accept("noncomputable");
  const token = parser.next();
  const keyword = token.text;
  const at = keyword === "example" ? token : parser.peek();
  const name = keyword === "example" ? undefined : parser.name();
  const binders = parser.binders();
  const typed = keyword === "def" || keyword === "abbrev" ? parser.accept(":") : true;
  if (typed && keyword !== "def" && keyword !== "abbrev") parser.expect(":");
  const type = typed ? parser.term() : undefined;
  if (keyword === "axiom")
    return { keyword, noncomputable, name, at, binders, type, value: undefined };
  parser.expect(":=");
  return { keyword, noncomputable, name, at, binders, type, value: parser.term() };
}

/**
 * Elaborates a declaration. One with errors is declared all the same, with `sorry` for a value.
 * @param {Declaration} declaration
 * @param {Environment} environment
 * @param {Dialect} dialect
 * @returns {Outcome}
 */
export function elaborateDeclaration(declaration, environment, dialect) {
  const elaborator = new Elaborator(environment, dialect, runBlock);
  const { name, at } = declaration;
  const taken = name !== undefined && isTaken(environment, name);
  if (taken) elaborator.error(elaborator.wording.alreadyDeclared(name), at);
  const constant = taken
    ? undefined
    : elaborator.recover(() => elaborateParts(elaborator, declaration), undefined);
  warn(elaborator, declaration);
  const kept = constant !== undefined && name !== undefined;
  return {
    environment: kept ? declare(environment, constant) : environment,
    messages: elaborator.messages,
    sorries: elaborator.sorries,
  };
}

/** @param {Elaborator} elaborator @param {Declaration} declaration @returns {Constant} */
function elaborateParts(elaborator, declaration) {
  const { keyword, name = "_example", at, binders } = declaration;
  const { environment } = elaborator;
  const locals = elaborateBinders(elaborator, binders, [], at);
  const { value, type, isProof } = valueAndType(elaborator, declaration, locals);
  const kind = kindOf(keyword);
  if (kind === "theorem" && !isProof) {
    const shown = elaborator.show(type, locals);
    const data = `type of theorem \`${name}\` is not a proposition\n  ${shown}`;
    throw new ElaborationProblem(data, at);
  }
  // Implicit arguments are not kept in terms, so what takes one cannot be unfolded.
  const unfolds = kind === "def" && !binders.some((each) => each.implicit);
  return {
    name,
    kind,
    type: abstract("pi", locals, type, binders),
    value: unfolds && value !== undefined ? abstract("fun", locals, value, binders) : undefined,
    binders: binders.length,
    compiled: isProof || compiles(elaborator, declaration, value),
    usesSorry: elaborator.usesSorry || usesSorry(environment, value ?? type),
  };
}

/** @param {string} keyword @returns {Constant["kind"]} */
function kindOf(keyword) {
  if (keyword === "axiom") return "axiom";
  return keyword === "theorem" || keyword === "lemma" ? "theorem" : "def";
}

/**
 * Whether a definition gets executable code; that it cannot is an error unless it says so.
 * @param {Elaborator} elaborator
 * @param {Declaration} declaration
 * @param {Expr | undefined} value
 */
function compiles(elaborator, { noncomputable, at }, value) {
  if (noncomputable || value === undefined) return false;
  const missing = missingCode(elaborator.environment, value);
  if (missing !== undefined) elaborator.error(withoutCode(missing), at);
  return missing === undefined;
}

/** @param {Elaborator} elaborator @param {Declaration} declaration @param {readonly Local[]} locals */
function valueAndType(elaborator, { type: surface, value, at }, locals) {
  if (surface !== undefined) {
    const { term: type, type: sort } = elaborator.type(surface, locals);
    const isProof = same(sort, PROP);
    if (value === undefined) return { value, type, isProof };
    const checked = elaborator.recover(() => elaborator.check(value, type, locals), SORRY);
    return { value: checked, type, isProof };
  }
  if (value === undefined) throw new Error("what has neither type nor value is not parsed");
  const found = elaborator.term(value, undefined, locals);
  const type = elaborator.unifier.resolve(found.type);
  if (hasMeta(type)) throw new ElaborationProblem("failed to infer definition type", at);
  const isProof = same(elaborator.sortOf(type, locals), PROP);
  return { value: elaborator.unifier.resolve(found.term), type, isProof };
}

/** @param {Elaborator} elaborator @param {Declaration} declaration */
function warn({ messages, sorries, wording }, { at }) {
  // An error in the declaration is worth more to Lean than the sorries beside it.
  if (sorries.length === 0 || messages.length > 0) return;
  const places = wording.warnsAtSorry ? sorries : [at];
  for (const { start = at.start, end = at.end } of places) {
    messages.push({ severity: "warning", pos: start, endPos: end, data: wording.usesSorry });
  }
}

/**
 * What Lean says where a definition needs the code of one that has none: an unpickled one (repl#62).
 * @param {string} name
 */
export function withoutCode(name) {
  const dependency = `it depends on '${name}', which is 'noncomputable'`;
  return `failed to compile definition, consider marking it as 'noncomputable' because ${dependency}`;
}

/**
 * The first constant in a term that has no executable code.
 * @param {Environment} environment
 * @param {Expr} value
 * @returns {string | undefined}
 */
export function missingCode(environment, value) {
  /** @type {string | undefined} */
  let missing;
  someIn(value, (each) => {
    const found = each.k === "const" ? declared(environment, each.name) : undefined;
    if (found !== undefined && found.kind !== "theorem" && !found.compiled) missing = found.name;
    return missing !== undefined;
  });
  return missing;
}

/** @param {Environment} environment @param {Expr} value */
export function usesSorry(environment, value) {
  return someIn(applyTo(value, []), (each) => {
    if (each.k === "sorry") return true;
    return each.k === "const" && declared(environment, each.name)?.usesSorry === true;
  });
}
