/** The options of `add`, and of `key`, which takes the same. */
import { type Command, InvalidArgumentError } from "commander";
import { LeanPickleError } from "../../errors.ts";
import { type Addition, checkAddition } from "../../session/add/addition.ts";
import type { MissExplanation } from "../../session/add/explain-miss.ts";
import { findHits } from "../../session/add/hits.ts";
import type { AdditionPlan } from "../../session/add/plan-addition.ts";
import type { PickleSessionCache } from "../../session/pickle-session-cache.ts";
import type { Context } from "../context.ts";
import type { MissDocument, MissNote } from "../json/states.ts";
import { callState, requireState } from "../states.ts";
import { readSources, warnOfEmpty } from "./input.ts";
import { collect } from "./options.ts";

/** The options of `add` or `key`, as parsed. */
export interface AdditionOptions {
  code?: string[];
  from?: string;
  sorry?: number | "all";
  tactic?: string[];
  name?: string;
  replace?: boolean;
  allowErrors?: boolean;
  force?: boolean;
  /** False with `--no-run`. */
  run: boolean;
  explain?: boolean;
  batch?: string;
}

/** Gives a command the arguments and options of `add`. */
export function addAdditionOptions(command: Command): Command {
  return command
    .argument("[files...]", "Lean files to run in order; - is standard input")
    .option("-c, --code <code>", "code to run after the files; may be repeated", collect)
    .option("--from <state>", "the state to build on: session id, name or key")
    .option(
      "--sorry <n|all>",
      "store the proof state at the n-th sorry, from 0, of the last code or tactic",
      parseSorry,
    )
    .option("-t, --tactic <tactic>", "a tactic to run on the proof state; may be repeated", collect)
    .option("-n, --name <name>", "a name for the state")
    .option("--replace", "take the name from the state that has it")
    .option("--allow-errors", "store the state even if Lean finds errors")
    .option("--force", "make the state again even if the cache holds it")
    .option("--no-run", "fail on a cache miss; never start Lean")
    .option("--explain", "on a cache miss, say what differs from the nearest state")
    .option("--batch <file>", "read additions from JSON Lines, one a line; - is standard input");
}

/**
 * The addition that the command line asks for.
 * @throws {LeanPickleError} `usage`, `no-such-state`, `unreadable-input`
 */
export async function readAddition(
  context: Context,
  cache: PickleSessionCache,
  files: readonly string[],
  options: AdditionOptions,
): Promise<Addition> {
  checkCombination(options);
  const addition: Addition = {
    base: options.from === undefined ? undefined : requireState(cache, options.from).entry,
    code: await readSources(files, options.code ?? [], context.signal),
    sorry: options.sorry,
    tactics: options.tactic ?? [],
    allowErrors: options.allowErrors,
  };
  checkAddition(addition);
  warnOfEmpty(context.output, addition.code);
  return addition;
}

/** Explains a cache miss: the nearest state, and what differs from it. */
export async function explain(
  cache: PickleSessionCache,
  plan: AdditionPlan,
): Promise<MissExplanation> {
  const { explainMiss } = await import("../../session/add/explain-miss.ts");
  return explainMiss(cache, plan);
}

/** A miss as JSON: the nearest state is named by its session id. */
export function missDocument({ nearest, reasons }: MissExplanation): MissDocument {
  return { nearest: nearest?.sessionId ?? null, reasons };
}

/**
 * Prints why an addition is a cache miss; with `--json`, as a document.
 * @param line of a batch
 */
export async function tellMiss(
  { output }: Context,
  cache: PickleSessionCache,
  plan: AdditionPlan,
  line?: number,
): Promise<void> {
  const where = line === undefined ? "" : `line ${line}: `;
  if (findHits(cache, plan)) {
    // As with --force, or where another process has just added it.
    output.note(`${where}no miss: the cache holds it.`);
    return;
  }
  const { nearest, reasons } = await explain(cache, plan);
  if (output.json) {
    const document = missDocument({ nearest, reasons });
    output.jsonNote({
      miss: { ...(line !== undefined && { line }), ...document },
    } satisfies MissNote);
    return;
  }
  const key = plan.key.slice(0, 12);
  const what =
    nearest?.key === plan.key
      ? `${callState(nearest)} has the key ${key}, but:`
      : `no state has the key ${key}${nearest ? `; the nearest is ${callState(nearest)}` : ""}:`;
  output.note([`${where}miss: ${what}`, ...reasons.map((reason) => `  ${reason}`)].join("\n"));
}

function checkCombination(options: AdditionOptions): void {
  if (options.replace && options.name === undefined) {
    throw new LeanPickleError("usage", "--replace takes a name from a state: give it with -n.");
  }
  checkForce(options);
}

/** @throws {LeanPickleError} `usage` for `--force` with `--no-run` */
export function checkForce({ force, run }: AdditionOptions): void {
  if (force && !run) {
    throw new LeanPickleError("usage", "--force starts Lean, and --no-run forbids that.");
  }
}

function parseSorry(text: string): number | "all" {
  if (text === "all") {
    return text;
  }
  if (!/^\d{1,9}$/.test(text)) {
    throw new InvalidArgumentError('A number from 0, or "all", is needed.');
  }
  return Number(text);
}
