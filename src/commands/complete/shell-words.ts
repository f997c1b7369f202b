/** The words of a command line as bash has it, and words as the shells want them. */

/** A command line up to the cursor. */
export interface TypedLine {
  /** The words in front of the one at the cursor, without the program's name and without quotes. */
  before: string[];
  /** The word at the cursor, up to there, without quotes; it may be empty. */
  current: string;
  /** Whether the cursor stands in quotes. */
  isQuoted: boolean;
}

/** A blank, or a piece of a word: in quotes that may still be open, escaped, or plain. */
const PIECE = /(\s+)|'([^']*)('|$)|"((?:[^"\\]|\\.?)*)("|$)|\\(.?)|([^\s'"\\]+)/gs;

/** Splits a line of bash at its blanks, and takes the quotes off; nothing in it is expanded. */
export function splitLine(line: string): TypedLine {
  const words = [""];
  let isQuoted = false;
  for (const [, blank, single, singleEnd, double, doubleEnd, escaped, plain] of line.matchAll(
    PIECE,
  )) {
    if (blank !== undefined) {
      words.push("");
      continue;
    }
    isQuoted = singleEnd === "" || doubleEnd === "";
    const text = single ?? double?.replace(/\\([\\"$`])/g, "$1") ?? escaped ?? plain ?? "";
    words.push((words.pop() ?? "") + text);
  }
  return {
    before: words.slice(1, -1),
    current: words.length > 1 ? (words.at(-1) ?? "") : "",
    isQuoted,
  };
}

/** Letters of any script, digits, and the signs that no shell acts on. */
const PLAIN = /^[\p{L}\p{N}_./:@=+-]+$/u;

/** What no shell can be given in a word that a person can read. */
const UNREADABLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/**
 * A word as a shell takes it at the cursor; undefined if it cannot be given there. zsh and fish
 * quote by themselves.
 */
export function shellWordAt(shell: string, word: string, isQuoted: boolean): string | undefined {
  if (UNREADABLE.test(word)) {
    return undefined;
  }
  if (PLAIN.test(word) || shell === "zsh" || shell === "fish") {
    return word;
  }
  if (isQuoted) {
    return undefined;
  }
  return shell === "powershell"
    ? `'${word.replace(/['‘’‚‛]/g, "$&$&")}'`
    : word.replace(/[^\p{L}\p{N}_./:@=+-]/gu, "\\$&");
}
