// Code as text: its tokens, one command at a time, and its terms.
import { COMMANDS, INFIX, MODIFIERS, SYMBOLS } from "./vocabulary.js";
/** @import { Binder, Goal, Kind, Position, Span, Term, Token, Values } from "./types.ts" */

/** A refused request, or wrong code: no Lean, a wrong term, a tactic that does not apply. */
export class Problem extends Error {
  /** @param {"refusal" | "syntax" | "term" | "tactic"} kind @param {string} data @param {Span} [span] */
  constructor(kind, data, { from, to } = { from: 0, to: null }) {
    super(data);
    this.kind = kind;
    this.from = from;
    this.to = to;
  }
}
/** Lines count from 1, columns from 0, in code points. @param {string} text @param {number} offset @returns {Position} */
export function positionIn(text, offset) {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: [...(lines.at(-1) ?? "")].length };
}
/** @param {string} text */
export const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

// White space is what Lean takes for it, and no more.
const SPACE = /(?:[ \t\r\n]|--[^\n]*|\/-[\s\S]*?-\/)*/y;
const PART = "(?:«[^»\\n]*»|[\\p{L}_][\\p{L}\\p{N}_'!?]*)";
const WORD = `(?<word>${PART}(?:\\.(?:${PART}|\\d+))*)`;
const LITERAL = '(?<number>\\d+)|(?<string>"(?:[^"\\\\]|\\\\[^])*")';
/** The tokens of one command, which the first word of the next ends. `end` is no token of it: it
 * says where the command ends and what stands there. Notations have `added` signs. @param {string} text @param {number} [start] @param {readonly string[]} [added] */
export function readCommand(text, start = 0, added = []) {
  const signs = [...added, ...SYMBOLS].sort((a, b) => b.length - a.length).map(escaped);
  const pattern = new RegExp(`${WORD}|${LITERAL}|(?<symbol>#[a-z]+|${signs.join("|")})`, "uy");
  /** @type {Token[]} */
  const tokens = [];
  let begun = false;
  for (let from = start; ; ) {
    SPACE.lastIndex = from;
    from += SPACE.exec(text)?.[0].length ?? 0;
    pattern.lastIndex = from;
    const groups = Object.entries(pattern.exec(text)?.groups ?? {});
    const [kind = "end", found = ""] = groups.find(([, each]) => each !== undefined) ?? [];
    const isStrange = found === "" && from < text.length;
    if (isStrange) throw new Problem("syntax", "expected token", { from, to: null });
    const column = from - (text.lastIndexOf("\n", from - 1) + 1);
    const first = /^[ \t]*$/.test(text.slice(from - column, from));
    const to = from + found.length;
    const token = { kind: /** @type {Kind} */ (kind), text: found, from, to, column, first };
    if (kind === "end" || (begun && beginsCommand(token))) return { tokens, end: token };
    begun ||= !standsBefore(token) && (tokens.length === 0 || beginsCommand(token));
    tokens.push(token);
    from = to;
  }
}
/** @param {Token} token */
const standsBefore = ({ kind, text }) => text === "@[" || (kind === "word" && MODIFIERS.has(text));
/** @param {Token} token */
const beginsCommand = (token) => COMMANDS.has(token.text) || standsBefore(token);
/** From the first to the last of tokens. @param {readonly Token[]} tokens */
export const spanOf = (tokens) => ({ from: tokens[0]?.from ?? 0, to: tokens.at(-1)?.to ?? null });
/** The parts between a sign that stands outside of brackets. @param {readonly Token[]} tokens @param {string} sign @param {number} [most] */
export function cut(tokens, sign, most = tokens.length + 1) {
  const parts = [/** @type {Token[]} */ ([])];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === sign && depth === 0 && parts.length < most) parts.push([]);
    else parts.at(-1)?.push(token);
    depth += Number(/^[(⟨{[]$/.test(token.text)) - Number(/^[)⟩}\]]$/.test(token.text));
  }
  return parts;
}
/** The token of an empty text. @type {Token} */
export const NOTHING = { kind: "end", text: "", from: 0, to: 0, column: 0, first: true };
// Terms: one space between words, none inside brackets.
const NAME = /"(?:[^"\\]|\\.)*"|[\p{L}_«][\p{L}\p{N}_'!?«».✝]*/gu;
/** The text of tokens in its normal form. @param {readonly { text: string }[]} tokens @returns {Term} */
export function textOf(tokens) {
  const joined = tokens.map(({ text }) => text).join(" ");
  const tight = joined.replace(/([(⟨¬`]) /g, "$1").replace(/ ([)⟩,])/g, "$1");
  const single = tight.replace(/\(([\p{L}\p{N}_.']+)\)/gu, "$1");
  return bare(single.replace(/(^|[(⟨,=+*<>≤≥≠∧∨→↔] ?)- /g, "$1-"));
}
/** The parts between spaces outside of brackets: a head and its arguments. @param {Term} term */
export function partsOf(term) {
  /** @type {string[]} */
  const parts = [];
  let depth = 0;
  for (const word of term.match(/(?:"(?:[^"\\]|\\.)*"|[^" ])+/gs) ?? []) {
    parts.push(depth > 0 ? `${parts.pop()} ${word}` : word);
    const signs = word.replace(/"(?:[^"\\]|\\.)*"/gs, "");
    depth += signs.replace(/[^(⟨]/g, "").length - signs.replace(/[^)⟩]/g, "").length;
  }
  return parts;
}
/** Without brackets around all of it. @param {Term} term @returns {Term} */
export function bare(term) {
  return /^\(.*\)$/.test(term) && partsOf(term).length === 1 ? bare(term.slice(1, -1)) : term;
}
/** With brackets, as an argument. @param {Term} term */
export const tight = (term) => (/ /.test(term) ? `(${term})` : term);
/** At the loosest infix: the sign and both sides. @param {Term} term @returns {(string | undefined)[]} */
export function split(term) {
  const parts = partsOf(term);
  const levels = parts.slice(1).map((part) => INFIX.get(part) ?? 1000);
  const loosest = Math.min(...levels);
  if (loosest >= 1000) return [];
  // Arithmetic groups to the left, the rest to the right.
  const at = 1 + (loosest > 60 ? levels.lastIndexOf(loosest) : levels.indexOf(loosest));
  const sides = [parts.slice(0, at), parts.slice(at + 1)].map((each) => bare(each.join(" ")));
  return [parts[at], ...sides];
}
/** What an arrow takes and gives, `¬p` too. @param {Term} term @returns {(Term | undefined)[]} */
export function splitArrow(term) {
  const [sign, from, to] = split(term);
  if (sign === undefined && term.startsWith("¬")) return [bare(term.slice(1)), "False"];
  return sign === "→" ? [from, to] : [];
}
/** @param {Term} term */
export const namesIn = (term) => (term.match(NAME) ?? []).filter((each) => !each.startsWith('"'));
/** Puts texts in the places of names. @param {Term} term @param {{ get(name: string): Term | undefined }} values */
export function replaceNames(term, values) {
  const value = (/** @type {string} */ name) => values.get(name) ?? name;
  return bare(term.replace(NAME, (name) => (term === name ? value(name) : tight(value(name)))));
}
/** Finds what the unknowns of a pattern must be for it to be the term. @param {Term} pattern @param {Term} term @param {Values} values @param {(a: Term, b: Term) => boolean} same @returns {boolean} */
export function match(pattern, term, values, same) {
  if (values.has(pattern) && !values.get(pattern)) return Boolean(values.set(pattern, term));
  const parts = (/** @type {Term} */ each) => (split(each)[0] ? split(each) : partsOf(each));
  const [[sign, ...a], [other, ...b]] = [parts(pattern), parts(term)];
  const isAlike = sign === other && a.length === b.length && a.length > 0;
  const fits = (/** @type {string | undefined} */ each, /** @type {number} */ at) =>
    match(bare(each ?? ""), bare(b[at] ?? ""), values, same);
  return (isAlike && a.every(fits)) || same(replaceNames(pattern, values), term);
}
/** A goal with one hypothesis more; an older one of its name gets a dagger. @param {Goal} goal @param {string} name @param {Term} type @returns {Goal} */
export function withLocal({ tag, locals, target }, name, type) {
  const hidden = new Map([[name, `${name}✝`]]);
  const inside = (/** @type {Term} */ term) => replaceNames(term, hidden);
  const older = locals.map((each) => ({ name: inside(each.name), type: inside(each.type) }));
  return { tag, locals: [...older, { name, type }], target: inside(target) };
}
/** Names of one type that stand together: `a b : T`. @param {readonly Binder[]} binders @param {(term: Term) => string} print @param {string} [brackets] around explicit and implicit ones */
export function grouped(binders, print, [open = "", close = "", ...others] = "") {
  const types = binders.map(({ type }) => print(type));
  const starts = [...binders.keys()].filter((at) => at === 0 || types[at] !== types[at - 1]);
  return starts.map((from, at) => {
    const names = binders.slice(from, starts[at + 1]).map(({ name }) => name);
    const [before = open, after = close] = binders[from]?.implicit ? others : [];
    return `${before}${names.join(" ")} : ${types[from]}${after}`;
  });
}
/** A goal as Lean prints it. @param {Goal} goal @param {(term: Term) => string} print */
export function showGoal({ tag, locals, target }, print) {
  const title = tag === "" ? [] : [`case ${tag}`];
  return [...title, ...grouped(locals, print), `⊢ ${print(target)}`].join("\n");
}
