/** White space and comments; a block comment may hold others, and is matched by {@link skipBlock}. */
const SPACE = /(?:\s+|--[^\n]*)/y;

const PART = /(?:«[^»\n]+»|[\p{L}_][\p{L}\p{N}_'!?\u2080-\u2089]*)/u.source;
const MODULE_NAME = new RegExp(`${PART}(?:\\.${PART})*`, "uy");
const WORD_END = "(?![\\p{L}\\p{N}_.'!?])";

/** What stands before the imports of a file of the module system, or of Lean's own beginnings. */
const OPENING = new RegExp(`(?:module|prelude)${WORD_END}`, "uy");

/** What may stand before `import`: these are words of their own elsewhere. */
const MODIFIER = new RegExp(`(?:public|private|meta)${WORD_END}`, "uy");
const IMPORT = /import(?=[\s«/-])/y;

/** What may stand right behind a module: a dot or a bracket there would be part of it. */
const NAME_END = /(?=\s|--|\/-)|$/y;

/** What may stand between `import` and a module; `runtime` until 2025. */
const KIND = /(?:all|runtime)(?=[\s/-]|$)/y;

/** What the header of code says. */
export interface ImportHeader {
  /** The modules in its order; none where it imports none. `Init` is there without being named. */
  imports: string[];
  /**
   * Whether it is a row of plain imports, so that `import A` for each of them brings just what it
   * brings. With `module`, `prelude`, `public`, `meta`, `all` it means something else.
   */
  isPlain: boolean;
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
      return { imports, isPlain: before.isPlain };
    }
    at = skipSpace(code, at + keyword.length);
    skipWords(KIND);
    const name = matchAt(MODULE_NAME, code, at);
    if (name === undefined) {
      return null;
    }
    imports.push(name);
    at += name.length;
    if (matchAt(NAME_END, code, at) === undefined) {
      return null;
    }
    at = skipSpace(code, at);
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function skipSpace(code: string, from: number): number {
  let at = from;
  for (;;) {
    const space = matchAt(SPACE, code, at);
    if (space !== undefined) {
      at += space.length;
    } else if (code.startsWith("/-", at)) {
      at = skipBlock(code, at);
    } else {
      return at;
    }
  }
}

/** The place after a block comment, in which others may lie; the end where it is not closed. */
function skipBlock(code: string, from: number): number {
  let depth = 0;
  for (let at = from; at < code.length; at++) {
    if (code.startsWith("/-", at)) {
      depth++;
      at++;
    } else if (code.startsWith("-/", at)) {
      depth--;
      at++;
      if (depth === 0) {
        return at + 1;
      }
    }
  }
  return code.length;
}
