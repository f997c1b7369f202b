// What a pickle of an environment or a proof state holds, and what it does not.

import { segfault, uncaught } from "./effects.js";
import { allDeclared, importedEnvironment, isTaken, withConstants } from "./environment.js";
import { constant, freshId, reserveId } from "./expressions.js";
import { showGoal } from "./show.js";

/** @import { Constant, Environment, Goal, ProofState } from "./types.ts" */

/**
 * @typedef {object} Pickled
 * @property {"environment" | "proofState"} kind
 * @property {string[]} imports
 * @property {Constant[]} constants
 * @property {string[]} opens
 * @property {number} lastId
 * @property {Goal[]} [goals]
 * @property {string[]} [printed] the goals as Lean prints them, for whoever looks into the file
 * @property {boolean} [hasSorry]
 * @property {boolean} [partOfOther]
 */

/**
 * The content of an environment's pickle: names of imports, not what they hold.
 * @param {Environment} environment
 * @returns {Pickled}
 */
export function pickledEnvironment(environment) {
  const { imports, opens } = environment;
  const constants = allDeclared(environment);
  return { kind: "environment", imports, constants, opens, lastId: freshId() };
}

/**
 * The content of a proof state's pickle: messages and earlier sorries stay behind.
 * @param {ProofState} state
 * @returns {Pickled}
 */
export function pickledProofState({ environment, goals, hasSorry, partOfOther }) {
  const printed = goals.map(showGoal);
  return {
    ...pickledEnvironment(environment),
    kind: "proofState",
    goals,
    printed,
    hasSorry,
    partOfOther,
  };
}

/**
 * The content as what it is asked for; the wrong kind is a SIGSEGV, since Lean does not know one.
 * @param {unknown} content
 * @param {Pickled["kind"]} kind
 */
export function asKind(content, kind) {
  const pickled = /** @type {Pickled} */ (content);
  if (pickled.kind !== kind) segfault();
  reserveId(pickled.lastId);
  return pickled;
}

/**
 * The environment of a pickle on top of its imports, or of `base`, whose imports are not compared.
 * Definitions come without executable code (repl#62). Dies where `base` has one of them already:
 * the kernel replays them as declarations.
 * @param {Pickled} pickled
 * @param {Environment | undefined} base
 */
export function unpickledEnvironment({ imports, constants, opens }, base) {
  const under = base ?? importedEnvironment(imports);
  const taken = constants.find(({ name }) => isTaken(under, name));
  if (taken !== undefined) {
    throw uncaught(`(kernel) constant has already been declared '${taken.name}'`);
  }
  const bare = constants.map((each) => ({ ...each, compiled: false }));
  const layer = new Map(bare.map((each) => [each.name, each]));
  return { ...withConstants(under, layer), opens };
}

/**
 * @param {Pickled} pickled
 * @param {Environment | undefined} base
 * @param {string | undefined} changed what a state must hold for its goals to come back changed
 * @returns {ProofState}
 */
export function unpickledProofState(pickled, base, changed) {
  const { goals = [], printed = [], hasSorry = false, partOfOther = false } = pickled;
  const spoilt = changed === "*" || (changed !== undefined && printed.join("\n").includes(changed));
  return {
    environment: unpickledEnvironment(pickled, base),
    goals: spoilt ? otherGoals(goals) : goals,
    hasSorry,
    partOfOther,
    messages: [],
    sorries: [],
  };
}

/** @param {Goal[]} goals @returns {Goal[]} */
function otherGoals(goals) {
  const target = constant("False");
  if (goals.length === 0) return [{ tag: "", locals: [], target }];
  return goals.map((goal) => ({ ...goal, target }));
}
