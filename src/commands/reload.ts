import { type Command, Option } from "commander";
import type { Output } from "../output/output.ts";
import type { Styles } from "../output/styles.ts";
import { formatDuration, plural } from "../output/text.ts";
import { HOW_TO_BE_FASTER, SLOW_MS } from "../session/restore/how-to-be-faster.ts";
import type { Verdict } from "../session/state/session-cache.ts";
import { action, type Context, examples, type Host, type Outcome, outcomeOf } from "./context.ts";
import { parseJobs, parseSeconds } from "./input/options.ts";
import type { ReloadDocument } from "./json/states.ts";
import { checkStates, countLoaded, showBad, styleStatus, tellWhy } from "./render/check-states.ts";
import { findStalenessOf, tellStale } from "./render/stale-states.ts";
import { kindOf } from "./render/state-table.ts";
import { noStates, requireStates, tellMissing } from "./states.ts";

interface ReloadOptions {
  jobs?: number;
  repair?: boolean;
  timeoutPerState?: number;
}

/** `lean-pickle reload`: loads states into Lean, each with a verdict of its own. */
export function define(command: Command, host: Host): void {
  command
    .argument("[states...]", "session ids, names or keys (default: all)")
    .addOption(
      new Option("-j, --jobs <n>", "how many REPLs load at once (default: 1)")
        .env("LEAN_PICKLE_JOBS")
        .argParser(parseJobs),
    )
    .addOption(
      new Option("--timeout-per-state <seconds>", "for each state (default: as --timeout)")
        .env("LEAN_PICKLE_TIMEOUT_PER_STATE")
        .argParser(parseSeconds),
    )
    .option("--repair", "make the states that were not loaded again from their recipes")
    .addHelpText(
      "after",
      examples("lean-pickle reload", "lean-pickle reload goal --timeout-per-state 60 --json"),
    )
    .action(action(host, reload));
}

async function reload(
  context: Context,
  references: string[],
  { timeoutPerState, jobs, repair }: ReloadOptions,
): Promise<Outcome> {
  const { output } = context;
  const cache = context.openCache();
  const { states, missing } = requireStates(cache, references);
  const startedAt = performance.now();
  const tell = (verdict: Verdict): void => {
    if (!output.json) {
      output.data(line(verdict, output.styles));
      if (output.verbose && verdict.via) {
        output.note(`${verdict.name ?? verdict.sessionId}: restored by ${verdict.via}`);
      }
      tellWhy(output, verdict);
    }
  };
  const verdicts = await checkStates(context, cache, states, {
    ...(timeoutPerState !== undefined && { timeoutPerState }),
    ...(jobs !== undefined && { jobs }),
    ...(repair !== undefined && { repair }),
    onVerdict: tell,
  });
  const elapsedMs = Math.round(performance.now() - startedAt);
  const loaded = countLoaded(verdicts);
  const failed = verdicts.length - loaded;
  const stalenessOf = await findStalenessOf(cache, context.options.project);
  const isStale = ({ sessionId }: { sessionId: number }): boolean => {
    const state = cache.get(sessionId)?.entry;
    return (state && stalenessOf?.(state).stale) === true;
  };
  if (output.json) {
    const told = verdicts.map((each) => ({
      ...each,
      ...(isStale(each) && { stale: true as const }),
    }));
    output.jsonData({ states: told, loaded, failed, elapsedMs } satisfies ReloadDocument);
  } else if (verdicts.length === 0) {
    output.note(noStates(cache));
  } else {
    showBad(output, verdicts);
    tellStale(output, states.filter(isStale));
    tellSlow(output, verdicts);
    const rest = failed > 0 ? `, ${failed} not` : "";
    output.note(`Loaded ${plural(loaded, "state")}${rest}, in ${formatDuration(elapsedMs)}.`);
  }
  tellMissing(output, cache, missing);
  return outcomeOf(loaded, verdicts.length + missing.length);
}

/** Prints how to be faster if running recipes took long. */
function tellSlow(output: Output, verdicts: readonly Verdict[]): void {
  const byRecipe = verdicts.filter(({ via }) => via === "recipe");
  const elapsedMs = byRecipe.reduce((sum, each) => sum + each.elapsedMs, 0);
  if (elapsedMs > SLOW_MS) {
    output.note(
      `Restoring ${plural(byRecipe.length, "state")} by recipe took ${formatDuration(elapsedMs)}. ${HOW_TO_BE_FASTER}`,
    );
  }
}

/** `-1 <tab> environment <tab> env 0 <tab> loaded` */
function line(verdict: Verdict, styles: Styles): string {
  const { sessionId, replId, isProofState, status } = verdict;
  const where = replId === null ? "-" : `${isProofState ? "proofState" : "env"} ${replId}`;
  return [sessionId, kindOf(verdict), where, styleStatus(status, styles)].join("\t");
}
