import type { Token } from "../lean-tokens.ts";
import { LET_WORDS } from "./lean-words.ts";

const CLOSERS: ReadonlyMap<string, string> = new Map(
  ["()", "[]", "{}", "⟨⟩", "⦃⦄"].map(([opener = "", closer = ""]) => [opener, closer]),
);
const CLOSING: ReadonlySet<string> = new Set(CLOSERS.values());

/** Tokens of terms and tactics, with what brackets and `:=` belong to. */
export interface Passage {
  tokens: readonly Token[];
  /** For each token, the index of the bracket around it; undefined outside of all brackets. */
  openers: readonly (number | undefined)[];
  /** For each opening bracket, the index of the closing one. */
  closers: ReadonlyMap<number, number>;
  /** The opening brackets that directly hold a comma. */
  listOpeners: ReadonlySet<number>;
  /** The `:=` that give `have`, `let` and the like their values. */
  letValues: ReadonlySet<number>;
  /** For each token, the column of the first token on its line; a bullet (`·`) does not count. */
  lineColumns: readonly number[];
  /** The first bracket that is not closed, or closes nothing. */
  unbalanced: number | undefined;
  /** The index of the first `:=` that stands outside of brackets and belongs to no `let`. */
  proofFrom: number;
}

/** Finds out what belongs together in tokens. */
export function readPassage(tokens: readonly Token[]): Passage {
  const brackets = matchBrackets(tokens);
  const values = findValues(tokens, brackets.openers);
  return { tokens, ...brackets, ...values, lineColumns: readLineColumns(tokens) };
}

/** Matches brackets, up to the first that does not fit. */
function matchBrackets(
  tokens: readonly Token[],
): Pick<Passage, "openers" | "closers" | "listOpeners" | "unbalanced"> {
  const openers: (number | undefined)[] = [];
  const closers = new Map<number, number>();
  const listOpeners = new Set<number>();
  const open: number[] = [];
  for (const [index, { text }] of tokens.entries()) {
    if (CLOSING.has(text)) {
      const opener = open.pop();
      if (opener === undefined || CLOSERS.get(tokens[opener]?.text ?? "") !== text) {
        return { openers, closers, listOpeners, unbalanced: index };
      }
      closers.set(opener, index);
    }
    const around = open.at(-1);
    openers.push(around);
    if (text === "," && around !== undefined) {
      listOpeners.add(around);
    }
    if (CLOSERS.has(text)) {
      open.push(index);
    }
  }
  return { openers, closers, listOpeners, unbalanced: open[0] };
}

/** Tells which `:=` belong to a `let`, each within its own brackets. */
function findValues(
  tokens: readonly Token[],
  openers: Passage["openers"],
): Pick<Passage, "letValues" | "proofFrom"> {
  const letValues = new Set<number>();
  const waiting = new Map<number | undefined, number>();
  let proofFrom = Number.POSITIVE_INFINITY;
  for (const [index, { text }] of tokens.entries()) {
    const opener = openers[index];
    const lets = waiting.get(opener) ?? 0;
    if (LET_WORDS.has(text)) {
      waiting.set(opener, lets + 1);
    } else if (text === ":=" && lets > 0) {
      waiting.set(opener, lets - 1);
      letValues.add(index);
    } else if (text === ":=" && opener === undefined) {
      proofFrom = Math.min(proofFrom, index);
    }
  }
  return { letValues, proofFrom };
}

function readLineColumns(tokens: readonly Token[]): number[] {
  let column = 0;
  let isAfterBullet = false;
  return tokens.map((token, index) => {
    const begins = token.startsLine || index === 0;
    column = begins || isAfterBullet ? token.column : column;
    isAfterBullet = begins && token.text === "·";
    return column;
  });
}
