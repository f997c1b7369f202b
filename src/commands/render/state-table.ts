import type { Styles } from "../../output/styles.ts";
import { type Column, renderTable } from "../../output/table.ts";
import { formatAge, formatBytes, printableLine } from "../../output/text.ts";
import type { StateKind } from "../../recipe/steps.ts";
import { targetOf } from "../../repl/goals.ts";
import type { PickleSessionCache } from "../../session/pickle-session-cache.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { shortToolchain } from "../../system/lean-version.ts";

/** A column that not every listing has. */
export interface ExtraColumn extends Column {
  cell(state: ManifestState): string;
}

/** What a table of states has besides what each has. */
export interface StateTableOptions {
  extra?: readonly ExtraColumn[];
  /** The ids of the states as the branches of a tree. */
  tree?: readonly string[] | undefined;
  /** The states that are stale. */
  stale?: ReadonlySet<ManifestState>;
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
  { extra = [], tree, stale }: StateTableOptions = {},
): string {
  const now = Date.now();
  const leanCell = remembering(printableLine);
  const columns: Column[] = [
    tree
      ? { title: "ID", style: (text) => text.replace(/-\d+/, (id) => styles.cyan(id)) }
      : { title: "ID", align: "right", style: styles.cyan },
    { title: "NAME", minWidth: tree ? nameBesideTree(width) : 12, leaveOut: 6, style: styles.bold },
    { title: "KIND", leaveOut: 2 },
    { title: "SIZE", align: "right", leaveOut: 4 },
    { title: "AGE", align: "right", leaveOut: 3 },
    { title: "LEAN", leaveOut: 1 },
    ...extra,
    { title: "SUMMARY", minWidth: 10, leaveOut: 5 },
  ];
  const extraCells = extra.map(({ cell }) => cell);
  const rows = states.map((state, at) => [
    tree?.[at] ?? String(state.sessionId),
    state.name ?? "-",
    kindOf(state),
    formatBytes(state.bytes),
    formatAge(now - Date.parse(state.createdAt)),
    stale?.has(state) ? `${leanCell(leanOf(state))} (stale)` : leanCell(leanOf(state)),
    ...extraCells.map((cell) => cell(state)),
    printableLine(summaryOf(state, cache)),
  ]);
  return renderTable(columns, rows, width);
}

/** How far a name may be cut to leave room for the tree: further on a narrow terminal. */
function nameBesideTree(width: number): number {
  return Math.max(6, Math.min(12, Math.floor(width / 5)));
}

/** `environment` or `proof-state`. */
export function kindOf({ isProofState }: { isProofState: boolean }): StateKind {
  return isProofState ? "proof-state" : "environment";
}

/** The version of Lean, or else its toolchain without the part that nearly all share. */
function leanOf({ lean }: ManifestState): string {
  return lean.version ?? (lean.toolchain === null ? "-" : shortName(lean.toolchain));
}

/** As Lean prints a version: without the `v`. */
function shortName(toolchain: string): string {
  return shortToolchain(toolchain).replace(/^v(?=\d)/, "");
}

/** What a state is about, in a line: its first goal, or the last line of its code. */
function summaryOf(state: ManifestState, cache: PickleSessionCache): string {
  if (state.isProofState) {
    return goalSummary(state.goals ?? []);
  }
  // Not the whole recipe: of a long chain, each state's is nearly as long.
  const step = cache.manifest.recipes[state.key]?.step;
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

/** Makes a text of another one, and remembers it: most states are of the same few Leans. */
function remembering(make: (text: string) => string): (text: string) => string {
  const made = new Map<string, string>();
  return (text) => {
    const known = made.get(text) ?? make(text);
    made.set(text, known);
    return known;
  };
}
