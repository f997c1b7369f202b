/** Finds what a pickle loses in the text of a theorem, of its tactics, and of variables. */

import type { Token } from "../lean-tokens.ts";
import { bringsPattern } from "./binders.ts";
import {
  BEFORE_ANONYMOUS_CONSTRUCTOR,
  COMMAND_WORDS,
  LOSSY_WORDS,
  SIMP_LIKE,
} from "./lean-words.ts";
import { type Passage, readPassage } from "./passage.ts";

/**
 * Why a recipe and a pickle may differ: another command, a construct that adds more than constants,
 * or text that is not understood.
 */
export type LossReason = "command" | "construct" | "unclear";

/** The first token that a pickle may lose something for. */
export interface LossyToken {
  token: Token;
  why: LossReason;
}

type Rule = (passage: Passage, index: number) => LossReason | undefined;

/** Which text tokens come from: a statement ends where its proof begins, types have no proof. */
type TermKind = "theorem" | "tactic" | "type";

/** The first token of terms and tactics that a pickle may lose something for. */
export function findLossyToken(tokens: readonly Token[], kind: TermKind): LossyToken | undefined {
  const read = readPassage(tokens);
  const passage = kind === "tactic" ? { ...read, proofFrom: -1 } : read;
  const isSimpLemmaList = watchSimp(passage);
  for (const [index, token] of tokens.entries()) {
    const why = isSimpLemmaList(index) ? "construct" : applyRules(passage, index);
    if (why !== undefined) {
      return { token, why };
    }
  }
  const last = tokens.at(-1);
  const isUnproved = kind === "theorem" && passage.proofFrom === Number.POSITIVE_INFINITY;
  return isUnproved && last !== undefined ? { token: last, why: "unclear" } : undefined;
}

function applyRules(passage: Passage, index: number): LossReason | undefined {
  for (const rule of RULES) {
    const why = rule(passage, index);
    if (why !== undefined) {
      return why;
    }
  }
  return undefined;
}

const RULES: readonly Rule[] = [
  ({ tokens, unbalanced }, index) =>
    index === unbalanced || tokens[index]?.kind === "unknown" ? "unclear" : undefined,
  checkWord,
  checkSymbol,
  (passage, index) => (bringsPattern(passage, index) ? "construct" : undefined),
  checkAnonymousConstructor,
  checkValue,
  checkAfterSorry,
];

function checkWord({ tokens, proofFrom }: Passage, index: number): LossReason | undefined {
  const text = tokens[index]?.text ?? "";
  if (COMMAND_WORDS.has(text)) {
    return "command";
  }
  // `simp!` unfolds definitions.
  const isLossy = LOSSY_WORDS.has(text) || (SIMP_LIKE.test(text) && text.endsWith("!"));
  const isProofInStatement = text === "by" && index < proofFrom;
  return isLossy || isProofInStatement ? "construct" : undefined;
}

function checkSymbol({ tokens }: Passage, index: number): LossReason | undefined {
  const { text = "", at = 0 } = tokens[index] ?? {};
  const next = tokens[index + 1];
  if (text === "#" || (text === "@" && next?.text === "[")) {
    return "command";
  }
  if (text === "|") {
    return "construct";
  }
  // `eval% x` is a macro, and `n % 2` is none.
  const previous = tokens[index - 1];
  const touchesWord = previous?.kind === "word" && previous.at + previous.text.length === at;
  const isMacro = text === "%" && touchesWord && next?.at !== at + 1;
  return text === "`" || isMacro ? "unclear" : undefined;
}

function checkAnonymousConstructor(passage: Passage, index: number): LossReason | undefined {
  const { tokens, proofFrom } = passage;
  const isTerm = BEFORE_ANONYMOUS_CONSTRUCTOR.has(tokens[index - 1]?.text ?? "");
  return tokens[index]?.text === "⟨" && (index < proofFrom || !isTerm) ? "construct" : undefined;
}

/** In brackets, `:=` gives a `let` or a named argument its value, or a binder its default value. */
function checkValue(passage: Passage, index: number): LossReason | undefined {
  const { tokens, openers, letValues } = passage;
  const opener = openers[index];
  if (tokens[index]?.text !== ":=" || opener === undefined || letValues.has(index)) {
    return undefined;
  }
  const isFirst = index - 2 === opener || tokens[index - 2]?.text === ",";
  const isNamed = isFirst && tokens[index - 1]?.kind === "word";
  return isNamed && tokens[index + 1]?.text !== "by" ? undefined : "unclear";
}

/** What follows a `sorry` on its line may be a command that only the project knows. */
function checkAfterSorry({ tokens }: Passage, index: number): LossReason | undefined {
  const next = tokens[index + 1];
  if (tokens[index]?.text !== "sorry" || next === undefined || next.startsLine) {
    return undefined;
  }
  const isFree = next.kind !== "symbol" || "([{⦃".includes(next.text);
  const isKnown = next.text === "else" || COMMAND_WORDS.has(next.text);
  return isFree && !isKnown ? "unclear" : undefined;
}

/** What goes on with the arguments of a tactic at the start of a line. */
const GOES_ON: ReadonlySet<string> = new Set("only at using [ ( + -".split(" "));

/**
 * Follows the tactics that take lemmas in brackets. The function that it gives is called for each
 * index in turn, and tells whether a list of lemmas begins there.
 */
function watchSimp(passage: Passage): (index: number) => boolean {
  /** The first token of the tactic; the tactics inside it end with it. */
  let start: number | undefined;
  return (index) => {
    const text = passage.tokens[index]?.text ?? "";
    if (start !== undefined && endsTactic(passage, start, index)) {
      start = undefined;
    }
    if (start === undefined && SIMP_LIKE.test(text)) {
      start = index;
    }
    const addsRules = text === "(" && passage.tokens[index - 1]?.text.startsWith("aesop") === true;
    return (start !== undefined && text === "[") || addsRules;
  };
}

function endsTactic(passage: Passage, start: number, index: number): boolean {
  const token = passage.tokens[index];
  if (token === undefined || passage.openers[index] !== passage.openers[start]) {
    return index === passage.closers.get(passage.openers[start] ?? -1);
  }
  const startsTactic = token.startsLine && token.column <= (passage.lineColumns[start] ?? 0);
  return token.text === ";" || token.text === "<;>" || (startsTactic && !GOES_ON.has(token.text));
}
