/** Tells names that a term or tactic introduces from patterns, which Lean compiles to matchers. */
import type { Token } from "../lean-tokens.ts";
import {
  BINDER_SYMBOLS,
  COMMAND_WORDS,
  INTRO_WORDS,
  LET_WORDS,
  LOSSY_WORDS,
} from "./lean-words.ts";
import type { Passage } from "./passage.ts";

/** What may stand between a symbol such as `∃` and its binders: `∃!`, `∀ᶠ`, `∫⁻`, `Π₀`. */
const SYMBOL_SUFFIX = /^[!⁻₀\p{Lm}]$/u;

/** Words that introduce no name, since they end a list of names. */
const NO_NAMES: ReadonlySet<string> = new Set(
  "fun at using from by in then else if show hiding renaming".split(" "),
);

/** Whether a token is a name that can be introduced: no keyword, without dots. */
export function isPlainName(token: Token | undefined): boolean {
  return token?.kind === "word" && !token.text.includes(".") && !isReserved(token.text);
}

function isReserved(word: string): boolean {
  return (
    NO_NAMES.has(word) ||
    [COMMAND_WORDS, LOSSY_WORDS, LET_WORDS, INTRO_WORDS, BINDER_SYMBOLS].some((set) =>
      set.has(word),
    )
  );
}

/** Whether the token at the index introduces anything but plain names and typed binders. */
export function bringsPattern(passage: Passage, index: number): boolean {
  const text = passage.tokens[index]?.text ?? "";
  if (text === "fun" || text === "λ") {
    return !hasPlainFunctionBinders(passage, index + 1);
  }
  if (BINDER_SYMBOLS.has(text)) {
    return !hasPlainSymbolBinders(passage, index + 1);
  }
  if (LET_WORDS.has(text)) {
    return passage.tokens[index - 1]?.text === "if" || !hasPlainLetBinders(passage, index + 1);
  }
  return INTRO_WORDS.has(text) && !hasPlainIntroNames(passage, index);
}

/** `fun x (y : T) {z} [inst : C] : T =>`. */
function hasPlainFunctionBinders(passage: Passage, from: number): boolean {
  const end = skipBinders(passage, from, { names: true });
  return end > from && ["=>", "↦", ":"].includes(passage.tokens[end]?.text ?? "");
}

/** `∀ x (y : T),`, `∃! x > 0,`, `∑ i ∈ s,`: what follows the binders may be any term. */
function hasPlainSymbolBinders(passage: Passage, from: number): boolean {
  const isSuffix = SYMBOL_SUFFIX.test(passage.tokens[from]?.text ?? "");
  const start = isSuffix ? from + 1 : from;
  const end = skipBinders(passage, start, { names: true });
  return end > start && !"([{⟨⦃.".includes(passage.tokens[end]?.text ?? "(");
}

/** `have :`, `have :=`, `have h :`, `let f (x : T) :=`. */
function hasPlainLetBinders(passage: Passage, from: number): boolean {
  const start = isPlainName(passage.tokens[from]) ? from + 1 : from;
  const end = start > from ? skipBinders(passage, start, { names: false }) : start;
  return [":", ":="].includes(passage.tokens[end]?.text ?? "");
}

/** `intro x y`, up to the end of the tactic; `rintro x (y : T)`. */
function hasPlainIntroNames(passage: Passage, index: number): boolean {
  const { tokens } = passage;
  const lineColumn = passage.lineColumns[index] ?? 0;
  const goesOn = (token: Token | undefined) =>
    token?.startsLine !== true || token.column > lineColumn;
  let at = index + 1;
  while (goesOn(tokens[at])) {
    if (isPlainName(tokens[at])) {
      at++;
    } else if (tokens[index]?.text === "rintro" && isPlainGroup(passage, at)) {
      at = (passage.closers.get(at) ?? at) + 1;
    } else {
      break;
    }
  }
  const end = tokens[at];
  return end === undefined || !goesOn(end) || ENDS_NAMES.has(end.text);
}

const ENDS_NAMES: ReadonlySet<string> = new Set("; <;> ) ] } ⟩ , at using".split(" "));

/** The index behind binders that are no patterns. */
function skipBinders(passage: Passage, from: number, allow: { names: boolean }): number {
  let at = from;
  for (;;) {
    if (allow.names && isPlainName(passage.tokens[at])) {
      at++;
    } else if (isPlainGroup(passage, at)) {
      at = (passage.closers.get(at) ?? at) + 1;
    } else {
      return at;
    }
  }
}

/** Whether a bracket holds a binder: `(x y : T)`, `{x : T}`, `⦃x⦄`, `[inst : C]`. */
export function isPlainGroup(passage: Passage, index: number): boolean {
  const { tokens } = passage;
  const opener = tokens[index]?.text ?? "";
  const closer = passage.closers.get(index);
  if (closer === undefined || !"([{⦃".includes(opener)) {
    return false;
  }
  if (opener === "[") {
    return closer > index + 1 && !passage.listOpeners.has(index);
  }
  let at = index + 1;
  while (isPlainName(tokens[at])) {
    at++;
  }
  const isTyped = tokens[at]?.text === ":" || (opener !== "(" && at === closer);
  return at > index + 1 && isTyped;
}
