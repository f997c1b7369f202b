/** Hints for errors of Lean whose message alone would mislead. */
import { parseImports } from "../../recipe/import-header.ts";
import type { RecipeStep } from "../../recipe/steps.ts";

/** An error, and what it is about. */
export interface Rejection {
  /** All that Lean said of the step. */
  text: string;
  step: RecipeStep;
  /** What the step is called in messages. */
  source: string;
  /** Whether there is code before it. */
  isFirst: boolean;
  /** The code before it, of the same recipe. */
  before: readonly string[];
}

/** A hint for an error; undefined if there is nothing to add to what Lean says. */
export function hintFor(rejection: Rejection): string | undefined {
  const { step } = rejection;
  if ("cmd" in step) {
    return secondImport(rejection, step.cmd);
  }
  return "tactic" in step
    ? (severalTactics(rejection, step.tactic) ?? forgottenLemma(rejection))
    : undefined;
}

/**
 * An `import` behind other code. Lean says that it expects a command there; the hint says where
 * imports belong.
 */
function secondImport({ text, source, isFirst }: Rejection, cmd: string): string | undefined {
  const isAtStart = !isFirst && (parseImports(cmd) ?? [""]).length > 0;
  const isOfImport = /expected command|invalid 'import' command/.test(text);
  const isInside = /invalid 'import' command/.test(text);
  if (!isInside && !(isAtStart && isOfImport)) {
    return undefined;
  }
  const line = cmd.split("\n").findIndex((each) => /^\s*import\s/.test(each)) + 1;
  return `Imports belong to the beginning of the first code: move the import in line ${line} of ${source} there. With --allow-errors the code behind it would be lost.`;
}

/** Several tactics in one: the REPL parses one, and refuses what is behind it. */
function severalTactics({ text }: Rejection, tactic: string): string | undefined {
  const behind = /<\w+>:(\d+):(\d+):/.exec(text);
  const isBehind = behind !== null && (Number(behind[1]) > 1 || Number(behind[2]) > 1);
  return isBehind && /[;\n·]|<;>/.test(tactic.trim())
    ? "The REPL takes one tactic at a time: give a -t for each, or put them in parentheses, as in -t '(skip; exact h)'."
    : undefined;
}

/**
 * A tactic that does not know a lemma of the same code, as on v4.6.0 to v4.19.0-rc2
 * (leanprover-community/repl#66).
 */
function forgottenLemma({ text, before }: Rejection): string | undefined {
  const name = /unknown (?:identifier|constant) ['`](.+?)['`]/i.exec(text)?.[1];
  if (name === undefined) {
    return undefined;
  }
  const declaration = new RegExp(
    `\\b(?:theorem|lemma|def|abbrev|axiom)\\s+${literally(name)}(?![\\w.'])`,
  );
  return before.some((cmd) => declaration.test(cmd))
    ? `The code declares ${name}, but on this REPL a sorry does not know what the same code declares before it: give the lemmas and the theorem as two -c.`
    : undefined;
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
