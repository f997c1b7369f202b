/**
 * Whether the pickle of a proof state holds all that its recipe makes. A pickle holds constants and
 * scopes, and no entry of an environment extension. A proof state is pickle-safe if its code sets
 * scopes and then states one theorem, and nothing in that theorem and its tactics adds more than
 * constants. What is not understood is not pickle-safe: a recipe costs some milliseconds more, and a
 * pickle that lacks something gives a wrong proof state.
 *
 * Two things cannot be seen in the text. A word that only the project knows may begin a command, on a
 * line that is indented like a tactic. And in older versions of Lean, `rw [f]` with a definition adds
 * equations that a pickle holds but an extension no longer knows, so that the next use of them fails.
 */

import { parseHeader } from "../import-header.ts";
import { readTokens, type Token } from "../lean-tokens.ts";
import type { RecipeStep } from "../steps.ts";
import { isPlainName } from "./binders.ts";
import { type Commands, readCommands } from "./commands.ts";
import { beginsCommand } from "./lean-words.ts";
import { findLossyToken, type LossReason, type LossyToken } from "./lossy-terms.ts";
import { findLossyScope } from "./scope-commands.ts";

/** How many characters of a line are given. */
const MAX_TEXT = 80;

/**
 * Why a state is not pickle-safe. Of an environment no place is given: the next code may use whatever
 * its code adds.
 */
export type PickleLoss = { why: "environment" } | LostInStep;

/** The first place in the steps of a proof state that a pickle loses, or that is not understood. */
interface LostInStep {
  why: LossReason;
  /** The index of the step, from 0. */
  step: number;
  /** The line in the text of the step, from 1. */
  line: number;
  /** That line, trimmed and shortened; empty if the text holds nothing. */
  text: string;
}

/** The first thing that a pickle would lose; undefined if the steps make a pickle-safe proof state. */
export function findPickleLoss(steps: readonly RecipeStep[]): PickleLoss | undefined {
  const proofAt = steps.findIndex((step) => !("cmd" in step));
  if (proofAt < 0) {
    return { why: "environment" };
  }
  for (const [index, step] of steps.entries()) {
    const isLost =
      "cmd" in step && index < proofAt
        ? findLostInCode(step.cmd, index === 0, index === proofAt - 1)
        : findLostInProof(step, steps[index - 1]);
    if (isLost !== undefined) {
      return describe(isLost, step, index);
    }
  }
  return undefined;
}

/**
 * The code of the base environment of a pickle-safe proof state: its header and scope commands, one
 * text for each step that holds any. It is the same for all theorems behind the same commands.
 * Undefined if the proof state is not pickle-safe.
 */
export function findBaseCode(steps: readonly RecipeStep[]): string[] | undefined {
  if (findPickleLoss(steps) !== undefined) {
    return undefined;
  }
  const code = steps.flatMap((step) => ("cmd" in step ? [step.cmd] : []));
  const scopes = splitAtProof(code.at(-1) ?? "")?.scopes ?? "";
  return [...code.slice(0, -1), scopes].filter((text) => text !== "");
}

/**
 * Splits code in front of its theorem. Comments and blanks around the header and the scope commands
 * are dropped. Undefined if the code holds no theorem, or another command before it.
 */
export function splitAtProof(code: string): { scopes: string; proof: string } | undefined {
  const { header, scopes, theorem } = readCommands(code, true);
  const tokens = [...header, ...scopes.flat()];
  const [first] = tokens;
  const last = tokens.at(-1);
  const start = theorem?.[0]?.at;
  return start === undefined
    ? undefined
    : {
        scopes: first && last ? code.slice(first.at, last.at + last.text.length) : "",
        proof: code.slice(start),
      };
}

/** What is lost; without a token, it is the step as a whole. */
interface Lost {
  token?: Token;
  why: LossReason;
}

function describe({ token, why }: Lost, step: RecipeStep, index: number): LostInStep {
  const text = "cmd" in step ? step.cmd : "tactic" in step ? step.tactic : `sorry ${step.sorry}`;
  const line = (token ?? readTokens(text)[0])?.line ?? 1;
  return { why, step: index, line, text: shorten(text.split("\n")[line - 1] ?? "") };
}

function shorten(text: string): string {
  const letters = [...text.trim()];
  return letters.length > MAX_TEXT
    ? `${letters.slice(0, MAX_TEXT - 1).join("")}…`
    : letters.join("");
}

function findLostInCode(code: string, isFirst: boolean, isLast: boolean): Lost | undefined {
  const commands = readCommands(code, isFirst);
  const { scopes, theorem, stranger } = commands;
  const lost = (isFirst && findLostInHeader(code, commands)) || findLostInScopes(scopes);
  if (lost !== undefined) {
    return lost;
  }
  if (stranger !== undefined) {
    return nameToken(stranger);
  }
  const keyword = theorem?.[0];
  if (theorem === undefined || keyword === undefined) {
    return isLast ? { why: "unclear" } : undefined;
  }
  return isLast ? findLostInTheorem(theorem) : nameToken(keyword);
}

/** Imports of other kinds than plain ones change more than what is imported. */
function findLostInHeader(code: string, { header }: Commands): Lost | undefined {
  if (parseHeader(code)?.isPlain !== true) {
    return { why: "unclear" };
  }
  const token = header.find(
    ({ kind, text }) => kind === "unknown" || (text !== "import" && beginsCommand(text)),
  );
  return token && nameToken(token);
}

function findLostInScopes(scopes: Commands["scopes"]): Lost | undefined {
  for (const command of scopes) {
    const outdent = findOutdent(command);
    const lost = findLossyScope(command) ?? (outdent && nameToken(outdent));
    if (lost !== undefined) {
      return lost;
    }
  }
  return undefined;
}

function findLostInTheorem(theorem: readonly Token[]): Lost | undefined {
  const [keyword, name] = theorem;
  const isNamed = keyword?.text !== "example";
  if (isNamed && name?.text.includes(".")) {
    return { token: name, why: "construct" };
  }
  if (isNamed && (!isPlainName(name) || name?.text.startsWith("«"))) {
    return name ? nameToken(name) : { why: "unclear" };
  }
  const lost = findLossyToken(theorem.slice(isNamed ? 2 : 1), "theorem");
  const outdent = findOutdent(theorem);
  const lostAt = lost?.token.at ?? Number.POSITIVE_INFINITY;
  return outdent !== undefined && outdent.at < lostAt ? nameToken(outdent) : lost;
}

/** The first token that starts a line no further to the right than its command: it may be another. */
function findOutdent([keyword, ...rest]: readonly Token[]): Token | undefined {
  return rest.find(({ startsLine, column }) => startsLine && column <= (keyword?.column ?? 0));
}

function nameToken(token: Token): LossyToken {
  return { token, why: beginsCommand(token.text) ? "command" : "unclear" };
}

/** The steps behind the code are tactics, and sorries of the code or of a tactic. */
function findLostInProof(step: RecipeStep, before: RecipeStep | undefined): Lost | undefined {
  if ("sorry" in step && before !== undefined && !("sorry" in before)) {
    return undefined;
  }
  if (!("tactic" in step) || before === undefined || "cmd" in before) {
    return { why: "unclear" };
  }
  const tokens = readTokens(step.tactic);
  return tokens.length === 0 ? { why: "unclear" } : findLossyToken(tokens, "tactic");
}
