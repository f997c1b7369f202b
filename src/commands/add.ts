import type { Command } from "commander";
import { type AdditionResult, addToCache } from "../session/add/add-to-cache.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import {
  type AdditionOptions,
  addAdditionOptions,
  readAddition,
  tellMiss,
} from "./input/addition-options.ts";
import type { AddedState } from "./json/states.ts";
import type { AddRemote } from "./sharing.ts";
import { callState } from "./states.ts";

/** `lean-pickle add`: runs code and tactics, and pickles the state that they end with. */
export function define(command: Command, host: Host): void {
  addAdditionOptions(command)
    .addHelpText(
      "after",
      examples(
        "lean-pickle add -c 'import Mathlib' -n mathlib",
        "lean-pickle add Basic.lean --from mathlib --sorry 0 -n goal",
        "lean-pickle add --from goal -t 'apply And.intro' -t 'exact hp'",
        "lean-pickle add --batch states.jsonl",
      ),
    )
    .action(action(host, add));
}

async function add(context: Context, files: string[], options: AdditionOptions): Promise<Outcome> {
  if (options.batch !== undefined) {
    const { addBatch } = await import("./batch.ts");
    return await addBatch(context, files, options.batch, options);
  }
  const cache = context.openCache();
  const addition = await readAddition(context, cache, files, options);
  const launch = await context.findRepl();
  let remote: AddRemote | undefined;
  const openRemote = async () => {
    const { AddRemote } = await import("./sharing.ts");
    remote = await AddRemote.open(context, cache, launch);
    return remote?.states;
  };
  const result = await context.output.withProgress(async (progress) => {
    try {
      const added = await addToCache(launch, cache, addition, {
        ...context.serverOptions,
        name: options.name,
        replaceName: options.replace,
        force: options.force,
        noRun: !options.run,
        onStep: (what) => progress.step(what, performance.now()),
        lock: context.changeOptions,
        allOrNone: true,
        onWarning: context.warnOfState,
        onMiss: options.explain ? (plan) => tellMiss(context, cache, plan) : undefined,
        ...(context.options.remote !== undefined && { openRemote }),
      });
      if (!added.cached) {
        remote?.send(added.states);
      }
      return added;
    } finally {
      await remote?.close();
    }
  });
  await show(context, result, options.sorry === "all");
  if (result.unknown.length > 0) {
    const why = result.unknown.join("; ");
    context.output.note(`It will never count as a hit, since this is not known: ${why}.`);
  }
  return "done";
}

async function show(
  { output }: Context,
  { states, cached, from, messages, sorries }: AdditionResult,
  isList: boolean,
): Promise<void> {
  if (output.json) {
    const documents = states.map(
      (state): AddedState => ({
        ...state,
        cached,
        ...(from && { from }),
        messages,
        sorries,
      }),
    );
    output.jsonData(isList ? documents : documents[0]);
  } else {
    if (messages.length > 0) {
      const { showMessages } = await import("./render/lean-messages.ts");
      showMessages(output, messages);
    }
    output.data(states.map(({ sessionId }) => sessionId).join("\n"));
  }
  for (const state of states.filter(({ proofStatus }) => proofStatus?.startsWith("Error"))) {
    output.warn(`Lean does not accept the proof of ${callState(state)}: ${state.proofStatus}`);
  }
}
