/** White space and comments; a block comment may hold others, and is matched by {@link skipBlock}. */
const SPACE = /(?:\s+|--[^\n]*)/y;

const PART = /(?:«[^»\n]+»|[\p{L}_][\p{L}\p{N}_'!?\u2080-\u2089]*)/u.source;
const IMPORT = /import(?=[\s«/-])/y;
const MODULE_NAME = new RegExp(`${PART}(?:\\.${PART})*`, "uy");

/** What begins a header, but is more than a plain import. */
const MORE =
  /(?:module|prelude|(?:(?:public|private|meta|runtime)\s+)+import)(?![\p{L}\p{N}_.'!?])/uy;

/** Between `import` and a module: `import all A`. */
const ALL = /all\s/y;

/**
 * The modules that code imports, in the order of its header, `[]` where it imports none. Null where
 * the header holds more than plain imports (`prelude`, `module`, `public import`, ...) or is not
 * understood: then it is not known what the code stands on.
 */
export function parseImports(code: string): string[] | null {
  const imports: string[] = [];
  let at = skipSpace(code, 0);
  for (;;) {
    if (matchAt(MORE, code, at)) {
      return null;
    }
    const keyword = matchAt(IMPORT, code, at);
    if (keyword === undefined) {
      return imports;
    }
    at = skipSpace(code, at + keyword.length);
    const name = matchAt(ALL, code, at) ? undefined : matchAt(MODULE_NAME, code, at);
    if (name === undefined) {
      return null;
    }
    imports.push(name);
    at = skipSpace(code, at + name.length);
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
