import type { Styles } from "../output/styles.ts";
import { type Column, renderTable } from "../output/table.ts";
import { formatAge, formatBytes, printableLine } from "../output/text.ts";
import { targetOf } from "../session/goals.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import type { ManifestState, StateKind } from "../session/pickle-session-state.ts";

/** A column that not every listing has. */
export interface ExtraColumn extends Column {
  cell(state: ManifestState): string;
}

/**
 * The table of states: id, name, kind, size, age, Lean and what is in it.
 * @param width in columns of the terminal
 */
export function stateTable(
  states: readonly ManifestState[],
  cache: PickleSessionCache,
  styles: Styles,
  width: number,
  extra: readonly ExtraColumn[] = [],
): string {
  const now = Date.now();
  const columns: Column[] = [
    { title: "ID", align: "right", style: styles.cyan },
    { title: "NAME", minWidth: 12, style: styles.bold },
    { title: "KIND", leaveOut: 2 },
    { title: "SIZE", align: "right", leaveOut: 4 },
    { title: "AGE", align: "right", leaveOut: 3 },
    { title: "LEAN", leaveOut: 1 },
    ...extra,
    { title: "SUMMARY", minWidth: 10 },
  ];
  const rows = states.map((state) => [
    String(state.sessionId),
    state.name ?? "-",
    kindOf(state),
    formatBytes(state.bytes),
    formatAge(now - Date.parse(state.createdAt)),
    printableLine(leanOf(state)),
    ...extra.map(({ cell }) => cell(state)),
    printableLine(summaryOf(state, cache)),
  ]);
  return renderTable(columns, rows, width);
}

/** `environment` or `proof-state`. */
export function kindOf({ isProofState }: { isProofState: boolean }): StateKind {
  return isProofState ? "proof-state" : "environment";
}

/** The version of Lean, or else its toolchain without the part that nearly all share. */
function leanOf({ lean }: ManifestState): string {
  return lean.version ?? lean.toolchain?.replace(/^leanprover\/lean4:v?/, "") ?? "-";
}

/** What a state is about, in a line: its first goal, or the last line of its code. */
function summaryOf(state: ManifestState, cache: PickleSessionCache): string {
  if (state.isProofState) {
    return goalSummary(state.goals ?? []);
  }
  const step = cache.recipe(state)?.at(-1);
  const lines = step && "cmd" in step ? step.cmd.trim().split("\n") : [];
  return lines.at(-1) ?? "-";
}

function goalSummary(goals: readonly string[]): string {
  const [first] = goals;
  if (first === undefined) {
    return "no goals";
  }
  const target = targetOf(first);
  return goals.length === 1 ? target : `${target}  (+${goals.length - 1})`;
}
