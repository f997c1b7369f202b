/**
 * A small lexer for Lean code (Lean, `src/Lean/Parser/Basic.lean`). Lean's own lexer uses a table of
 * tokens that imports extend. This one knows no table: it reads what every version of Lean reads in
 * the same way, and stops at everything else.
 */

/** A piece of code between white space and comments. */
export interface Token {
  /**
   * A word is an identifier or a keyword, with its dots. A symbol is one character, or one of the few
   * longer ones that matter. The rest of the code is unknown if it does not read the same everywhere.
   */
  kind: "word" | "number" | "string" | "char" | "symbol" | "unknown";
  text: string;
  /** The offset of its first character in the code. */
  at: number;
  /** From 1. */
  line: number;
  /** From 0, in codepoints. */
  column: number;
  /** Whether no other token stands before it on its line. */
  startsLine: boolean;
}

/** Letters in every version of Lean 4. Later versions know more, such as `é`. */
const LETTER =
  "A-Za-z_\\u03b1-\\u03ba\\u03bc-\\u03c9\\u0391-\\u039f\\u03a1\\u03a2\\u03a4-\\u03a9\\u03ca-\\u03fb" +
  "\\u1f00-\\u1ffe\\u2100-\\u214f\\u{1d49c}-\\u{1d59f}";
const PART = new RegExp(
  `[${LETTER}][${LETTER}0-9'!?\\u2080-\\u2089\\u2090-\\u209c\\u1d62-\\u1d6a]*`,
  "uy",
);
const ESCAPED_PART = /«[^»\n]*»/y;

const NUMBER =
  /0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?/y;
const NUMBER_GOES_ON = new RegExp(`[${LETTER}0-9«]`, "uy");

const ESCAPE = String.raw`\\(?:[\\"'rnt]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})`;
const STRING_ESCAPE = new RegExp(ESCAPE, "y");
const CHAR = new RegExp(`'(?:[^\\\\'\\n]|${ESCAPE})'`, "uy");

/** Symbols of several characters that matter, or that hold a `'` which starts no character. */
const LONG_SYMBOL = /:=|::|=>|->|<;>|\/\/|''(?!')|⁻¹'|[∑∏ΣΠ]'/uy;
const SYMBOL = /(?!["'«»])[\p{S}\p{P}\p{No}\p{Lm}λΠΣ]/uy;

/**
 * What may touch a literal or the start of a comment. Anything else may be part of the same token, as
 * in `s!"{x}"`, `r"a"`, or a notation called `<-->`.
 */
const DELIMITER = /[\s()[\]{}⟨⟩⦃⦄,;]/u;

const COMMENT_EDGE = /\/-|-\//g;

/** The tokens of code, without white space and comments. An unknown token reaches to the end. */
export function readTokens(code: string): Token[] {
  const tokens: Token[] = [];
  const place = trackPlace(code);
  let endLine = 0;
  for (let at = skipBlank(code, 0); at < code.length; ) {
    const { kind, end } = readToken(code, at);
    const { line, column } = place(at);
    const text = code.slice(at, end);
    tokens.push({ kind, text, at, line, column, startsLine: line !== endLine });
    endLine = place(end).line;
    at = kind === "symbol" && touchesComment(code, end) ? end : skipBlank(code, end);
  }
  return tokens;
}

/**
 * The offset behind white space and comments. It stays in front of a doc comment, which is code, and
 * in front of a comment that does not end or that versions of Lean read differently (`/-/`).
 */
export function skipBlank(code: string, from: number): number {
  let at = from;
  for (;;) {
    const next = skipOneBlank(code, at);
    if (next === at) {
      return at;
    }
    at = next;
  }
}

function skipOneBlank(code: string, at: number): number {
  if (code[at] === " " || code[at] === "\n") {
    return at + 1;
  }
  if (code.startsWith("--", at)) {
    const end = code.indexOf("\n", at);
    return end < 0 ? code.length : end;
  }
  if (code.startsWith("/-", at) && !/[-!/]/.test(code[at + 2] ?? "")) {
    return findCommentEnd(code, at) ?? at;
  }
  return at;
}

/** The offset behind a block comment, which may hold others; undefined if it does not end. */
function findCommentEnd(code: string, from: number): number | undefined {
  let depth = 0;
  COMMENT_EDGE.lastIndex = from;
  for (let edge = COMMENT_EDGE.exec(code); edge !== null; edge = COMMENT_EDGE.exec(code)) {
    depth += edge[0] === "/-" ? 1 : -1;
    if (depth === 0) {
      return COMMENT_EDGE.lastIndex;
    }
  }
  return undefined;
}

/** Whether a symbol may run on into what looks like a comment. */
function touchesComment(code: string, end: number): boolean {
  return startsComment(code, end) && !isApart(code, end);
}

type Kind = Token["kind"];

/** What to try, in this order, and how to find the end of it. */
const READERS: [Kind, (code: string, at: number) => number | undefined][] = [
  [
    "string",
    (code, at) => (code[at] === '"' && isApart(code, at) ? findStringEnd(code, at) : undefined),
  ],
  ["char", (code, at) => (isApart(code, at) ? matchEnd(CHAR, code, at) : undefined)],
  ["number", findNumberEnd],
  ["word", findNameEnd],
  ["symbol", findSymbolEnd],
];

function readToken(code: string, at: number): { kind: Kind; end: number } {
  for (const [kind, findEnd] of READERS) {
    const end = findEnd(code, at);
    if (end !== undefined) {
      return { kind, end };
    }
  }
  return { kind: "unknown", end: code.length };
}

function isApart(code: string, at: number): boolean {
  return at === 0 || DELIMITER.test(code[at - 1] ?? "");
}

function findNumberEnd(code: string, at: number): number | undefined {
  const end = matchEnd(NUMBER, code, at);
  return end === undefined || matchEnd(NUMBER_GOES_ON, code, end) === undefined ? end : undefined;
}

function findSymbolEnd(code: string, at: number): number | undefined {
  return startsComment(code, at)
    ? undefined
    : (matchEnd(LONG_SYMBOL, code, at) ?? matchEnd(SYMBOL, code, at));
}

function startsComment(code: string, at: number): boolean {
  return code.startsWith("--", at) || code.startsWith("/-", at);
}

/** The offset behind the identifier that starts here, with its dots; undefined if none does. */
function findNameEnd(code: string, from: number): number | undefined {
  let end = findPartEnd(code, from);
  for (let next = end; next !== undefined; ) {
    end = next;
    next = code[end] === "." ? findPartEnd(code, end + 1) : undefined;
  }
  return end;
}

function findPartEnd(code: string, at: number): number | undefined {
  return matchEnd(PART, code, at) ?? matchEnd(ESCAPED_PART, code, at);
}

/** The offset behind a string; undefined if it does not end, or has an escape that not all read. */
function findStringEnd(code: string, from: number): number | undefined {
  for (let at = from + 1; at < code.length; at++) {
    if (code[at] === '"') {
      return at + 1;
    }
    if (code[at] === "\\") {
      const end = matchEnd(STRING_ESCAPE, code, at);
      if (end === undefined) {
        return undefined;
      }
      at = end - 1;
    }
  }
  return undefined;
}

function matchEnd(pattern: RegExp, code: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(code) ? pattern.lastIndex : undefined;
}

/** Gives line and column of offsets that only grow. */
function trackPlace(code: string): (offset: number) => { line: number; column: number } {
  let at = 0;
  let line = 1;
  let column = 0;
  return (offset) => {
    while (at < offset) {
      const isBreak = code[at] === "\n";
      at += (code.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      line += isBreak ? 1 : 0;
      column = isBreak ? 0 : column + 1;
    }
    return { line, column };
  };
}
