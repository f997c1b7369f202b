import type { Command } from "commander";
import { formatBytes, plural, totalBytes } from "../output/text.ts";
import type { Removal } from "../store/pickles/remove-states.ts";
import { action, type Context, examples, type Host, type Outcome, outcomeOf } from "./context.ts";
import type { RmDocument } from "./json/upkeep.ts";
import { callState, findStates, noneThere, requireStates, tellMissing } from "./states.ts";

/** `lean-pickle rm`: removes states. */
export function define(command: Command, host: Host): void {
  command
    .argument("<states...>", "session ids, names or keys")
    .option("-f, --force", "ignore states that are not there")
    .addHelpText("after", examples("lean-pickle rm goal", "lean-pickle rm -1 -2 mathlib"))
    .action(action(host, rm));
}

async function rm(
  context: Context,
  references: string[],
  { force = false }: { force?: boolean },
): Promise<Outcome> {
  const cache = context.openCache();
  const { states, missing } = force
    ? findStates(cache, references)
    : requireStates(cache, references);
  const removal = await cache.removeAll(states.map(({ sessionId }) => sessionId));
  const removed = new Set(removal.removed.map(({ sessionId }) => sessionId));
  // Another process may have been faster.
  const gone = states.filter(({ sessionId }) => !removed.has(sessionId)).map(callState);
  if (removed.size === 0 && !force) {
    throw noneThere(cache, [...missing, ...gone]);
  }
  showRemoval(context, removal);
  if (force) {
    return "done";
  }
  tellMissing(context.output, cache, [...missing, ...gone]);
  return outcomeOf(removed.size, states.length + missing.length);
}

/** Tells which states were removed, and what is left of them. */
export function showRemoval({ output }: Context, { removed, leftOver }: Removal): void {
  const bytes = totalBytes(removed);
  if (output.json) {
    output.jsonData({
      removed: removed.map(({ sessionId }) => sessionId),
      bytes,
      leftOver: leftOver.map(({ path }) => path),
    } satisfies RmDocument);
  } else if (removed.length > 0) {
    output.data(removed.map(({ sessionId }) => sessionId).join("\n"));
    output.note(`Removed ${plural(removed.length, "state")}, ${formatBytes(bytes)}.`);
  }
  for (const { path, error } of leftOver) {
    output.warn(`The pickle ${path} could not be removed: ${error.message}. No state needs it.`);
  }
}
