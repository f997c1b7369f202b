/** Code as commands: those that only set scopes, and the one theorem behind them. */
import { parseHeader } from "../import-header.ts";
import { readTokens, type Token } from "../lean-tokens.ts";
import { SCOPE_COMMANDS, THEOREM_COMMANDS } from "./lean-words.ts";

/** Code that is taken apart, up to the first thing that is not understood. */
export interface Commands {
  /** The imports; none if they are not plain. */
  header: readonly Token[];
  /** The commands that only set scopes, each with its tokens. */
  scopes: readonly (readonly Token[])[];
  /** From `theorem`, `lemma` or `example` to the end of the code. */
  theorem: readonly Token[] | undefined;
  /** The first token in the place of a command that begins none of these. */
  stranger: Token | undefined;
}

/**
 * Takes code apart.
 * @param hasHeader whether it may begin with imports: code that runs on an environment may not
 */
export function readCommands(code: string, hasHeader: boolean): Commands {
  const tokens = readTokens(code);
  const imports = hasHeader ? parseHeader(code) : null;
  const headerEnd = imports?.isPlain === true ? imports.end : 0;
  const header = tokens.filter(({ at }) => at < headerEnd);
  const scopes: Token[][] = [];
  for (const [index, token] of tokens.entries()) {
    if (index < header.length) {
      continue;
    }
    if (token.startsLine && THEOREM_COMMANDS.has(token.text)) {
      return { header, scopes, theorem: tokens.slice(index), stranger: undefined };
    }
    if (token.startsLine && SCOPE_COMMANDS.has(token.text)) {
      scopes.push([token]);
      continue;
    }
    const command = scopes.at(-1);
    if (command === undefined) {
      return { header, scopes, theorem: undefined, stranger: token };
    }
    command.push(token);
  }
  return { header, scopes, theorem: undefined, stranger: undefined };
}
