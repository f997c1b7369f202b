import type { Command } from "commander";
import { formatBytes, plural } from "../output/text.ts";
import type { Removal } from "../session/pickle-session-state.ts";
import { action, type Context, examples, type Host, type Outcome, outcomeOf } from "./context.ts";
import { findStates, requireStates, tellMissing } from "./states.ts";

/** `lean-pickle rm`: removes states. */
export function define(command: Command, host: Host): void {
  command
    .argument("<states...>", "session ids, names or keys")
    .option("-f, --force", "do not mind states that are not there")
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
  showRemoval(context, removal);
  if (force) {
    return "done";
  }
  tellMissing(context.output, missing);
  return outcomeOf(states.length, states.length + missing.length);
}

/** Tells which states were removed, and what is left of them. */
export function showRemoval({ output }: Context, { removed, leftOver }: Removal): void {
  const bytes = removed.reduce((sum, state) => sum + state.bytes, 0);
  if (output.json) {
    output.jsonData({
      removed: removed.map(({ sessionId }) => sessionId),
      bytes,
      leftOver: leftOver.map(({ path }) => path),
    });
  } else if (removed.length > 0) {
    output.data(removed.map(({ sessionId }) => sessionId).join("\n"));
    output.note(`Removed ${plural(removed.length, "state")}, ${formatBytes(bytes)}.`);
  }
  for (const { path, error } of leftOver) {
    output.warn(`The pickle ${path} could not be removed: ${error.message}. No state needs it.`);
  }
}
