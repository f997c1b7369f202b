// Applying a theorem backwards, and saying that it cannot be done.
import { substitute } from "./expressions.js";
import { TacticFailure } from "./problems.js";
import { printedNames, showGoal, showTerm } from "./show.js";
import { hasMeta, unfoldNot } from "./unifier.js";

/** @import { Elaborator, Typed } from "./elaborator.js" */
/** @import { Expr, Goal, Span } from "./types.ts" */

/** @typedef {{ elaborator: Elaborator, goal: Goal, span: Span }} Step */

/** Says that a tactic does not apply, and to which goal.
 * @param {Step} step
 * @param {string} tactic
 * @param {string} reason
 * @returns {never}
 */
export function fail({ elaborator, goal }, tactic, reason) {
  throw new TacticFailure(
    `${elaborator.wording.tacticFailed(tactic, reason)}\n\n${showGoal(goal)}`,
  );
}

/**
 * Applies a theorem backwards: finds how many of its arguments to leave open, and makes those
 * that the goal does not determine into goals. One new goal keeps the old tag, several get the
 * names of their arguments.
 * @param {Step} step
 * @param {string} tactic
 * @param {Typed} head
 * @returns {Goal[]}
 */
export function backwards(step, tactic, head) {
  const { elaborator, goal } = step;
  for (let count = 0; ; count += 1) {
    const { type, slots, whole } = openArguments(elaborator, head.type, count);
    if (elaborator.unifier.attempt(type, goal.target)) return newGoals(step, tactic, slots);
    if (whole) break;
  }
  const names = printedNames(goal.locals);
  const from = showTerm(elaborator.unifier.resolve(head.type), names);
  const target = showTerm(goal.target, names);
  return fail(step, tactic, `could not unify the type\n  ${from}\nwith the goal\n  ${target}`);
}

/**
 * A type with its implicit and up to `count` explicit arguments replaced by unknowns.
 * @param {Elaborator} elaborator
 * @param {Expr} from
 * @param {number} count
 */
export function openArguments(elaborator, from, count) {
  let type = elaborator.unifier.resolve(from);
  let explicit = 0;
  const slots = [];
  for (;;) {
    const pi = explicit < count ? unfoldNot(type) : type;
    if (pi.k !== "pi" || (!pi.implicit && explicit === count)) break;
    const meta = elaborator.unifier.fresh();
    slots.push({ meta, name: pi.name, domain: pi.type, implicit: pi.implicit });
    explicit += pi.implicit ? 0 : 1;
    type = substitute(pi.body, pi.id, meta);
  }
  return { type, slots, whole: explicit < count };
}

/** @param {Step} step @param {string} tactic @param {ReturnType<typeof openArguments>["slots"]} slots */
function newGoals(step, tactic, slots) {
  const { elaborator, goal } = step;
  const open = slots.filter(
    ({ meta, implicit }) => !implicit && hasMeta(elaborator.unifier.resolve(meta)),
  );
  return open.map(({ name, domain }) => {
    const target = elaborator.unifier.resolve(domain);
    if (hasMeta(target)) fail(step, tactic, "an argument cannot be determined");
    const tag = [...(goal.tag === "" ? [] : [goal.tag]), name].join(".");
    return { ...goal, tag: open.length === 1 ? goal.tag : tag, target };
  });
}
