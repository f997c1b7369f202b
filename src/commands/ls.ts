import { type Command, Option } from "commander";
import type { Output } from "../output/output.ts";
import type { StateKind } from "../recipe/steps.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import type { Verdict } from "../session/state/session-cache.ts";
import { findBuiltOn } from "../store/manifest/built-on.ts";
import type { ManifestState } from "../store/manifest/schema.ts";
import { action, type Context, examples, type Host, type Outcome, outcomeOf } from "./context.ts";
import type { LsDocument } from "./json/states.ts";
import { checkStates, countLoaded, styleStatus, tellWhy } from "./render/check-states.ts";
import { findStalenessOf, type StalenessOf, tellStale } from "./render/stale-states.ts";
import { type ExtraColumn, kindOf, stateTable } from "./render/state-table.ts";
import { drawTree, orderAsTree, type TreeRow } from "./render/state-tree.ts";
import { noStates, requireStates, tellMissing } from "./states.ts";

type SortKey = "id" | "name" | "size" | "age";

interface LsOptions {
  kind?: StateKind;
  sort: SortKey;
  tree?: boolean;
  check?: boolean;
}

/** What is listed. */
interface Listing {
  /** In the order of the list. */
  states: readonly ManifestState[];
  /** The states at their places in the tree, in the same order, where it is drawn. */
  tree: readonly TreeRow<ManifestState>[] | undefined;
  verdicts: readonly Verdict[] | undefined;
  stalenessOf: StalenessOf | undefined;
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
    .option("--tree", "draw what was built on what")
    .option("--check", "restore each in Lean, and add a column with the verdict")
    .addHelpText(
      "after",
      examples(
        "lean-pickle ls",
        "lean-pickle ls --kind proof-state --sort size",
        "lean-pickle ls --tree",
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
  const tree = options.tree
    ? orderAsTree(sorted, findBuiltOn(cache.manifest.recipes, sorted))
    : undefined;
  const verdicts = options.check ? await checkStates(context, cache, states) : undefined;
  const listed = tree?.map(({ state }) => state) ?? sorted;
  // Ids alone do not tell of it.
  const stalenessOf =
    context.output.quiet && !context.output.json
      ? undefined
      : await findStalenessOf(cache, context.options.project);
  show(context.output, cache, { states: listed, tree, verdicts, stalenessOf });
  tellMissing(context.output, cache, missing);
  const good = verdicts ? countLoaded(verdicts) : states.length;
  return outcomeOf(good, states.length + missing.length);
}

function show(output: Output, cache: PickleSessionCache, listing: Listing): void {
  const { states } = listing;
  if (output.json) {
    output.jsonData(asJson(listing));
  } else if (output.quiet) {
    if (states.length > 0) {
      output.data(states.map(({ sessionId }) => sessionId).join("\n"));
    }
  } else if (states.length > 0) {
    showTable(output, cache, listing);
  } else {
    output.note(noStates(cache, "There are no such states"));
  }
}

function asJson({ states, tree, verdicts, stalenessOf }: Listing): LsDocument {
  const found = byId(verdicts);
  return states.map((state, at) => {
    const verdict = found.get(state.sessionId);
    return {
      ...state,
      ...(stalenessOf?.(state).stale && { stale: true as const }),
      ...(tree && { builtOn: tree[at]?.builtOn ?? null }),
      ...(verdict && outcomeIn(verdict)),
    };
  });
}

function outcomeIn({ status, message, found, expected }: Verdict): Partial<LsDocument[number]> {
  return { status, ...(message !== undefined && { message }), ...(found && { found, expected }) };
}

function showTable(
  output: Output,
  cache: PickleSessionCache,
  { states, tree, verdicts, stalenessOf }: Listing,
): void {
  const { styles, width } = output;
  const stale = stalenessOf ? states.filter((state) => stalenessOf(state).stale) : [];
  const found = byId(verdicts);
  const status: ExtraColumn = {
    title: "STATUS",
    cell: ({ sessionId }) => found.get(sessionId)?.status ?? "-",
    style: (text) => styleStatus(text, styles),
  };
  const drawn = tree && drawTree(tree, width);
  const options = { extra: verdicts ? [status] : [], tree: drawn, stale: new Set(stale) };
  output.data(stateTable(states, cache, styles, width, options));
  tellStale(output, stale);
  for (const verdict of verdicts ?? []) {
    tellWhy(output, verdict);
  }
}

function byId(verdicts: readonly Verdict[] | undefined): Map<number, Verdict> {
  return new Map(verdicts?.map((verdict) => [verdict.sessionId, verdict]));
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
