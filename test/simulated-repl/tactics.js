// Tactics: what each does to the first goal.
import { elaborateApplication, elaborateHead } from "./applications.js";
import { backwards, fail, openArguments } from "./backwards.js";
import { CONSTRUCTORS } from "./builtins.js";
import { freshId, headName, pairOf, rebuild, same, someIn, substitute } from "./expressions.js";
import { ElaborationProblem, TacticFailure } from "./problems.js";
import { printedNames, showGoal, showTerm } from "./show.js";
import { unfoldNot } from "./unifier.js";

/** @import { Step } from "./backwards.js" */
/** @import { Elaborator } from "./elaborator.js" */
/** @import { Goal, Surface, SurfaceTactic } from "./types.ts" */

/** @param {Step} step @param {string} tactic */
function byReflexivity(step, tactic) {
  const { elaborator, goal } = step;
  const pair = pairOf(goal.target, "Eq") ?? pairOf(goal.target, "Iff");
  if (pair === undefined) fail(step, tactic, "The goal is not a reflexive relation");
  const [left, right] = pair;
  if (elaborator.unifier.attempt(left, right)) return [];
  const names = printedNames(goal.locals);
  const [a, b] = pair.map((each) => showTerm(each, names));
  const reason = `The left-hand side\n  ${a}\nis not definitionally equal to the right-hand side\n  ${b}`;
  return fail(step, tactic, reason);
}

/** @param {Step} step @param {string} tactic @returns {Goal[]} */
function byAssumption(step, tactic) {
  const { elaborator, goal } = step;
  const found = goal.locals.some(({ type }) => elaborator.unifier.attempt(type, goal.target));
  return found ? [] : fail(step, tactic, "no hypothesis has the goal's type");
}

/** @param {Step} step @param {string} side */
function chooseSide(step, side) {
  const pair = pairOf(step.goal.target, "Or");
  if (pair === undefined)
    fail(step, side, "target is not an inductive datatype with two constructors");
  return [{ ...step.goal, tag: "h", target: pair[side === "left" ? 0 : 1] }];
}

/** @param {Step} step */
function byConstructor(step) {
  const name = CONSTRUCTORS.get(headName(step.goal.target) ?? "");
  if (name === undefined) fail(step, "constructor", "target is not an inductive datatype");
  return backwards(step, "constructor", step.elaborator.builtin(name, step.span));
}

/** @param {Step} step */
function byTriviality(step) {
  if (headName(step.goal.target) === "True") return [];
  for (const attempt of [byReflexivity, byAssumption]) {
    try {
      return attempt(step, "trivial");
    } catch (problem) {
      if (!(problem instanceof TacticFailure)) throw problem;
    }
  }
  return fail(step, "trivial", "none of what it tries works");
}

/** @type {Map<string, (step: Step) => Goal[]>} */
const PLAIN = new Map([
  ["rfl", (step) => byReflexivity(step, "rfl")],
  ["assumption", (step) => byAssumption(step, "assumption")],
  ["constructor", byConstructor],
  ["trivial", byTriviality],
  ["skip", ({ goal }) => [goal]],
  ["left", (step) => chooseSide(step, "left")],
  ["right", (step) => chooseSide(step, "right")],
  [
    "sorry",
    ({ elaborator, goal, span }) => {
      elaborator.sorry(goal, span);
      return [];
    },
  ],
]);

/** @param {Step} step @param {string[]} names */
function introduce(step, names) {
  let { goal } = step;
  for (const name of names.length === 0 ? ["a✝"] : names) {
    const pi = unfoldNot(goal.target);
    if (pi.k !== "pi")
      fail({ ...step, goal }, "intro", "There are no additional binders in the goal");
    const id = freshId();
    const locals = [...goal.locals, { id, name, type: pi.type }];
    goal = { ...goal, locals, target: substitute(pi.body, pi.id, { k: "local", id }) };
  }
  return [goal];
}

/** @param {Step} step @param {Extract<SurfaceTactic, { kind: "have" }>} tactic @returns {Goal[]} */
function assert({ elaborator, goal }, { name, type, value }) {
  const { locals } = goal;
  const stated = type === undefined ? undefined : elaborator.type(type, locals).term;
  // Lean puts a `sorry` for a value that is wrong and goes on with the hypothesis.
  if (stated !== undefined)
    elaborator.recover(() => void elaborator.check(value, stated, locals), undefined);
  const known = stated ?? elaborator.term(value, undefined, locals).type;
  const local = { id: freshId(), name, type: elaborator.unifier.resolve(known) };
  return [{ ...goal, locals: [...locals, local] }];
}

/** @param {Step} step @param {{ term: Surface, reversed: boolean }} rule @returns {Step} */
function rewriteOnce(step, { term, reversed }) {
  const { elaborator, goal } = step;
  const { unifier } = elaborator;
  const head = elaborateHead(elaborator, term.kind === "apply" ? term.head : term, goal.locals);
  const args = term.kind === "apply" ? term.args : [];
  const { type } = elaborateApplication(elaborator, head, args, undefined, goal.locals, term);
  const opened = openArguments(elaborator, type, Number.POSITIVE_INFINITY).type;
  const pair = pairOf(opened, "Eq") ?? pairOf(opened, "Iff");
  if (pair === undefined) fail(step, "rewrite", "equality or iff proof expected");
  const [from, to] = reversed ? [pair[1], pair[0]] : pair;
  if (!someIn(goal.target, (each) => each.k !== "pi" && unifier.attempt(from, each))) {
    fail(step, "rewrite", "Did not find an occurrence of the pattern in the target expression");
  }
  const pattern = unifier.resolve(from);
  const replacement = unifier.resolve(to);
  const target = rebuild(goal.target, (each) => (same(each, pattern) ? replacement : undefined));
  return { ...step, goal: { ...goal, target } };
}

/** `rw` tries `rfl` on what it leaves. @param {Step} step @param {Extract<SurfaceTactic, { kind: "rewrite" }>} tactic */
function rewrite(step, { rules }) {
  const { goal } = rules.reduce(rewriteOnce, step);
  const pair = pairOf(goal.target, "Eq") ?? pairOf(goal.target, "Iff");
  return pair !== undefined && same(...pair) ? [] : [goal];
}

/**
 * Runs one tactic on the first of some goals.
 * Throws a TacticFailure or an ElaborationProblem where it does not apply.
 * @param {Elaborator} elaborator
 * @param {Goal[]} goals
 * @param {SurfaceTactic} tactic
 * @returns {Goal[]}
 */
export function runTactic(elaborator, goals, tactic) {
  const [goal, ...rest] = goals;
  if (goal === undefined) throw new TacticFailure(elaborator.wording.noGoals);
  return [...runOn({ elaborator, goal, span: tactic }, tactic), ...rest];
}

/** @param {Step} step @param {SurfaceTactic} tactic @returns {Goal[]} */
function runOn(step, tactic) {
  const { elaborator, goal } = step;
  switch (tactic.kind) {
    case "exact":
      elaborator.recover(
        () => void elaborator.check(tactic.term, goal.target, goal.locals),
        undefined,
      );
      return [];
    case "apply": {
      const { term } = tactic;
      const head = elaborateHead(elaborator, term.kind === "apply" ? term.head : term, goal.locals);
      if (term.kind !== "apply") return backwards(step, "apply", head);
      return backwards(
        step,
        "apply",
        elaborateApplication(elaborator, head, term.args, undefined, goal.locals, term),
      );
    }
    case "intro":
      return introduce(step, tactic.names);
    case "have":
      return assert(step, tactic);
    case "rewrite":
      return rewrite(step, tactic);
    default:
      return PLAIN.get(tactic.name)?.(step) ?? fail(step, tactic.name, "unknown to this stand-in");
  }
}

/**
 * Closes a goal by the tactics behind `by`. The first that fails ends the block; goals that are
 * left are an error from `by` to the end of the block (upstream's have_by_sorry).
 * @param {Elaborator} elaborator
 * @param {Goal} goal
 * @param {Extract<Surface, { kind: "by" }>} block
 */
export function runBlock(elaborator, goal, block) {
  let goals = [goal];
  for (const tactic of block.tactics) {
    try {
      goals = runTactic(elaborator, goals, tactic);
    } catch (problem) {
      if (problem instanceof TacticFailure) elaborator.error(problem.message, tactic);
      else if (problem instanceof ElaborationProblem) elaborator.error(problem.message, problem);
      else throw problem;
      return;
    }
  }
  if (goals.length === 0) return;
  const end = block.tactics.at(-1)?.end ?? block.keyword.end;
  const data = `unsolved goals\n${goals.map(showGoal).join("\n\n")}`;
  elaborator.error(data, { start: block.keyword.start, end });
}
