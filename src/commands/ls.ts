import { type Command, Option } from "commander";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import type { ManifestState, StateKind } from "../session/pickle-session-state.ts";
import type { Verdict } from "../session/session-cache.ts";
import { checkStates, countLoaded, styleStatus, tellWhy } from "./check-states.ts";
import { action, type Context, examples, type Host, type Outcome, outcomeOf } from "./context.ts";
import { type ExtraColumn, kindOf, stateTable } from "./state-table.ts";
import { noStates, requireStates, tellMissing } from "./states.ts";

type SortKey = "id" | "name" | "size" | "age";

interface LsOptions {
  kind?: StateKind;
  sort: SortKey;
  check?: boolean;
}

/** `lean-pickle ls`: lists states. */
export function define(command: Command, host: Host): void {
  command
    .argument("[states...]", "session ids, names or keys")
    .addOption(
      new Option("--kind <kind>", "only states of this kind").choices([
        "environment",
        "proof-state",
      ] satisfies StateKind[]),
    )
    .addOption(
      new Option("--sort <by>", "by id, by name, largest first, or youngest first")
        .choices(["id", "name", "size", "age"] satisfies SortKey[])
        .default("id"),
    )
    .option("--check", "load each into Lean, and say what came of it")
    .addHelpText(
      "after",
      examples(
        "lean-pickle ls",
        "lean-pickle ls --kind proof-state --sort size",
        "lean-pickle ls -q | xargs -n1 lean-pickle show",
      ),
    )
    .action(action(host, ls));
}

async function ls(context: Context, references: string[], options: LsOptions): Promise<Outcome> {
  const cache = context.openCache();
  const { states: named, missing } = requireStates(cache, references);
  const kind = options.kind;
  const states = named.filter((state) => kind === undefined || kindOf(state) === kind);
  const sorted = sortStates(states, options.sort);
  const verdicts = options.check ? await checkStates(context, cache, states) : undefined;
  show(context, cache, sorted, verdicts);
  tellMissing(context.output, cache, missing);
  const good = verdicts ? countLoaded(verdicts) : states.length;
  return outcomeOf(good, states.length + missing.length);
}

function show(
  { output }: Context,
  cache: PickleSessionCache,
  states: readonly ManifestState[],
  verdicts: readonly Verdict[] | undefined,
): void {
  const found = new Map(
    verdicts?.map(({ sessionId, status, message }) => [
      sessionId,
      { status, ...(message !== undefined && { message }) },
    ]),
  );
  if (output.json) {
    output.jsonData(
      states.map((state) => (verdicts ? { ...state, ...found.get(state.sessionId) } : state)),
    );
  } else if (output.quiet) {
    if (states.length > 0) {
      output.data(states.map(({ sessionId }) => sessionId).join("\n"));
    }
  } else if (states.length > 0) {
    const status: ExtraColumn = {
      title: "STATUS",
      cell: ({ sessionId }) => found.get(sessionId)?.status ?? "-",
      style: (text) => styleStatus(text, output.styles),
    };
    const extra = verdicts ? [status] : [];
    output.data(stateTable(states, cache, output.styles, output.width, extra));
    for (const verdict of verdicts ?? []) {
      tellWhy(output, verdict);
    }
  } else {
    output.note(noStates(cache, "There are no such states"));
  }
}

function sortStates(states: readonly ManifestState[], by: SortKey): ManifestState[] {
  const compare: Record<SortKey, (a: ManifestState, b: ManifestState) => number> = {
    id: (a, b) => b.sessionId - a.sessionId,
    name: (a, b) => compareNames(a.name, b.name),
    size: (a, b) => b.bytes - a.bytes,
    age: (a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt),
  };
  return [...states].sort(compare[by]);
}

/** By code units, the same everywhere; states without a name come last. */
function compareNames(a: string | null, b: string | null): number {
  if (a === null || b === null) {
    return Number(a === null) - Number(b === null);
  }
  return a < b ? -1 : Number(a > b);
}
