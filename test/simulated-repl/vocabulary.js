// The words and signs of the toy Lean.

/** @import { Token } from "./types.ts" */

const COMMANDS = [
  ..."def theorem abbrev example axiom noncomputable open import namespace end section".split(" "),
  ..."variable instance structure inductive class set_option universe macro syntax".split(" "),
];
export const RESERVED = new Set([
  ...COMMANDS,
  ..."by fun have let show sorry in where if then else match do with at from".split(" "),
]);
const COMMAND_WORDS = new Set([...COMMANDS, "lemma"]);

/** What the other ways of writing a symbol mean. */
export const ALIASES = new Map([
  ["->", "→"],
  ["/\\", "∧"],
  ["\\/", "∨"],
  ["<->", "↔"],
  ["!=", "≠"],
  ["<=", "≤"],
  [">=", "≥"],
]);

/** Of each infix: how tight it binds, and what its left and right sides must bind at least. */
export const INFIX = new Map(
  /** @type {[string, readonly [number, number, number]][]} */ ([
    ["↔", [20, 21, 21]],
    ["→", [25, 26, 25]],
    ["∨", [30, 31, 30]],
    ["∧", [35, 36, 35]],
    ...["=", "≠", "<", "≤", ">", "≥"].map((each) => [each, [50, 51, 51]]),
    ["+", [65, 65, 66]],
    ["-", [65, 65, 66]],
    ["*", [70, 70, 71]],
  ]),
);

/**
 * Whether a token begins a command. Lean goes on there after an error.
 * @param {Token} token
 */
export function beginsCommand(token) {
  if (token.type === "symbol") return token.text.startsWith("#") || token.text === "@[";
  return token.type === "identifier" && COMMAND_WORDS.has(token.text);
}

/** How Lean calls a token that it did not expect. @param {Token} token */
export function describe(token) {
  if (token.type === "end") return "unexpected end of input";
  if (token.type === "identifier" && !RESERVED.has(token.text)) return "unexpected identifier";
  return `unexpected token '${token.text}'`;
}
