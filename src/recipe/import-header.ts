import { skipBlank } from "./lean-tokens.ts";

const PART = /(?:«[^»\n]+»|[\p{L}_][\p{L}\p{N}_'!?\u2080-\u2089]*)/u.source;
const MODULE_NAME = new RegExp(`${PART}(?:\\.${PART})*`, "uy");
const WORD_END = "(?![\\p{L}\\p{N}_.'!?])";

/** What stands before the imports of a file of the module system, or of Lean's own beginnings. */
const OPENING = new RegExp(`(?:module|prelude)${WORD_END}`, "uy");

/** What may stand before `import`: these are words of their own elsewhere. */
const MODIFIER = new RegExp(`(?:public|private|meta)${WORD_END}`, "uy");
const IMPORT = /import(?=[ \t\r\n«/-])/y;

/** What may stand right behind a module: a dot or a bracket there would be part of it. */
const NAME_END = /(?=[ \t\r\n]|--|\/-)|$/y;

/** What may stand between `import` and a module; `runtime` until 2025. */
const KIND = /(?:all|runtime)(?=[ \t\r\n/-]|$)/y;

/** What the header of code says. */
export interface ImportHeader {
  /** The modules in its order; none where it imports none. `Init` is there without being named. */
  imports: string[];
  /**
   * Whether it is a row of plain imports, so that `import A` for each of them brings just what it
   * brings. With `module`, `prelude`, `public`, `meta`, `all` it means something else.
   */
  isPlain: boolean;
  /** The offset behind its last module name; 0 if it imports nothing. */
  end: number;
}

/**
 * The modules that code imports, in the order of its header, `[]` where it imports none. Null where
 * the header is not understood: then it is not known what the code stands on.
 */
export function parseImports(code: string): string[] | null {
  return parseHeader(code)?.imports ?? null;
}

/**
 * Reads the header of code (Lean, `src/Lean/Parser/Module.lean`): `module`, `prelude`, then imports,
 * each with its modifiers. Null where it is not understood.
 */
export function parseHeader(code: string): ImportHeader | null {
  const imports: string[] = [];
  let isPlain = true;
  let end = 0;
  let at = skipSpace(code, 0);
  const skipWords = (words: RegExp): void => {
    for (let word = matchAt(words, code, at); word; word = matchAt(words, code, at)) {
      isPlain = false;
      at = skipSpace(code, at + word.length);
    }
  };
  skipWords(OPENING);
  for (;;) {
    const before = { at, isPlain };
    skipWords(MODIFIER);
    const keyword = matchAt(IMPORT, code, at);
    if (keyword === undefined) {
      // What looked like the modifiers of an import is the beginning of the code.
      return code.startsWith("/-/", at) ? null : { imports, isPlain: before.isPlain, end };
    }
    at = skipSpace(code, at + keyword.length);
    skipWords(KIND);
    const name = matchAt(MODULE_NAME, code, at);
    if (name === undefined) {
      return null;
    }
    imports.push(name);
    at += name.length;
    end = at;
    if (matchAt(NAME_END, code, at) === undefined) {
      return null;
    }
    at = skipSpace(code, at);
  }
}

/** Code in two parts, to be run one after the other. */
export interface SplitCode {
  /** The imports alone, written the same for all code that imports the same; empty for none. */
  header: string;
  /** The code with blanks in place of its header, so that everything else keeps its position. */
  body: string;
}

/**
 * Splits code behind its last module name. Lean counts columns in codepoints, so each of them becomes
 * one space, and line breaks stay. Undefined where the header is not plain or not understood.
 */
export function splitHeader(code: string): SplitCode | undefined {
  const header = parseHeader(code);
  if (header?.isPlain !== true) {
    return undefined;
  }
  const blanks = code.slice(0, header.end).replace(/\r(?!\n)|[^\r\n]/gu, " ");
  return {
    header: header.imports.map((module) => `import ${module}`).join("\n"),
    body: blanks + code.slice(header.end),
  };
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The offset behind white space and comments: a doc comment is code. Lean reports tabs, and goes on. */
function skipSpace(code: string, from: number): number {
  let at = skipBlank(code, from);
  while (code[at] === "\t" || code[at] === "\r") {
    at = skipBlank(code, at + 1);
  }
  return at;
}
