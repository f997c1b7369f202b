import type { Command } from "commander";
import type { Output } from "../output/output.ts";
import { printable } from "../output/text.ts";
import type { CommandAnswer, ProofStepAnswer, ReplAnswer } from "../repl/protocol.ts";
import { LeanRejectedError } from "../session/add/lean-rejected.ts";
import { checkStateRun, runOnState, type StateRun } from "../session/add/run-on-state.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import { readSources, warnOfEmpty } from "./input/input.ts";
import { collect } from "./input/options.ts";
import type { RunDocument } from "./json/lean.ts";
import { formatMessage } from "./render/lean-messages.ts";
import { requireState } from "./states.ts";

interface RunOptions {
  code?: string[];
  tactic?: string[];
  allowErrors?: boolean;
}

/** An answer of Lean, and the code or the tactic that it is about. */
interface Answered {
  answer: ReplAnswer;
  source: string;
}

/** `lean-pickle run`: runs code or tactics on a state, and stores nothing. */
export function define(command: Command, host: Host): void {
  command
    .argument("<state>", "the state to run on: session id, name or key")
    .argument("[files...]", "Lean files to run in order on an environment; - is standard input")
    .option("-c, --code <code>", "code to run after the files; may be repeated", collect)
    .option("-t, --tactic <tactic>", "a tactic to run on a proof state; may be repeated", collect)
    .option("--allow-errors", "go on after errors, and exit with 0")
    .addHelpText(
      "after",
      examples(
        "lean-pickle run mathlib -c '#check Nat.add_comm'",
        "lean-pickle run goal -t 'constructor' -t 'assumption'",
      ),
    )
    .action(action(host, run));
}

async function run(
  context: Context,
  reference: string,
  files: string[],
  options: RunOptions,
): Promise<Outcome> {
  const { output } = context;
  const cache = context.openCache();
  const asked: StateRun = {
    base: requireState(cache, reference).entry,
    code: await readSources(files, options.code ?? [], context.signal),
    tactics: options.tactic ?? [],
    allowErrors: options.allowErrors,
  };
  checkStateRun(asked);
  warnOfEmpty(output, asked.code);
  const launch = await context.findRepl();
  const answers: Answered[] = [];
  let rejected: LeanRejectedError | undefined;
  try {
    await output.withProgress((progress) =>
      runOnState(launch, cache, asked, {
        ...context.serverOptions,
        onStep: (what) => progress.step(what, performance.now()),
        onWarning: context.warnOfState,
        onAnswer: (answer, source) => answers.push({ answer, source }),
      }),
    );
  } catch (error) {
    if (!(error instanceof LeanRejectedError)) {
      if (answers.length > 0) {
        show(output, answers);
      }
      throw error;
    }
    rejected = error;
  }
  show(output, answers);
  if (rejected) {
    const { code, what, hint } = rejected;
    output.error({ code, message: what, ...(rejected.isOfImports && hint && { hint }) });
  }
  return rejected ? "failed" : "done";
}

/** All that Lean said in order, and the goals that it ended with. */
function show(output: Output, answers: readonly Answered[]): void {
  if (output.json) {
    output.jsonData(answers.map(({ answer }) => answer) satisfies RunDocument);
    return;
  }
  const last = answers.at(-1)?.answer;
  const lines = [
    ...answers.flatMap(messagesOf),
    ...(last && "goals" in last ? goalsOf(last as ProofStepAnswer) : []),
    ...(last && "env" in last ? sorriesOf(last as CommandAnswer) : []),
  ];
  if (lines.length > 0) {
    output.data(printable(lines.join("\n")));
  } else {
    output.note("Lean has nothing to say about it.");
  }
}

function messagesOf({ answer, source }: Answered): string[] {
  if ("message" in answer) {
    return [formatMessage({ severity: "error", data: answer.message, source })];
  }
  const { messages = [] } = answer as CommandAnswer;
  return messages.map((message) => formatMessage({ ...message, source }));
}

/** The goals as Lean prints them, with an empty line between, and whether that is a proof. */
function goalsOf({ goals, proofStatus }: ProofStepAnswer): string[] {
  const shown = goals.length > 0 ? goals.join("\n\n") : "no goals";
  return proofStatus === undefined ? [shown] : [shown, "", proofStatus];
}

function sorriesOf({ sorries = [] }: CommandAnswer): string[] {
  return sorries.flatMap(({ pos, goal }, index) => {
    const at = pos ? ` at ${pos.line}:${pos.column}` : "";
    return ["", `sorry ${index}${at}`, goal];
  });
}
