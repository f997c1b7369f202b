import type { Command } from "commander";
import type { ReplLaunch } from "../repl/connection.ts";
import { findHits } from "../session/add/hits.ts";
import { type AdditionPlan, planAddition } from "../session/add/plan-addition.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import {
  type AdditionOptions,
  addAdditionOptions,
  explain,
  missDocument,
  readAddition,
  tellMiss,
} from "./input/addition-options.ts";
import type { KeyDocument } from "./json/states.ts";
import { callState } from "./states.ts";

/** `lean-pickle key`: the key that `add` would look up, and whether it would hit. */
export function define(command: Command, host: Host): void {
  addAdditionOptions(command)
    .addHelpText(
      "after",
      examples(
        "lean-pickle key -c 'import Mathlib'",
        "lean-pickle key -c 'import Mathlib' --explain",
      ),
    )
    .action(action(host, key));
}

async function key(context: Context, files: string[], options: AdditionOptions): Promise<Outcome> {
  const { output } = context;
  if (options.batch !== undefined) {
    const { keysOfBatch } = await import("./batch.ts");
    return await keysOfBatch(context, files, options.batch, options);
  }
  const cache = context.openCache();
  const addition = await readAddition(context, cache, files, options);
  const launch = await context.findRepl();
  const plan = await planAddition(launch, addition);
  const hits = options.force ? undefined : findHits(cache, plan);
  const { key: wanted, inputs, unknown } = plan;
  const isAsked = hits === undefined && context.options.remote !== undefined;
  const remote = isAsked ? await isInRemote(context, cache, launch, plan) : undefined;
  if (output.json) {
    const sessionIds = hits?.map(({ sessionId }) => sessionId) ?? [];
    const hit = hits !== undefined;
    const known = { key: wanted, hit, ...(isAsked && { remote }), sessionIds, inputs, unknown };
    const isExplained = options.explain && !hits;
    output.jsonData({
      ...known,
      ...(isExplained && missDocument(await explain(cache, plan))),
    } satisfies KeyDocument);
    return "done";
  }
  output.data(wanted);
  if (remote) {
    output.note(`miss here, and a hit in the remote ${context.options.remote}`);
  } else if (hits) {
    output.note(`hit: ${hits.map(callState).join(", ")}`);
  } else if (options.explain) {
    await tellMiss(context, cache, plan);
  } else {
    const why = unknown.length > 0 ? `, and never a hit. Not known: ${unknown.join("; ")}` : "";
    output.note(`miss${why}`);
  }
  return "done";
}

/** Whether the remote has what an addition leads to. */
async function isInRemote(
  context: Context,
  cache: PickleSessionCache,
  launch: ReplLaunch,
  plan: AdditionPlan,
): Promise<boolean> {
  const { AddRemote } = await import("./sharing.ts");
  const remote = await AddRemote.open(context, cache, launch);
  const isThere = (await remote?.states.has(plan)) ?? false;
  await remote?.close();
  return isThere;
}
