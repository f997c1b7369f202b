/** Limits of a manifest: parsed, a hostile text could take fifty times its size in memory. */

/** The size of a manifest, in bytes: some hundred thousand states. */
export const MAX_BYTES = 128 * 2 ** 20;

/** A text of this length is parsed unseen, so that a listing stays fast. */
const SURELY_HARMLESS = 16 * 2 ** 20;

/** How many lists and objects a manifest may have. */
const MAX_OPENINGS = 2_000_000;

/** Says in a clause why a text is too much for a manifest; undefined if it is not. */
export function findExcess(text: string): string | undefined {
  if (text.length <= SURELY_HARMLESS) {
    return undefined;
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BYTES) {
    return tooLong(bytes);
  }
  return countOpenings(text) > MAX_OPENINGS ? "it has too many lists and objects" : undefined;
}

/** The clause for a manifest that is too long. */
export function tooLong(bytes: number): string {
  return `it has ${bytes} bytes, and a manifest has at most ${MAX_BYTES}`;
}

/** How many lists and objects a JSON text begins. */
function countOpenings(text: string): number {
  let openings = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === BACKSLASH) {
      at++;
    } else if (character === QUOTE) {
      isInString = !isInString;
    } else if (!isInString && (character === BRACKET || character === BRACE)) {
      openings++;
    }
  }
  return openings;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;
