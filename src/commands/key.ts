import type { Command } from "commander";
import { findHits } from "../session/add/hits.ts";
import { planAddition } from "../session/add/plan-addition.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import {
  type AdditionOptions,
  addAdditionOptions,
  explain,
  missDocument,
  readAddition,
  tellMiss,
} from "./input/addition-options.ts";
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
  const plan = await planAddition(await context.findRepl(), addition);
  const hits = options.force ? undefined : findHits(cache, plan);
  const { key: wanted, inputs, unknown } = plan;
  if (output.json) {
    const sessionIds = hits?.map(({ sessionId }) => sessionId) ?? [];
    const known = { key: wanted, hit: hits !== undefined, sessionIds, inputs, unknown };
    const isExplained = options.explain && !hits;
    output.jsonData({
      ...known,
      ...(isExplained && missDocument(await explain(cache, plan))),
    });
    return "done";
  }
  output.data(wanted);
  if (hits) {
    output.note(`hit: ${hits.map(callState).join(", ")}`);
  } else if (options.explain) {
    await tellMiss(context, cache, plan);
  } else {
    const why = unknown.length > 0 ? `, and never a hit. Not known: ${unknown.join("; ")}` : "";
    output.note(`miss${why}`);
  }
  return "done";
}
