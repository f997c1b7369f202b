// Tactics: what each makes of the first goal.
import { entriesOf, find } from "./environment.js";
import * as code from "./text.js";
import { about, MAKERS } from "./vocabulary.js";

/** @import { Lean } from "./lean.js" */
/** @import { Goal, Token, Values } from "./types.ts" */

/** A tactic that is to be run: its first word, and what stands behind it. @typedef {{ lean: Lean, goal: Goal, word: Token, tokens: Token[] }} Step */
/** @param {Step} step @param {string} reason @returns {never} */
function fail({ lean, goal, word, tokens }, reason) {
  const data = `${about(lean.wording.tacticFailed, word.text)}${reason}`;
  const span = code.spanOf([word, ...tokens]);
  throw new code.Problem("tactic", `${data}\n\n${code.showGoal(goal, lean.print)}`, span);
}
/** Makes goals of what a head takes and the goal does not tell. @param {Step} step @param {string} head @param {number} [count] @returns {Goal[]} */
function backwards(step, head, count = 0) {
  const { lean, goal } = step;
  const { binders, explicit, type } = lean.signature(head, count);
  /** @type {Values} */
  const values = new Map(binders.map(({ name }) => [name, undefined]));
  if (!code.match(type, goal.target, values, lean.same)) {
    if (code.splitArrow(type)[0]) return backwards(step, head, explicit.length + 1);
    const [from, to] = [type, goal.target].map(lean.print);
    return fail(step, `could not unify the type\n  ${from}\nwith the goal\n  ${to}`);
  }
  const open = explicit.filter(({ name }) => !values.get(name));
  return open.map(({ name, type: wanted }) => {
    const target = code.replaceNames(wanted, values);
    const isOpen = code.namesIn(target).some((each) => values.has(each) && !values.get(each));
    if (isOpen) fail(step, "an argument cannot be determined");
    const tag = open.length === 1 ? goal.tag : [goal.tag, name].join(".").replace(/^\./, "");
    return { ...goal, tag, target };
  });
}
/** @param {Step} step @returns {Goal[]} */
function byReflexivity(step) {
  const [sign = "", left = "", right = ""] = code.split(step.goal.target);
  if (/^[=↔]$/.test(sign) && step.lean.same(left, right)) return [];
  return fail(step, "The sides are not definitionally equal");
}
/** @param {Step} step @returns {Goal[]} */
function byAssumption(step) {
  const { locals, target } = step.goal;
  if (locals.some(({ type }) => step.lean.same(type, target))) return [];
  return fail(step, "no hypothesis has the goal's type");
}
/** @param {Step} step @returns {Goal[]} */
function byEither(step) {
  return code.split(step.goal.target)[0] === "=" ? byReflexivity(step) : byAssumption(step);
}
/** @type {Record<string, (step: Step) => Goal[]>} */
const TACTICS = {
  skip: ({ goal }) => [goal],
  rfl: byReflexivity,
  assumption: byAssumption,
  trivial: (step) => (step.goal.target === "True" ? [] : byEither(step)),
  omega: (step) => {
    const [sign = "", left = ""] = code.split(step.goal.target);
    const isNumeric = /^[=≠<≤>≥]$/.test(sign) && /^(Nat|Int)$/.test(step.lean.typeOf(left));
    return isNumeric ? byEither(step) : fail(step, "The goal is not linear arithmetic");
  },
  left: (step) => backwards(step, "Or.inl").map((goal) => ({ ...goal, tag: "h" })),
  right: (step) => backwards(step, "Or.inr").map((goal) => ({ ...goal, tag: "h" })),
  constructor: (/** @type {Step} */ step) => {
    const maker = MAKERS.get(code.split(step.goal.target)[0] ?? "");
    return maker ? backwards(step, maker) : fail(step, "target is not an inductive datatype");
  },
  sorry: ({ lean, goal, word }) => {
    lean.sorry(goal, word);
    return [];
  },
  exact: ({ lean, goal, tokens }) => {
    lean.recover(() => lean.term(tokens, goal.target));
    return [];
  },
  apply: (step) => {
    const term = step.lean.read(step.tokens);
    if (!/[ ⟨]/.test(term)) return backwards(step, term);
    step.lean.check(term, step.goal.target);
    return [];
  },
  intro: (step) => {
    const strange = step.tokens.find(({ kind }) => kind !== "word");
    if (strange) step.lean.unexpected("identifier", strange);
    const names = step.tokens.length > 0 ? step.tokens.map(({ text }) => text) : ["a✝"];
    let { goal } = step;
    for (const name of names) {
      const [from, target] = code.splitArrow(goal.target);
      if (!from || !target) return fail(step, "There are no additional binders in the goal");
      goal = code.withLocal({ ...goal, target }, name, from);
    }
    return [goal];
  },
  have: ({ lean, goal, tokens }) => {
    const [before = [], value = lean.unexpected("':='")] = code.cut(tokens, ":=", 2);
    const [name = [], type] = code.cut(before, ":");
    if (name.length > 1 || (name[0] && name[0].kind !== "word")) lean.unexpected("':='", name[0]);
    const target = type && lean.type(type);
    // Lean puts a `sorry` for a value that is wrong, and goes on.
    const check = () => lean.term(value, target);
    const known = target ? lean.recover(check) : check();
    return [code.withLocal(goal, name[0]?.text ?? "this", target ?? known?.type ?? "")];
  },
  // By hypotheses `a = b` only, with a name on the left.
  rw: (step) => {
    let { target } = step.goal;
    if (step.tokens[0]?.text !== "[") step.lean.unexpected("'['", step.tokens[0]);
    for (const rule of code.cut(step.tokens.slice(1, -1), ",")) {
      const [sign, from = "", to = ""] = code.split(step.lean.typeOf(step.lean.read(rule)));
      const next = code.replaceNames(target, new Map([[from, to]]));
      if (sign !== "=" || next === target) fail(step, "Did not find an occurrence of the pattern");
      target = next;
    }
    const [sign, left, right] = code.split(target);
    return sign === "=" && left === right ? [] : [{ ...step.goal, target }];
  },
  // A simp lemma that is lost changes nothing, and nothing is said.
  simp: ({ lean, goal }) => {
    const fits = entriesOf(lean.environment, "simp").some(({ name }) => {
      const { binders, type } = lean.signature(name);
      const values = new Map(binders.map((each) => [each.name, undefined]));
      return code.match(type, goal.target, values, lean.same);
    });
    const [sign, left = "", right = ""] = code.split(goal.target);
    const isClosed = /^([\d +*()]+|\w+\.match_1) = [\d +*()]+$/.test(goal.target);
    const isEqual = sign === "=" && (left === right || (isClosed && lean.same(left, right)));
    return fits || isEqual || goal.target === "True" ? [] : [goal];
  },
};
const PLAIN = /^(simp|skip|rfl|assumption|trivial|omega|left|right|constructor|sorry)$/;
/** What ends the tactic before it. */
const NEXT = /^(;|·|<;>|skip|assumption|omega|constructor|exact|apply|intro|have|rw|simp)$/;
/** Runs the tactic that tokens are on the first goal. @param {Lean} lean @param {Goal[]} goals @param {Token[]} tokens @returns {Goal[]} */
function runTactic(lean, goals, [word = lean.end, ...tokens]) {
  const macro = find(lean.environment, "tactic", word.text)?.value;
  if (macro !== undefined) return runTactic(lean, goals, code.readCommand(macro).tokens);
  const run = Object.hasOwn(TACTICS, word.text) ? TACTICS[word.text] : undefined;
  if (!run) throw new code.Problem("syntax", "unknown tactic", word);
  const [own = []] = code.cut(tokens, "by");
  const next = PLAIN.test(word.text) ? tokens[0] : own.find(({ text }) => NEXT.test(text));
  if (next) throw new code.Problem("syntax", "expected end of input", next);
  if (tokens.length === 0 && /^(exact|apply|have|rw)$/.test(word.text)) lean.unexpected("term");
  const [goal, ...others] = goals;
  if (goal === undefined) throw new code.Problem("tactic", lean.wording.noGoals, word);
  Object.assign(lean, { locals: goal.locals, span: word });
  return [...run({ lean, goal, word, tokens }), ...others];
}
/** The tactic of a request, which must be one and no more. @param {Lean} lean @param {Goal[]} goals */
export function runOneTactic(lean, goals) {
  const tokens = lean.command(0);
  if (lean.end.text === "") return runTactic(lean, goals, tokens);
  throw new code.Problem("syntax", "expected end of input", lean.end);
}
/** The tactics of a block: `;` or the column of the first begins the next. @param {Token[]} tokens */
function tacticsIn(tokens) {
  const column = tokens[0]?.column ?? 0;
  return code.cut(tokens, ";").flatMap((part) => {
    const begins = part.map((each, at) => at === 0 || (each.first && each.column <= column));
    const starts = [...part.keys()].filter((at) => begins[at]);
    return starts.map((from, at) => part.slice(from, starts[at + 1]));
  });
}
/** Closes a goal by the tactics behind `by`. The first that fails ends the block; goals that are left
 * are an error from `by` to the end of the block. Tactics at the left edge do not belong to it. @param {Lean} lean @param {Goal} goal @param {Token[]} tokens */
export function runBlock(lean, goal, [by = lean.end, ...tokens]) {
  lean.stray = tokens[0]?.first && tokens[0].column === 0 ? tokens[0] : undefined;
  const inside = lean.stray ? [] : tokens;
  let goals = [goal];
  for (const tactic of tacticsIn(inside)) {
    const next = lean.recover(() => runTactic(lean, goals, tactic), "syntax");
    if (next === undefined) return;
    goals = next;
  }
  const left = goals.map((each) => code.showGoal(each, lean.print)).join("\n\n");
  const span = code.spanOf([by, ...inside]);
  if (goals.length > 0) lean.say("error", `unsolved goals\n${left}`, span);
}
