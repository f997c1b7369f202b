// The sentences in which releases of Lean differ. Sources: the recordings of 4.33.0-rc2 and 4.0.0.

/** @import { Dialect } from "./types.ts" */

/** @typedef {ReturnType<typeof wordingOf>} Wording */

/**
 * The sentences of one release.
 * @param {Dialect} dialect
 */
export function wordingOf(dialect) {
  return dialect === "4.0.0" ? OLD : NEW;
}

/** What both say in the same words but for a capital and the sorts. */
const NEW = {
  /** Where the warning about a `sorry` stands: at the declaration's name, once. */
  warnsAtSorry: false,
  usesSorry: "declaration uses `sorry`",
  unknownIdentifier: (/** @type {string} */ name) => `Unknown identifier \`${name}\``,
  alreadyDeclared: (/** @type {string} */ name) => `\`${name}\` has already been declared`,
  unknownNamespace: (/** @type {string} */ name) => `Unknown namespace \`${name}\``,
  noGoals: "No goals to be solved",
  tacticFailed: (/** @type {string} */ tactic, /** @type {string} */ reason) =>
    `Tactic \`${tactic}\` failed: ${reason}`,
  typeMismatch: "Type mismatch",
  /** Whether a type in a mismatch is followed by its sort. */
  showsSorts: false,
  cannotCreate: (/** @type {string} */ path) => `failed to create file '${path}'`,
};

/** @type {typeof NEW} */
const OLD = {
  // One warning per `sorry`, at the `sorry`.
  warnsAtSorry: true,
  usesSorry: "declaration uses 'sorry'",
  unknownIdentifier: (name) => `unknown identifier '${name}'`,
  alreadyDeclared: (name) => `'${name}' has already been declared`,
  unknownNamespace: (name) => `unknown namespace '${name}'`,
  noGoals: "no goals to be proved",
  tacticFailed: (tactic, reason) => `tactic '${tactic}' failed, ${reason}`,
  typeMismatch: "type mismatch",
  showsSorts: true,
  cannotCreate: (path) =>
    `failed to write '${path}': failed to open lock file for '${path}': No such file or directory`,
};
