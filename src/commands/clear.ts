import type { Command } from "commander";
import { formatBytes, plural, totalBytes } from "../output/text.ts";
import type { ManifestState } from "../store/manifest/schema.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import type { PlannedRemoval } from "./json/upkeep.ts";
import { mayRemove } from "./render/asking.ts";
import { stateTable } from "./render/state-table.ts";
import { showRemoval } from "./rm.ts";
import { findStates, noStates } from "./states.ts";

interface ClearOptions {
  yes?: boolean;
  dryRun?: boolean;
}

/** `lean-pickle clear`: removes every state. */
export function define(command: Command, host: Host): void {
  command
    .option("-y, --yes", "do not ask")
    .option("--dry-run", "only list what would go")
    .addHelpText("after", examples("lean-pickle clear --dry-run", "lean-pickle clear --yes"))
    .action(action(host, clear));
}

async function clear(context: Context, { yes, dryRun }: ClearOptions): Promise<Outcome> {
  const { output } = context;
  const cache = context.openCache();
  const { states } = findStates(cache, []);
  if (dryRun) {
    return showPlan(context, states);
  }
  if (states.length > 0 && !yes) {
    const list = () => stateTable(states, cache, output.errorStyles, output.errorWidth);
    const question = `Remove ${plural(states.length, "state")}, ${formatBytes(totalBytes(states))}?`;
    if (!(await mayRemove(context, list, question))) {
      showRemoval(context, { removed: [], leftOver: [] });
      return "failed";
    }
  }
  if (states.length === 0) {
    output.note(noStates(cache));
  }
  // Exactly what was listed: states that were added since then stay.
  const removal = await cache.removeAll(states.map(({ sessionId }) => sessionId));
  showRemoval(context, removal);
  return "done";
}

function showPlan({ output }: Context, states: readonly ManifestState[]): Outcome {
  if (output.json) {
    const wouldRemove = states.map(({ sessionId }) => sessionId);
    output.jsonData({ wouldRemove, bytes: totalBytes(states) } satisfies PlannedRemoval);
  } else if (states.length > 0) {
    output.data(states.map(({ sessionId }) => sessionId).join("\n"));
    output.note(
      `Would remove ${plural(states.length, "state")}, ${formatBytes(totalBytes(states))}.`,
    );
  }
  return "done";
}
