// Terms that are written with an operator.
import { arrow, call, constant, headName, NAT, PROP } from "./expressions.js";
import { ElaborationProblem } from "./problems.js";

/** @import { Elaborator, Typed } from "./elaborator.js" */
/** @import { Expr, Local, Surface } from "./types.ts" */

/** @typedef {Extract<Surface, { kind: "operator" }>} Operator */

const CONNECTIVES = new Map([
  ["∧", "And"],
  ["∨", "Or"],
  ["↔", "Iff"],
  ["¬", "Not"],
]);
const RELATIONS = new Map([
  ["=", "Eq"],
  ["≠", "Ne"],
  ["<", "LT.lt"],
  ["≤", "LE.le"],
  [">", "GT.gt"],
  ["≥", "GE.ge"],
]);
const ARITHMETIC = new Map([
  ["+", "HAdd.hAdd"],
  ["-", "HSub.hSub"],
  ["*", "HMul.hMul"],
]);

/** Whether a term is made of numbers only, so that its type is to be had from the other side.
 * @param {Surface} surface
 * @returns {boolean}
 */
function isNumeric(surface) {
  if (surface.kind === "operator") return surface.operands.every(isNumeric);
  return surface.kind === "number";
}

/**
 * Both sides of an operator, at one type.
 * @param {Elaborator} elaborator
 * @param {Operator} surface
 * @param {Expr | undefined} expected
 * @param {readonly Local[]} locals
 */
function sides(elaborator, surface, expected, locals) {
  const [first, second] = surface.operands;
  if (first === undefined || second === undefined) throw new Error("an infix has two sides");
  if (expected === undefined && isNumeric(first) && !isNumeric(second)) {
    const right = elaborator.term(second, undefined, locals);
    const left = elaborator.check(first, right.type, locals);
    return { left, right: right.term, type: right.type };
  }
  const left =
    expected === undefined
      ? elaborator.term(first, undefined, locals)
      : { term: elaborator.check(first, expected, locals), type: expected };
  const right = elaborator.check(second, left.type, locals);
  return { left: left.term, right, type: left.type };
}

/** @param {Expr} type */
function isNumberType(type) {
  const name = headName(type);
  return name === "Nat" || name === "Int";
}

/**
 * @param {Elaborator} elaborator
 * @param {Operator} surface
 * @param {Expr | undefined} expected
 * @param {readonly Local[]} locals
 * @returns {Typed}
 */
function numeric(elaborator, surface, expected, locals) {
  const hint = expected === undefined ? undefined : elaborator.unifier.resolve(expected);
  const known = hint !== undefined && isNumberType(hint) ? hint : undefined;
  if (surface.operator === "neg") {
    const type = known ?? constant("Int");
    if (headName(type) === "Nat") {
      throw new ElaborationProblem("failed to synthesize\n  Neg Nat", surface);
    }
    const terms = surface.operands.map((each) => elaborator.check(each, type, locals));
    return { term: call("Neg.neg", ...terms), type };
  }
  const { left, right, type } = sides(elaborator, surface, known, locals);
  if (!isNumberType(type)) {
    const shown = elaborator.show(type, locals);
    const operation = `H${surface.operator} ${shown} ${shown}`;
    throw new ElaborationProblem(`failed to synthesize\n  ${operation}`, surface);
  }
  return { term: call(ARITHMETIC.get(surface.operator) ?? "?", left, right), type };
}

/** @param {Elaborator} elaborator @param {Operator} surface @param {readonly Local[]} locals */
function implication(elaborator, surface, locals) {
  const [from, to] = surface.operands.map((each) => elaborator.type(each, locals));
  if (from === undefined || to === undefined) throw new Error("an arrow has two sides");
  return { term: arrow(from.term, to.term), type: to.type };
}

/**
 * A term that is written with an operator.
 * @param {Elaborator} elaborator
 * @param {Operator} surface
 * @param {Expr | undefined} expected
 * @param {readonly Local[]} locals
 * @returns {Typed}
 */
export function elaborateOperator(elaborator, surface, expected, locals) {
  const { operator, operands } = surface;
  elaborator.builtin("Prop", surface);
  if (operator === "→") return implication(elaborator, surface, locals);
  const connective = CONNECTIVES.get(operator);
  if (connective !== undefined) {
    const terms = operands.map((each) => elaborator.check(each, PROP, locals));
    return { term: call(connective, ...terms), type: PROP };
  }
  const relation = RELATIONS.get(operator);
  if (relation === undefined) return numeric(elaborator, surface, expected, locals);
  const { left, right, type } = sides(elaborator, surface, undefined, locals);
  const equality = relation === "Eq" || relation === "Ne";
  if (!equality && !isNumberType(elaborator.unifier.resolve(type))) {
    const shown = elaborator.show(type ?? NAT, locals);
    throw new ElaborationProblem(
      `failed to synthesize\n  ${relation.split(".")[0]} ${shown}`,
      surface,
    );
  }
  return { term: call(relation, left, right), type: PROP };
}
