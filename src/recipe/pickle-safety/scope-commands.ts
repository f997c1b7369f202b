/** The commands that only set scopes, each checked as a whole. */

import type { Token } from "../lean-tokens.ts";
import { isPlainGroup, isPlainName } from "./binders.ts";
import { beginsCommand } from "./lean-words.ts";
import { findLossyToken, type LossyToken } from "./lossy-terms.ts";
import { readPassage } from "./passage.ts";

/** The first token of a scope command that is more than that; undefined if it only sets a scope. */
export function findLossyScope(command: readonly Token[]): LossyToken | undefined {
  const [keyword, ...args] = command;
  if (keyword === undefined || SHAPES[keyword.text]?.(args) !== true) {
    return findCulprit(command);
  }
  return keyword.text === "variable" ? findLossyToken(args, "type") : undefined;
}

/** What shows best that a command is not understood: another command in it, else its beginning. */
function findCulprit(command: readonly Token[]): LossyToken | undefined {
  const [keyword, ...args] = command;
  const isScoped = keyword?.text === "open" && args[0]?.text === "scoped";
  const culprit = args
    .slice(isScoped ? 1 : 0)
    .find(({ kind, text }) => kind === "unknown" || beginsCommand(text));
  if (culprit !== undefined) {
    return { token: culprit, why: beginsCommand(culprit.text) ? "command" : "unclear" };
  }
  return keyword && { token: keyword, why: "unclear" };
}

/** What may follow each of the commands. */
const SHAPES: Readonly<Record<string, (args: readonly Token[]) => boolean>> = {
  open: isOpen,
  set_option: ([name, value, ...more]) => isName(name) && isOptionValue(value) && more.length === 0,
  universe: (args) => args.length > 0 && args.every(isPlainName),
  section: (args) => args.length < 2 && args.every(isName),
  namespace: (args) => args.length === 1 && args.every(isName),
  variable: areBinders,
};

/** `open A B.C`, `open scoped A`, `open A (x y)`, `open A hiding x`, `open A renaming x → y`. */
function isOpen(args: readonly Token[]): boolean {
  const [first, second, ...rest] = args;
  if (first?.text === "scoped") {
    return args.length > 1 && args.slice(1).every(isName);
  }
  switch (second?.text) {
    case "(":
      return isName(first) && rest.at(-1)?.text === ")" && areNames(rest.slice(0, -1));
    case "hiding":
      return isName(first) && areNames(rest);
    case "renaming":
      return isName(first) && areRenamings(rest);
    default:
      return areNames(args);
  }
}

function areRenamings(args: readonly Token[]): boolean {
  return (
    args.every((token, index) => {
      switch (index % 4) {
        case 1:
          return token.text === "→" || token.text === "->";
        case 3:
          return token.text === ",";
        default:
          return isName(token);
      }
    }) && args.length % 4 === 3
  );
}

function areNames(args: readonly Token[]): boolean {
  return args.length > 0 && args.every(isName);
}

/** Whether a token is a name, with dots or without, and no keyword. */
function isName(token: Token | undefined): boolean {
  return token?.kind === "word" && (token.text.includes(".") || isPlainName(token));
}

function isOptionValue(token: Token | undefined): boolean {
  const isTruth = token?.text === "true" || token?.text === "false";
  return isTruth || token?.kind === "number" || token?.kind === "string";
}

/** `(x y : T) {z} [inst : C]`. */
function areBinders(args: readonly Token[]): boolean {
  const passage = readPassage(args);
  let at = 0;
  while (isPlainGroup(passage, at)) {
    at = (passage.closers.get(at) ?? at) + 1;
  }
  return at > 0 && at === args.length;
}
