// Checked terms: building, substituting, comparing.

/** @import { Expr, Pi } from "./types.ts" */

let nextId = 1;

/** A number that no other local or metavariable of this process has. */
export function freshId() {
  nextId += 1;
  return nextId;
}

/**
 * Makes sure that fresh ids do not meet those of an unpickled state.
 * @param {number} id
 */
export function reserveId(id) {
  nextId = Math.max(nextId, id);
}

/** @param {string} name @returns {Expr} */
export const constant = (name) => ({ k: "const", name });

export const PROP = constant("Prop");
export const TYPE = constant("Type");
export const NAT = constant("Nat");
/** @type {Expr} */
export const SORRY = { k: "sorry" };

/** @param {string} name @param {Expr[]} args @returns {Expr} */
export function call(name, ...args) {
  return args.length === 0 ? constant(name) : { k: "app", head: constant(name), args };
}

/** @param {Expr} type @param {Expr} body @returns {Pi} */
export function arrow(type, body) {
  return { k: "pi", id: freshId(), name: "a", implicit: false, type, body };
}

/** @param {Expr} head @param {Expr[]} args @returns {Expr} */
export function applyTo(head, args) {
  if (args.length === 0) return head;
  if (head.k === "app") return { k: "app", head: head.head, args: [...head.args, ...args] };
  const [first, ...rest] = args;
  if (head.k === "fun" && first !== undefined) {
    return applyTo(substitute(head.body, head.id, first), rest);
  }
  return { k: "app", head, args };
}

/** The constant that a term is, or is an application of. @param {Expr} expr */
export function headName(expr) {
  const head = expr.k === "app" ? expr.head : expr;
  return head.k === "const" ? head.name : undefined;
}

/**
 * The two sides, where a term is `name` of two arguments.
 * @param {Expr} expr
 * @param {string} name
 * @returns {[Expr, Expr] | undefined}
 */
export function pairOf(expr, name) {
  if (expr.k !== "app" || headName(expr) !== name) return undefined;
  const [first, second] = expr.args;
  return first !== undefined && second !== undefined ? [first, second] : undefined;
}

/**
 * Rebuilds a term from the bottom; `change` answers a leaf or a node with what stands for it.
 * @param {Expr} expr
 * @param {(expr: Expr) => Expr | undefined} change
 * @returns {Expr}
 */
export function rebuild(expr, change) {
  const changed = change(expr);
  if (changed !== undefined) return changed;
  if (expr.k === "app") {
    const args = expr.args.map((arg) => rebuild(arg, change));
    return applyTo(rebuild(expr.head, change), args);
  }
  if (expr.k === "pi" || expr.k === "fun") {
    return { ...expr, type: rebuild(expr.type, change), body: rebuild(expr.body, change) };
  }
  return expr;
}

/**
 * @param {Expr} expr
 * @param {number} id
 * @param {Expr} value
 * @returns {Expr}
 */
export function substitute(expr, id, value) {
  return rebuild(expr, (each) => (each.k === "local" && each.id === id ? value : undefined));
}

/**
 * @param {Expr} expr
 * @param {(expr: Expr) => boolean} test
 * @returns {boolean}
 */
export function someIn(expr, test) {
  if (test(expr)) return true;
  if (expr.k === "app") return [expr.head, ...expr.args].some((each) => someIn(each, test));
  if (expr.k === "pi" || expr.k === "fun")
    return [expr.type, expr.body].some((each) => someIn(each, test));
  return false;
}

/** Whether a pi is an arrow: nothing in its body depends on it. @param {Pi} pi */
export function isArrow(pi) {
  return !pi.implicit && !someIn(pi.body, (each) => each.k === "local" && each.id === pi.id);
}

/**
 * Same term, whatever bound variables are called.
 * @param {Expr} a
 * @param {Expr} b
 * @returns {boolean}
 */
export function same(a, b) {
  if (a.k === "app" && b.k === "app") {
    const sides = b.args;
    return (
      a.args.length === sides.length &&
      same(a.head, b.head) &&
      a.args.every((arg, at) => same(arg, sides[at] ?? SORRY))
    );
  }
  if ((a.k === "pi" && b.k === "pi") || (a.k === "fun" && b.k === "fun")) {
    return same(a.type, b.type) && same(a.body, substitute(b.body, b.id, { k: "local", id: a.id }));
  }
  return sameLeaf(a, b);
}

/** @param {Expr} a @param {Expr} b */
function sameLeaf(a, b) {
  if (a.k === "const" && b.k === "const") return a.name === b.name;
  if (a.k === "number" && b.k === "number") return a.digits === b.digits && a.type === b.type;
  if (a.k === "string" && b.k === "string") return a.text === b.text;
  if ((a.k === "local" && b.k === "local") || (a.k === "meta" && b.k === "meta")) {
    return a.id === b.id;
  }
  return a.k === "sorry" && b.k === "sorry";
}
