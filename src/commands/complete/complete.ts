/** The command that the shells run at Tab. It writes nothing but its answer, and never fails. */
import type { Command } from "commander";
import { findCandidates } from "./candidates.ts";
import { shellWordAt, splitLine, type TypedLine } from "./shell-words.ts";

/**
 * Prints what fits the word at the cursor, as the scripts in `completions` want it: a line that says
 * what stands there (`words`, `files`, `folders`), and then each word, but in bash with a tab and a
 * description. The word at the cursor is given behind a dot, since PowerShell drops empty arguments.
 * @param args the shell; then for bash its line up to the cursor, else the word at the cursor behind
 * a dot and the words in front of it
 * @param createProgram makes the program, with the definitions of the commands that are named
 */
export async function complete(
  args: readonly string[],
  createProgram: (words: readonly string[]) => Promise<Command>,
): Promise<void> {
  const [shell = "", ...typed] = args;
  const { before, current, isQuoted } =
    shell === "bash" ? splitLine(typed[0] ?? "") : lineOf(typed);
  const { kind, words } = findCandidates(await createProgram(before), before, current);
  const lines = words.flatMap(({ word, description }) => {
    const given = shellWordAt(shell, word, isQuoted);
    // bash shows what is in the line, and has no place for descriptions.
    return given === undefined ? [] : [shell === "bash" ? given : `${given}\t${description}`];
  });
  process.stdout.write(`${[kind, ...lines].join("\n")}\n`);
}

function lineOf([current = "", ...before]: readonly string[]): TypedLine {
  return { before, current: current.replace(/^\./, ""), isQuoted: false };
}
