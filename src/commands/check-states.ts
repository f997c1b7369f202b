import type { Output } from "../output/output.ts";
import type { Styles } from "../output/styles.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import type { ManifestState } from "../session/pickle-session-state.ts";
import type { ProofView, Verdict } from "../session/session-cache.ts";
import { type Context, stepTo } from "./context.ts";
import { callState } from "./states.ts";

/** Loads states into Lean, one after the other, and tells each verdict as soon as it is known. */
export async function checkStates(
  context: Context,
  cache: PickleSessionCache,
  states: readonly ManifestState[],
  options: {
    timeoutPerState?: number;
    jobs?: number;
    onVerdict?: (verdict: Verdict) => void;
  } = {},
): Promise<Verdict[]> {
  if (states.length === 0) {
    return [];
  }
  const repl = await context.findRepl();
  return await context.output.withProgress(async (progress) => {
    let at = 0;
    return await cache.check(repl, {
      ...context.serverOptions,
      ...options,
      states,
      onState: (state) => stepTo(progress, ++at, states.length, `Loading ${callState(state)}`),
    });
  });
}

/** Makes the states again that were not loaded, and gives the verdicts as they are then. */
export async function repairStates(
  context: Context,
  cache: PickleSessionCache,
  verdicts: readonly Verdict[],
): Promise<Verdict[]> {
  const bad = verdicts.length - countLoaded(verdicts);
  if (bad === 0) {
    return [...verdicts];
  }
  const { repairStates: repair } = await import("../session/repairing.ts");
  const repl = await context.findRepl();
  return await context.output.withProgress(async (progress) => {
    let at = 0;
    return await repair(repl, cache, verdicts, {
      ...context.serverOptions,
      onRepair: (state) => stepTo(progress, ++at, bad, `Making ${callState(state)} again`),
    });
  });
}

/** How many states can be loaded, at once or after they were repaired. */
export function countLoaded(verdicts: readonly Verdict[]): number {
  return verdicts.filter(({ status }) => status === "loaded" || status === "repaired").length;
}

/** A verdict's status in its colour. */
export function styleStatus(text: string, styles: Styles): string {
  const isGood = ["loaded", "repaired"].includes(text.trim());
  return isGood ? styles.green(text) : styles.red(text);
}

/** Tells why a state is not in Lean, where it is not; with `--verbose`, how its goals differ. */
export function tellWhy(output: Output, verdict: Verdict): void {
  const { sessionId, name, message, found, expected } = verdict;
  if (message !== undefined) {
    output.problem(`${name ?? sessionId}: ${message}`);
  }
  if (found && expected && output.verbose) {
    output.note(`What came back:\n${viewText(found)}\nWhat was added:\n${viewText(expected)}`);
  }
}

function viewText({ goals, proofStatus }: ProofView): string {
  return [...(goals.length > 0 ? goals : ["no goals"]), proofStatus ?? ""].join("\n\n").trimEnd();
}
