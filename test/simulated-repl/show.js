// Terms, goals and signatures as Lean prints them.
import { isArrow } from "./expressions.js";

/** @import { Constant, Expr, Goal, Local, Pi } from "./types.ts" */

/** Of each infix: its sign, how tight it binds, and what its sides must bind at least. */
const INFIX = new Map(
  /** @type {const} */ ([
    ["Iff", ["↔", 20, 21, 21]],
    ["Or", ["∨", 30, 31, 30]],
    ["And", ["∧", 35, 36, 35]],
    ["Eq", ["=", 50, 51, 51]],
    ["Ne", ["≠", 50, 51, 51]],
    ["LT.lt", ["<", 50, 51, 51]],
    ["LE.le", ["≤", 50, 51, 51]],
    ["GT.gt", [">", 50, 51, 51]],
    ["GE.ge", ["≥", 50, 51, 51]],
    ["HAdd.hAdd", ["+", 65, 65, 66]],
    ["HSub.hSub", ["-", 65, 65, 66]],
    ["HMul.hMul", ["*", 70, 70, 71]],
  ]),
);
const ARROW = 25;
const ARGUMENT = 1024;

/** @typedef {ReadonlyMap<number, string>} Names */

/** @param {string} text @param {boolean} needed */
const parenthesized = (text, needed) => (needed ? `(${text})` : text);

/**
 * What each hypothesis is called in print: one that a later one of the same name hides gets a
 * dagger, as in Lean.
 * @param {readonly Local[]} locals
 * @returns {Map<number, string>}
 */
export function printedNames(locals) {
  /** @type {Map<number, string>} */
  const names = new Map();
  /** @type {Map<string, number>} */
  const seen = new Map();
  for (const { id, name } of [...locals].reverse()) {
    const hiddenBy = seen.get(name) ?? 0;
    seen.set(name, hiddenBy + 1);
    const superscript =
      hiddenBy > 1 ? [...`${hiddenBy - 1}`].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[+d]).join("") : "";
    names.set(id, hiddenBy === 0 ? name : `${name}✝${superscript}`);
  }
  return names;
}

/**
 * @param {Expr} expr
 * @param {Names} names what the locals are called
 * @param {number} [tightness] what the place requires
 * @returns {string}
 */
export function showTerm(expr, names, tightness = 0) {
  switch (expr.k) {
    case "const":
      return expr.name === "Unit.unit" ? "()" : expr.name.replace(/^Bool\./, "");
    case "local":
      return names.get(expr.id) ?? "_";
    case "meta":
      return `?m.${expr.id}`;
    case "number":
      return expr.digits;
    case "string":
      return JSON.stringify(expr.text);
    case "sorry":
      return "sorry";
    case "app":
      return showCall(expr, names, tightness);
    default:
      return showBinding(expr, names, tightness);
  }
}

/** @param {Extract<Expr, { k: "app" }>} expr @param {Names} names @param {number} tightness */
function showCall(expr, names, tightness) {
  const [first, second] = expr.args;
  const name = expr.head.k === "const" ? expr.head.name : "";
  const infix = INFIX.get(/** @type {"And"} */ (name));
  if (infix !== undefined && first !== undefined && second !== undefined) {
    const [sign, own, left, right] = infix;
    const text = `${showTerm(first, names, left)} ${sign} ${showTerm(second, names, right)}`;
    return parenthesized(text, own < tightness);
  }
  if (name === "Not" && first !== undefined) return `¬${showTerm(first, names, 40)}`;
  if (name === "Neg.neg" && first !== undefined) {
    return parenthesized(`-${showTerm(first, names, 75)}`, tightness > 75);
  }
  const parts = [expr.head, ...expr.args].map((each) => showTerm(each, names, ARGUMENT));
  return parenthesized(parts.join(" "), tightness >= ARGUMENT);
}

/** @param {Pi} expr @param {Names} names @param {number} tightness */
function showBinding(expr, names, tightness) {
  if (expr.k === "pi" && isArrow(expr)) {
    const left = showTerm(expr.type, names, ARROW + 1);
    return parenthesized(`${left} → ${showTerm(expr.body, names, ARROW)}`, tightness > ARROW);
  }
  const { groups, body, inside } = openBinders(expr, names, Number.POSITIVE_INFINITY);
  const bare =
    expr.k === "fun" ? groups.map((each) => each.names.join(" ")) : groups.map(showGroup);
  const rest = showTerm(body, inside);
  const text =
    expr.k === "fun" ? `fun ${bare.join(" ")} => ${rest}` : `∀ ${bare.join(" ")}, ${rest}`;
  return parenthesized(text, tightness > 0);
}

/** @typedef {{ names: string[], implicit: boolean, type: string }} Group */

/** @param {Group} group */
function showGroup({ names, implicit, type }) {
  const inner = `${names.join(" ")} : ${type}`;
  return implicit ? `{${inner}}` : `(${inner})`;
}

/**
 * Takes up to `limit` binders off a term, neighbours of one type together.
 * @param {Expr} expr
 * @param {Names} names
 * @param {number} limit
 */
function openBinders(expr, names, limit) {
  const inside = new Map(names);
  /** @type {Group[]} */
  const groups = [];
  const kind = expr.k;
  let body = expr;
  for (let count = 0; count < limit && body.k === kind; count += 1) {
    if (body.k !== "pi" && body.k !== "fun") break;
    if (limit === Number.POSITIVE_INFINITY && body.k === "pi" && isArrow(body)) break;
    const { name, implicit } = body;
    const type = showTerm(body.type, inside);
    const last = groups.at(-1);
    if (last?.type === type && last.implicit === implicit) last.names.push(name);
    else groups.push({ names: [name], implicit, type });
    inside.set(body.id, name);
    body = body.body;
  }
  return { groups, body, inside };
}

/**
 * What `#check` prints of a constant: `demo (a b : Nat) : a + b = b + a`.
 * @param {Pick<Constant, "name" | "type" | "binders">} constant
 */
export function showSignature({ name, type, binders }) {
  const { groups, body, inside } = openBinders(type, new Map(), binders);
  return `${[name, ...groups.map(showGroup)].join(" ")} : ${showTerm(body, inside)}`;
}

/**
 * A goal as Lean prints it: hypotheses that stand together and have the same type share a line.
 * @param {Goal} goal
 */
export function showGoal({ tag, locals, target }) {
  const names = printedNames(locals);
  /** @type {{ names: string[], type: string }[]} */
  const groups = [];
  for (const local of locals) {
    const type = showTerm(local.type, names);
    const name = names.get(local.id) ?? local.name;
    const last = groups.at(-1);
    if (last?.type === type) last.names.push(name);
    else groups.push({ names: [name], type });
  }
  return [
    ...(tag === "" ? [] : [`case ${tag}`]),
    ...groups.map(({ names: group, type }) => `${group.join(" ")} : ${type}`),
    `⊢ ${showTerm(target, names)}`,
  ].join("\n");
}
