/**
 * What is too much for a manifest. A text that somebody made for it could take more memory than there
 * is when it is parsed: thirty and more bytes for one of its own.
 */

/** The size of a manifest, in bytes: some hundred thousand states. */
export const MAX_BYTES = 128 * 2 ** 20;

/** What is this short is parsed as it is: looking through it would be felt where states are listed. */
const SURELY_HARMLESS = 16 * 2 ** 20;

/** How deep lists and objects may lie in each other, how many there may be, and how many commas. */
const MAX_DEPTH = 1000;
const MAX_OPENINGS = 2_000_000;
const MAX_COMMAS = 10_000_000;

/** Says in a clause what is too much in a text that is to be parsed as JSON; undefined if nothing. */
export function findExcess(text: string): string | undefined {
  if (text.length <= SURELY_HARMLESS) {
    return undefined;
  }
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return tooLong(Buffer.byteLength(text));
  }
  let depth = 0;
  let openings = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at);
        break;
      case OPENING_BRACKET:
      case OPENING_BRACE:
        depth++;
        openings++;
        break;
      case CLOSING_BRACKET:
      case CLOSING_BRACE:
        depth--;
        break;
      case COMMA:
        commas++;
        break;
    }
    if (depth > MAX_DEPTH || openings > MAX_OPENINGS || commas > MAX_COMMAS) {
      return depth > MAX_DEPTH ? "it is nested too deeply" : "there is too much in it";
    }
  }
  return undefined;
}

/** The clause for a manifest that is too long. */
export function tooLong(bytes: number): string {
  return `it has ${bytes} bytes, and a manifest has at most ${MAX_BYTES}`;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** The place of the quote that ends a string; the end of the text where none does. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === BACKSLASH) {
      before--;
    }
    if ((at - before) % 2 === 0) {
      return at;
    }
  }
  return text.length;
}
