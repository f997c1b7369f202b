import { relative } from "node:path";
import type { Command } from "commander";
import type { Output } from "../output/output.ts";
import type { Styles } from "../output/styles.ts";
import { type Column, renderTable } from "../output/table.ts";
import { formatAge, formatBytes, plural, printableLine, totalBytes } from "../output/text.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import { GARBAGE_AGE_MS } from "../store/maintenance/garbage.ts";
import { carryOut, type Pruned, type PrunePlan, planPrune } from "../store/maintenance/prune.ts";
import type { Doomed, PruneReason, PruneRules } from "../store/maintenance/prune-rules.ts";
import { action, type Context, examples, type Host, type Outcome, stepTo } from "./context.ts";
import { parseAge, parseSize } from "./input/units.ts";
import type { PlannedPrune, PrunedDocument } from "./json/upkeep.ts";
import { mayRemove } from "./render/asking.ts";
import { callState } from "./states.ts";

interface PruneOptions {
  damaged?: boolean;
  olderThan?: number;
  maxSize?: number;
  toolchain?: string;
  dryRun?: boolean;
  yes?: boolean;
}

const DETAILS = `
Without a rule, only garbage is removed: files that a killed lean-pickle or Lean
left behind, once they are an hour old. A state is removed if any given rule
holds for it. A state is used when it is made, built on, run on, or the answer
to an add. --max-size counts the pickles that the other rules leave. It removes
the least recently used states first, and never a base before what was built on
it.`;

/** `lean-pickle prune`: removes garbage, and by rule, states. */
export function define(command: Command, host: Host): void {
  command
    .option("--damaged", "states whose pickle is missing or damaged")
    .option("--older-than <age>", "states that were not used for this long, such as 30d", parseAge)
    .option(
      "--max-size <size>",
      "states, until all pickles have at most this, such as 5GB",
      parseSize,
    )
    .option("--toolchain <toolchain>", "states of this Lean, such as v4.33.0-rc2")
    .option("--dry-run", "only list what would go")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `${DETAILS}\n${examples(
        "lean-pickle prune",
        "lean-pickle prune --older-than 30d --max-size 5GB --dry-run",
        "lean-pickle prune --damaged --yes",
      )}`,
    )
    .action(action(host, prune));
}

async function prune(context: Context, options: PruneOptions): Promise<Outcome> {
  const { output } = context;
  const cache = context.openCache();
  const plan = await planIn(context, cache, options);
  tellWhatStays(output, cache, plan, options);
  if (options.dryRun) {
    showPlan(output, cache.workingDir, plan);
    return "done";
  }
  const isEmpty = plan.states.length + plan.garbage.length === 0;
  if (!isEmpty && !options.yes) {
    const list = () => planTable(plan, cache.workingDir, output.errorStyles, output.errorWidth);
    if (
      !(await mayRemove(context, list, `Remove ${whatIn(plan)}, ${formatBytes(sizeOf(plan))}?`))
    ) {
      showPruned(output, { states: [], garbage: [], kept: [], leftOver: [], bytes: 0 });
      return "failed";
    }
  }
  // Exactly what was listed: what was added or used since then stays.
  const pruned = await carryOut(cache.workingDir, context.changeOptions, plan);
  showPruned(output, pruned);
  if (pruned.leftOver.length === 0) {
    return "done";
  }
  return pruned.bytes > 0 ? "partly" : "failed";
}

async function planIn(
  context: Context,
  cache: PickleSessionCache,
  { damaged, olderThan, maxSize, toolchain }: PruneOptions,
): Promise<PrunePlan> {
  const rules: PruneRules = { damaged, olderThanMs: olderThan, maxBytes: maxSize, toolchain };
  const since = performance.now();
  const { length } = cache.manifest.states;
  let at = 0;
  return await context.output.withProgress((progress) =>
    planPrune(cache, rules, {
      signal: context.signal,
      onState: (state) => stepTo(progress, since, ++at, length, `Verifying ${callState(state)}`),
    }),
  );
}

/** Prints what the plan leaves in place, if that may be a surprise. */
function tellWhatStays(
  output: Output,
  { manifest, workingDir }: PickleSessionCache,
  { states, garbage, young }: PrunePlan,
  { toolchain }: PruneOptions,
): void {
  if (toolchain !== undefined && !states.some(({ reasons }) => reasons.includes("toolchain"))) {
    const known = new Set(manifest.states.map(({ lean }) => lean.toolchain ?? lean.version ?? "?"));
    const others = known.size > 0 ? `; there are states of ${[...known].join(", ")}` : "";
    output.note(`No state is of ${toolchain}${others}.`);
  }
  if (states.length + garbage.length === 0) {
    output.note(`There is nothing to remove in ${workingDir}.`);
  }
  if (young.length > 0) {
    const what = `${plural(young.length, "file")}, ${formatBytes(totalBytes(young))},`;
    const age = formatAge(GARBAGE_AGE_MS);
    output.note(`Kept ${what} that no state needs: what is younger than ${age} may be in use.`);
  }
}

function showPlan(output: Output, workingDir: string, plan: PrunePlan): void {
  if (output.json) {
    output.jsonData({
      wouldRemove: plan.states.map(({ state }) => state.sessionId),
      states: plan.states.map(stateDocument),
      garbage: plan.garbage,
      bytes: sizeOf(plan),
    } satisfies PlannedPrune);
  } else if (plan.states.length + plan.garbage.length > 0) {
    output.data(planTable(plan, workingDir, output.styles, output.width));
    output.note(`Would remove ${whatIn(plan)}, ${formatBytes(sizeOf(plan))}.`);
  }
}

function stateDocument({
  state,
  bytes,
  lastUsedMs,
  reasons,
}: Doomed): PlannedPrune["states"][number] {
  const { sessionId, name } = state;
  return { sessionId, name, bytes, lastUsedAt: new Date(lastUsedMs).toISOString(), reasons };
}

function showPruned(output: Output, { states, garbage, kept, leftOver, bytes }: Pruned): void {
  if (output.json) {
    output.jsonData({
      removed: states.map(({ sessionId }) => sessionId),
      garbage: garbage.map(({ path }) => path),
      kept: kept.map(({ state }) => state.sessionId),
      leftOver: leftOver.map(({ path }) => path),
      bytes,
    } satisfies PrunedDocument);
  } else if (states.length > 0) {
    output.data(states.map(({ sessionId }) => sessionId).join("\n"));
  }
  if (states.length + garbage.length > 0) {
    output.note(`Removed ${whatIn({ states, garbage })}, ${formatBytes(bytes)}.`);
  }
  if (kept.length > 0) {
    const which = kept.map(({ state }) => callState(state)).join(", ");
    output.note(`Kept what was used or made again in the meantime: ${which}.`);
  }
  for (const { path, error } of leftOver) {
    output.warn(`${path} could not be removed: ${error.message}. No state needs it.`);
  }
}

const REASONS: Record<PruneReason, string> = {
  damaged: "damaged",
  toolchain: "toolchain",
  unused: "not used",
  size: "size",
};

function planTable(
  { states, garbage }: PrunePlan,
  workingDir: string,
  styles: Styles,
  width: number,
): string {
  const columns: Column[] = [
    { title: "ID", align: "right", style: styles.cyan },
    { title: "NAME", minWidth: 6, leaveOut: 3, style: styles.bold },
    { title: "SIZE", align: "right" },
    { title: "USED", align: "right", leaveOut: 2 },
    { title: "WHY", minWidth: 8 },
    { title: "FILE", minWidth: 10, leaveOut: 1 },
  ];
  const now = Date.now();
  const rows = [
    ...states.map(({ state, bytes, lastUsedMs, reasons }) => [
      String(state.sessionId),
      state.name ?? "-",
      formatBytes(bytes),
      formatAge(now - lastUsedMs),
      reasons.map((reason) => REASONS[reason]).join(", "),
      state.pickleFile,
    ]),
    ...garbage.map(({ path, kind, bytes, ageMs }) => [
      "-",
      "-",
      formatBytes(bytes),
      formatAge(ageMs),
      `garbage: ${kind}`,
      printableLine(relative(workingDir, path)),
    ]),
  ];
  return renderTable(columns, rows, width);
}

/** `2 states and 1 file that no state needs` */
function whatIn({
  states,
  garbage,
}: {
  states: readonly unknown[];
  garbage: readonly unknown[];
}): string {
  const parts = [
    ...(states.length > 0 ? [plural(states.length, "state")] : []),
    ...(garbage.length > 0 ? [`${plural(garbage.length, "file")} that no state needs`] : []),
  ];
  return parts.join(" and ");
}

function sizeOf({ states, garbage }: PrunePlan): number {
  return totalBytes(states) + totalBytes(garbage);
}
