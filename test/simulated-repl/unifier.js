// When two terms are the same, and what must be put for the unknowns to make them so.

import { declared } from "./environment.js";
import {
  applyTo,
  call,
  constant,
  freshId,
  rebuild,
  SORRY,
  same,
  someIn,
  substitute,
} from "./expressions.js";

/** @import { Environment, Expr } from "./types.ts" */

/** @typedef {Extract<Expr, { k: "number" }>} NumberExpr */

/** @param {bigint} value @param {"Nat" | "Int"} type @returns {Expr} */
function number(value, type) {
  return { k: "number", digits: value.toString(), type };
}

/** @type {Map<string, (a: bigint, b: bigint, type: string) => bigint>} */
const ARITHMETIC = new Map([
  ["HAdd.hAdd", (a, b) => a + b],
  ["HSub.hSub", (a, b, type) => (type === "Nat" && b > a ? 0n : a - b)],
  ["HMul.hMul", (a, b) => a * b],
]);

/** @param {Expr} expr */
function computed(expr) {
  if (expr.k !== "app" || expr.head.k !== "const") return expr;
  const [first, second] = expr.args;
  if (first?.k !== "number") return expr;
  const { name } = expr.head;
  if (name === "Nat.succ") return number(BigInt(first.digits) + 1n, "Nat");
  if (name === "Neg.neg") return number(-BigInt(first.digits), first.type);
  const operation = ARITHMETIC.get(name);
  if (operation === undefined || second?.k !== "number") return expr;
  return number(operation(BigInt(first.digits), BigInt(second.digits), first.type), first.type);
}

/**
 * A term with its definitions unfolded and its arithmetic done.
 * @param {Expr} expr
 * @param {Environment} environment
 * @returns {Expr}
 */
export function reduce(expr, environment) {
  if (expr.k === "const") {
    if (expr.name === "Nat.zero") return number(0n, "Nat");
    const found = declared(environment, expr.name);
    const unfolds = found?.kind === "def" && found.value !== undefined;
    return unfolds ? reduce(found.value ?? SORRY, environment) : expr;
  }
  if (expr.k === "app") {
    const head = reduce(expr.head, environment);
    const args = expr.args.map((arg) => reduce(arg, environment));
    const applied = applyTo(head, args);
    return head.k === "fun" ? reduce(applied, environment) : computed(applied);
  }
  if (expr.k === "pi" || expr.k === "fun") {
    const { type, body } = expr;
    return { ...expr, type: reduce(type, environment), body: reduce(body, environment) };
  }
  return expr;
}

/** @param {Expr} expr */
export function hasMeta(expr) {
  return someIn(expr, (each) => each.k === "meta");
}

/** Metavariables and what was found for them. */
export class Unifier {
  /** @type {Map<number, Expr>} */
  #assigned = new Map();

  /** @param {Environment} environment */
  constructor(environment) {
    this.environment = environment;
  }

  /** @returns {Expr} */
  fresh() {
    return { k: "meta", id: freshId() };
  }

  /** The term with everything put in that is known. @param {Expr} expr @returns {Expr} */
  resolve(expr) {
    return rebuild(expr, (each) => {
      if (each.k !== "meta") return undefined;
      const value = this.#assigned.get(each.id);
      return value === undefined ? each : this.resolve(value);
    });
  }

  /** Makes two terms equal where it can, and takes back what it assumed where it cannot.
   * @param {Expr} a
   * @param {Expr} b
   */
  attempt(a, b) {
    const before = new Map(this.#assigned);
    if (this.unify(a, b)) return true;
    this.#assigned = before;
    return false;
  }

  /**
   * Makes two terms equal; on failure it keeps what it assumed, as Lean's messages show.
   * @param {Expr} a
   * @param {Expr} b
   * @returns {boolean}
   */
  unify(a, b) {
    const left = this.resolve(a);
    const right = this.resolve(b);
    if (left.k === "meta") return this.#assign(left.id, right);
    if (right.k === "meta") return this.#assign(right.id, left);
    if (same(left, right)) return true;
    if (this.#structure(left, right)) return true;
    const known = this.resolve(left);
    const other = this.resolve(right);
    if (hasMeta(known) || hasMeta(other)) return false;
    return same(reduce(known, this.environment), reduce(other, this.environment));
  }

  /** @param {number} id @param {Expr} value */
  #assign(id, value) {
    if (value.k === "meta" && value.id === id) return true;
    if (someIn(value, (each) => each.k === "meta" && each.id === id)) return false;
    this.#assigned.set(id, value);
    return true;
  }

  /** @param {Expr} one @param {Expr} other */
  #structure(one, other) {
    const a = other.k === "pi" ? unfoldNot(one) : one;
    const b = one.k === "pi" ? unfoldNot(other) : other;
    if (a.k === "app" && b.k === "app") {
      const others = b.args;
      return (
        a.args.length === others.length &&
        same(a.head, b.head) &&
        a.args.every((arg, at) => this.unify(arg, others[at] ?? SORRY))
      );
    }
    if ((a.k === "pi" && b.k === "pi") || (a.k === "fun" && b.k === "fun")) {
      const body = substitute(b.body, b.id, { k: "local", id: a.id });
      return this.unify(a.type, b.type) && this.unify(a.body, body);
    }
    return false;
  }
}

/** `¬p` is `p → False`; everything else is what it is. @param {Expr} type @returns {Expr} */
export function unfoldNot(type) {
  if (type.k !== "app" || !same(type, call("Not", ...type.args))) return type;
  const [proposition = SORRY] = type.args;
  const body = constant("False");
  return { k: "pi", id: freshId(), name: "a", implicit: false, type: proposition, body };
}
