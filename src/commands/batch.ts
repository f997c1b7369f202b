/** `lean-pickle add --batch` and `key --batch`: many additions through one REPL. */
import { LeanPickleError } from "../errors.ts";
import type { Output } from "../output/output.ts";
import { findHits } from "../session/add/hits.ts";
import type { LeanRejectedError } from "../session/add/lean-rejected.ts";
import type { AdditionPlan } from "../session/add/plan-addition.ts";
import type { BatchItem, BatchOutcome } from "../session/batch/batch-item.ts";
import { checkBatch } from "../session/batch/check-batch.ts";
import { runBatch } from "../session/batch/run-batch.ts";
import { sentenceOf } from "../system/system-error.ts";
import { type Context, type Outcome, outcomeOf } from "./context.ts";
import type { AdditionOptions } from "./input/addition-options.ts";
import { checkForce, tellMiss } from "./input/addition-options.ts";
import { readBatch } from "./input/batch-input.ts";
import type { AddedStateOfLine, FailedLine, KeyOfLine } from "./json/states.ts";
import { showMessages } from "./render/lean-messages.ts";
import { AddRemote, tellCounters } from "./sharing.ts";

/** Runs `add --batch`. */
export async function addBatch(
  context: Context,
  files: readonly string[],
  file: string,
  options: AdditionOptions,
): Promise<Outcome> {
  const { output, serverOptions } = context;
  const { cache, items, bad } = await openBatch(context, files, file, options);
  const launch = await context.findRepl();
  const replaceName = options.replace;
  const missing: string[] = [];
  const builtOn = await checkBatch(launch, cache, items, {
    replaceName,
    file: nameOf(file),
    bad,
    onPlanned(_item, plan) {
      if (context.options.remote !== undefined && !options.force && !findHits(cache, plan)) {
        missing.push(plan.keyAt(0));
      }
    },
  });
  const remote = missing.length > 0 ? await AddRemote.open(context, cache, launch) : undefined;
  remote?.states.lookAhead(missing);
  let good = 0;
  let failed = 0;
  const running = output.withProgress(async (progress) => {
    const startedAt = performance.now();
    try {
      await runBatch(launch, cache, items, builtOn, {
        ...serverOptions,
        replaceName,
        force: options.force,
        noRun: !options.run,
        remote: remote?.states,
        lock: context.changeOptionsToTheEnd,
        onWarning: context.warnOfState,
        onStep: (what) =>
          progress.step(
            `${what} (${good + failed}/${items.length} done${rate(good + failed, startedAt)})`,
          ),
        onMiss: options.explain
          ? (item, plan) => tellMiss(context, cache, plan, item.line)
          : undefined,
        onOutcome(item, outcome) {
          if ("error" in outcome) {
            failed++;
          } else {
            good++;
            if (!outcome.cached) {
              remote?.send(outcome.states);
            }
          }
          show(output, nameOf(file), item, outcome);
        },
      });
    } finally {
      await remote?.close();
    }
  });
  await running.catch((error: unknown) => {
    output.note(
      `${good} of ${items.length} lines are stored; the same command goes on from there.`,
    );
    throw error;
  });
  if (remote) {
    tellCounters(output, remote.states.remote);
  }
  if (failed > 0) {
    output.note(`${good} of ${items.length} lines went well.`);
  }
  return outcomeOf(good, items.length);
}

/** Runs `key --batch`: one key a line. */
export async function keysOfBatch(
  context: Context,
  files: readonly string[],
  file: string,
  options: AdditionOptions,
): Promise<Outcome> {
  const { output } = context;
  const { cache, items, bad } = await openBatch(context, files, file, options);
  const launch = await context.findRepl();
  const planned: { line: number; plan: AdditionPlan; hit: boolean }[] = [];
  await checkBatch(launch, cache, items, {
    replaceName: options.replace,
    file: nameOf(file),
    bad,
    onPlanned({ line = 0 }, plan) {
      planned.push({ line, plan, hit: findHits(cache, plan) !== undefined });
    },
  });
  const misses = planned.filter(({ hit }) => !hit);
  const remote = misses.length > 0 ? await AddRemote.open(context, cache, launch) : undefined;
  remote?.states.lookAhead(misses.map(({ plan }) => plan.keyAt(0)));
  let there = 0;
  // Not before all of it was found to make sense.
  for (const { line, plan, hit } of planned) {
    const { key, inputs, unknown } = plan;
    const isThere = remote && !hit && (await remote.states.has(plan));
    there += isThere ? 1 : 0;
    if (output.json) {
      const known = isThere === undefined ? {} : { remote: isThere };
      output.jsonLine({ line, key, hit, ...known, inputs, unknown } satisfies KeyOfLine);
    } else {
      output.data(key);
    }
  }
  await remote?.close();
  const inRemote = remote ? `, and ${there} more in the remote` : "";
  output.note(`${planned.length - misses.length} of ${items.length} lines would hit${inRemote}.`);
  return "done";
}

/** The cache, and the lines of a batch: those that can be run, and those that cannot. */
async function openBatch(
  context: Context,
  files: readonly string[],
  file: string,
  options: AdditionOptions,
) {
  checkAlone(files, options);
  const cache = context.openCache();
  const { allowErrors } = options;
  const { items, bad } = await readBatch(file, { allowErrors }, context.signal);
  if (items.length + bad.length === 0) {
    context.output.warn("The batch is empty.");
  }
  return { cache, items, bad };
}

/** How a batch is called in messages. */
function nameOf(file: string): string {
  return file === "-" ? "standard input" : file;
}

function rate(done: number, startedAt: number): string {
  const seconds = (performance.now() - startedAt) / 1000;
  return done > 0 && seconds >= 1 ? `, ${(done / seconds).toFixed(1)} a second` : "";
}

/** Prints the result of a line: its session ids, or `-` if it failed; with `--json`, one document. */
function show(
  output: Output,
  file: string,
  { line = 0, sorry }: BatchItem,
  outcome: BatchOutcome,
): void {
  if ("error" in outcome) {
    showFailure(output, file, line, outcome.error);
    return;
  }
  const { states, unknown: _, ...told } = outcome;
  if (output.json) {
    const documents = states.map((state): AddedStateOfLine => ({ line, ...state, ...told }));
    output.jsonLine(sorry === "all" ? documents : documents[0]);
  } else {
    output.data(states.map(({ sessionId }) => sessionId).join(" "));
  }
}

function showFailure(output: Output, file: string, line: number, error: Error): void {
  const message = sentenceOf(error);
  const { code = "system", hint } = error as Partial<LeanPickleError>;
  const { messages } = error as Partial<LeanRejectedError>;
  if (output.json) {
    output.jsonLine({
      line,
      error: { code, message, ...(hint && { hint }), ...(messages && { messages: [...messages] }) },
    } satisfies FailedLine);
    return;
  }
  output.data("-");
  if (messages) {
    showMessages(output, messages);
  }
  output.problem(`${file}, line ${line}: ${message}`);
}

function checkAlone(files: readonly string[], options: AdditionOptions): void {
  const others = ["code", "from", "sorry", "tactic", "name"] as const;
  if (files.length > 0 || others.some((name) => options[name] !== undefined)) {
    const message =
      "--batch says what to add: it does not go with files, -c, --from, --sorry, -t, -n.";
    throw new LeanPickleError("usage", message);
  }
  checkForce(options);
}
