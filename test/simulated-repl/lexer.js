// The text of a command as tokens with their positions.
import { SyntaxProblem } from "./problems.js";

/** @import { Position, Token } from "./types.ts" */

// Longest first, so that `:=` is not read as `:`.
const SYMBOLS = [
  ..."<;> := -> /\\ \\/ <-> <- => != <= >= @[ | ↔ → ← ∧ ∨ ¬ ≠ ≤ ≥ ⟨ ⟩ ∀ ∃ λ ·".split(" "),
  ..."()[]{}:,;.+-*/=<>@!?%^&$~'`\\",
].sort((a, b) => b.length - a.length);

const WORD_START = /[\p{L}_]/u;
const WORD_REST = /[\p{L}\p{N}_'!?₀-₉]/u;
const ESCAPES = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["\\", "\\"],
  ['"', '"'],
]);

/** Walks over code points, since Lean counts columns in them. */
class Cursor {
  /** @param {string} text */
  constructor(text) {
    this.points = [...text];
    this.at = 0;
    this.line = 1;
    this.column = 0;
  }

  /** @param {number} [ahead] */
  peek(ahead = 0) {
    return this.points[this.at + ahead] ?? "";
  }

  next() {
    const point = this.peek();
    this.at += 1;
    this.column = point === "\n" ? 0 : this.column + 1;
    if (point === "\n") this.line += 1;
    return point;
  }

  /** @param {string} text */
  sees(text) {
    return [...text].every((point, ahead) => this.peek(ahead) === point);
  }

  /** @returns {Position} */
  position() {
    return { line: this.line, column: this.column };
  }
}

/** @param {Cursor} cursor */
function skipBlockComment(cursor) {
  const start = cursor.position();
  let depth = 0;
  do {
    if (cursor.peek() === "") {
      throw new SyntaxProblem("unterminated comment", { start, end: cursor.position() });
    }
    if (cursor.sees("/-")) depth += 1;
    else if (cursor.sees("-/")) depth -= 1;
    else {
      cursor.next();
      continue;
    }
    cursor.next();
    cursor.next();
  } while (depth > 0);
}

/** @param {Cursor} cursor */
function skipSpace(cursor) {
  for (;;) {
    if (/\s/.test(cursor.peek())) cursor.next();
    else if (cursor.sees("--")) while (!["", "\n"].includes(cursor.peek())) cursor.next();
    else if (cursor.sees("/-")) skipBlockComment(cursor);
    else return;
  }
}

/**
 * A name with its dotted parts; a part may be a number, as in `h.1`.
 * @param {Cursor} cursor
 */
function readWord(cursor) {
  let word = cursor.next();
  for (;;) {
    const dotted = cursor.peek() === "." && /[\p{L}_\d]/u.test(cursor.peek(1));
    if (!dotted && !WORD_REST.test(cursor.peek())) return word;
    word += cursor.next();
  }
}

/** @param {Cursor} cursor */
function readString(cursor) {
  const start = cursor.position();
  let text = "";
  cursor.next();
  for (;;) {
    const point = cursor.next();
    if (point === "") {
      throw new SyntaxProblem("unterminated string literal", { start, end: cursor.position() });
    }
    if (point === '"') return text;
    text += point === "\\" ? (ESCAPES.get(cursor.next()) ?? "") : point;
  }
}

/** @param {Cursor} cursor */
function readNumber(cursor) {
  let digits = "";
  while (/\d/.test(cursor.peek())) digits += cursor.next();
  return digits;
}

/** @param {Cursor} cursor */
function readSymbol(cursor) {
  if (cursor.peek() === "#" && WORD_START.test(cursor.peek(1))) {
    cursor.next();
    return `#${readWord(cursor)}`;
  }
  const symbol = SYMBOLS.find((each) => cursor.sees(each)) ?? cursor.peek();
  for (const _ of symbol) cursor.next();
  return symbol;
}

/** @param {Cursor} cursor @returns {[Token["type"], string]} */
function readToken(cursor) {
  const point = cursor.peek();
  if (point === "") return ["end", ""];
  if (point === '"') return ["string", readString(cursor)];
  if (/\d/.test(point)) return ["number", readNumber(cursor)];
  if (point !== "λ" && WORD_START.test(point)) return ["identifier", readWord(cursor)];
  return ["symbol", readSymbol(cursor)];
}

/**
 * All tokens of a text; the last one is of type `end`. Comments are left out.
 * @param {string} text
 * @returns {Token[]}
 */
export function tokenize(text) {
  const cursor = new Cursor(text);
  /** @type {Token[]} */
  const tokens = [];
  for (;;) {
    skipSpace(cursor);
    const start = cursor.position();
    const [type, read] = readToken(cursor);
    tokens.push({ type, text: read, start, end: cursor.position() });
    if (type === "end") return tokens;
  }
}
