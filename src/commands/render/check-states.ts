import type { Output } from "../../output/output.ts";
import type { Progress } from "../../output/progress.ts";
import type { Styles } from "../../output/styles.ts";
import { type Column, renderTable } from "../../output/table.ts";
import { printableLine } from "../../output/text.ts";
import type { PickleSessionCache } from "../../session/pickle-session-cache.ts";
import type { ProofView, Verdict } from "../../session/state/session-cache.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { FoundRepl } from "../../toolchain/find-repl.ts";
import { type Context, stepTo } from "../context.ts";
import { callState } from "../states.ts";
import { kindOf } from "./state-table.ts";

/** How states are checked. */
export interface CheckStatesOptions {
  timeoutPerState?: number;
  jobs?: number;
  /** Whether states that were not loaded are made again. */
  repair?: boolean;
  /** Called with each verdict as soon as it is final, in the order of the session ids. */
  onVerdict?: (verdict: Verdict) => void;
}

/** Loads states into Lean, and makes again those that were not loaded where that is wanted. */
export async function checkStates(
  context: Context,
  cache: PickleSessionCache,
  states: readonly ManifestState[],
  { repair = false, onVerdict, ...options }: CheckStatesOptions = {},
): Promise<Verdict[]> {
  if (states.length === 0) {
    return [];
  }
  const repl = await context.findRepl();
  return await context.output.withProgress(async (progress) => {
    const since = performance.now();
    let at = 0;
    const verdicts = await cache.check(repl, {
      ...context.serverOptions,
      ...options,
      ...(!repair && { onVerdict }),
      states,
      onState: (state) =>
        stepTo(progress, since, ++at, states.length, `Loading ${callState(state)}`),
    });
    if (!repair) {
      return verdicts;
    }
    const repaired = await repairStates(context, cache, repl, verdicts, progress);
    repaired.forEach((verdict) => {
      onVerdict?.(verdict);
    });
    return repaired;
  });
}

async function repairStates(
  context: Context,
  cache: PickleSessionCache,
  repl: FoundRepl,
  verdicts: readonly Verdict[],
  progress: Progress,
): Promise<Verdict[]> {
  const bad = verdicts.length - countLoaded(verdicts);
  if (bad === 0) {
    return [...verdicts];
  }
  const { repairStates: repair } = await import("../../session/reload/repair-states.ts");
  const since = performance.now();
  let at = 0;
  return await repair(repl, cache.handle, verdicts, {
    ...context.serverOptions,
    onRepair: (state) => stepTo(progress, since, ++at, bad, `Making ${callState(state)} again`),
  });
}

/** How many states can be loaded, at once or after they were repaired. */
export function countLoaded(verdicts: readonly Verdict[]): number {
  return verdicts.filter(({ status }) => isGood(status)).length;
}

function isGood(status: string): boolean {
  return status === "loaded" || status === "repaired";
}

/**
 * Verdicts from the worst one on: first what is lost without its recipe, then what another Lean may
 * load, then what is whole and means something else, then what may go well another time.
 */
const WORST_FIRST = ["damaged", "incompatible", "goals-changed", "failed", "timeout"] as const;

/** Shows the verdicts that are not good in one table on standard error, the worst ones first. */
export function showBad(output: Output, verdicts: readonly Verdict[]): void {
  const bad = WORST_FIRST.flatMap((worst) => verdicts.filter(({ status }) => status === worst));
  if (bad.length === 0 || output.quiet || output.json) {
    return;
  }
  const { errorStyles, errorWidth } = output;
  const columns: Column[] = [
    { title: "ID", align: "right", style: errorStyles.cyan },
    { title: "NAME", minWidth: 6, leaveOut: 3, style: errorStyles.bold },
    { title: "KIND", leaveOut: 1 },
    { title: "STATUS", style: errorStyles.red },
    { title: "WHY", minWidth: 10, leaveOut: 2 },
  ];
  const rows = bad.map((verdict) => [
    String(verdict.sessionId),
    verdict.name ?? "-",
    kindOf(verdict),
    verdict.status,
    printableLine(verdict.message ?? ""),
  ]);
  output.errorData(renderTable(columns, rows, errorWidth));
}

/** A verdict's status in its colour. */
export function styleStatus(text: string, styles: Styles): string {
  return isGood(text.trim()) ? styles.green(text) : styles.red(text);
}

/** Tells why a state is not in Lean, where it is not; with `--verbose`, how its goals differ. */
export function tellWhy(output: Output, verdict: Verdict): void {
  const { sessionId, name, message, found, expected } = verdict;
  if (message !== undefined && isGood(verdict.status)) {
    output.warn(`${name ?? sessionId}: ${message}`);
  } else if (message !== undefined) {
    output.problem(`${name ?? sessionId}: ${message}`);
  }
  if (found && expected && output.verbose) {
    output.note(`What came back:\n${viewText(found)}\nWhat was added:\n${viewText(expected)}`);
  }
}

function viewText({ goals, proofStatus }: ProofView): string {
  return [...(goals.length > 0 ? goals : ["no goals"]), proofStatus ?? ""].join("\n\n").trimEnd();
}
