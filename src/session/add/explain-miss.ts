/** Why an addition is not in the cache: the nearest state that is there, and what differs. */
import { walkBack } from "../../recipe/chain.ts";
import { canonicalJson, type KeyInputs } from "../../recipe/key.ts";
import type { PlannedStep } from "../../recipe/steps.ts";
import type { ManifestState, RecipeEntry } from "../../store/manifest/schema.ts";
import { isPickleThere } from "../../store/pickles/pickle-presence.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import type { AdditionPlan } from "./plan-addition.ts";

/** Why nothing was a hit. */
export interface MissExplanation {
  /** The state that shares most steps; null if none shares any. */
  nearest: ManifestState | null;
  /** What differs from it, or what keeps anything from being a hit, in clauses. */
  reasons: string[];
}

/** What the inputs of a key are called. */
const INPUTS: Record<string, string> = {
  toolchain: "the toolchain",
  repl: "the REPL",
  project: "the project",
  imports: "what is imported",
};

/** A step, with what is recorded of it. */
type Link = Pick<RecipeEntry, "inputs" | "sorries" | "hasErrors"> & { step: PlannedStep };

/** Says why {@link findHits} found nothing for a plan. */
export function explainMiss(cache: PickleSessionCache, plan: AdditionPlan): MissExplanation {
  const { manifest } = cache;
  const unknown = plan.unknown.map((clause) => `not known: ${clause}`);
  const chainOf = (key: string): Link[] =>
    [...walkBack(manifest.recipes, key)].map(([, entry]) => entry).reverse();
  const own = plan.steps.map(({ step }): Link => ({ step, inputs: plan.inputs }));
  const wanted = [...(plan.base === null ? [] : chainOf(plan.base)), ...own];
  let nearest: Near | undefined;
  for (const state of manifest.states) {
    const near = compare(state, chainOf(state.key), wanted);
    if (near && (!nearest || isAtLeast(near.rank, nearest.rank))) {
      nearest = near;
    }
  }
  if (!nearest) {
    return { nearest: null, reasons: [...unknown, "no state of the cache has a step in common"] };
  }
  const { state, chain, common } = nearest;
  const isSame = common === wanted.length && chain.length === wanted.length;
  const reasons = isSame
    ? reasonsBesideSteps(cache, plan, state, chain, wanted)
    : [differingStep(chain[common]?.step, wanted[common]?.step, common)];
  return { nearest: state, reasons: [...unknown, ...reasons] };
}

/** A state, and how near its chain is to the wanted one. */
interface Near {
  state: ManifestState;
  chain: Link[];
  /** How many steps they share, from the first on. */
  common: number;
  /**
   * Shared steps, shared characters where they part, then fewest further steps and differing
   * inputs.
   */
  rank: number[];
}

/** Undefined if the two chains share nothing. */
function compare(state: ManifestState, chain: Link[], wanted: readonly Link[]): Near | undefined {
  const differs = wanted.findIndex(({ step }, at) => !isAlike(chain[at]?.step, step));
  const common = differs === -1 ? wanted.length : differs;
  const start = sharedStart(chain[common]?.step, wanted[common]?.step);
  const inputs = chain.flatMap((link, at) => differingNames(link.inputs, wanted[at]?.inputs ?? {}));
  const rank = [common, start, -Math.abs(chain.length - wanted.length), -inputs.length];
  return common + start > 0 ? { state, chain, common, rank } : undefined;
}

/** How many characters two steps share at their beginning. */
function sharedStart(there: PlannedStep | undefined, wanted: PlannedStep | undefined): number {
  const [a = "", b = ""] = [there && textOf(there), wanted && textOf(wanted)];
  let same = 0;
  while (same < a.length && a[same] === b[same]) {
    same++;
  }
  return same;
}

function isAtLeast(rank: readonly number[], other: readonly number[]): boolean {
  const at = rank.findIndex((part, place) => part !== other[place]);
  return at === -1 || (rank[at] ?? 0) > (other[at] ?? 0);
}

/** Of all sorries, any one is alike. */
function isAlike(there: PlannedStep | undefined, wanted: PlannedStep): boolean {
  const isOfAll = "sorry" in wanted && wanted.sorry === "all";
  return there !== undefined && isOfAll
    ? "sorry" in there
    : canonicalJson(there ?? null) === canonicalJson(wanted);
}

/** Why a state with the same steps is not a hit. */
function reasonsBesideSteps(
  { workingDir }: PickleSessionCache,
  { steps, asked }: AdditionPlan,
  state: ManifestState,
  chain: readonly Link[],
  wanted: readonly Link[],
): string[] {
  const inputs = chain.flatMap((link, at) =>
    differingInputs(link.inputs, wanted[at]?.inputs ?? {}),
  );
  if (inputs.length > 0) {
    return [...new Set(inputs)];
  }
  const own = chain.slice(chain.length - steps.length);
  if (typeof asked.sorry !== "string" && state.key !== steps.at(-1)?.key) {
    return ["its key has an older format: a version that could lose parts of a state added it"];
  }
  const toSorry = own.findIndex(({ step }) => "sorry" in step);
  const { sorries } = own[toSorry - 1] ?? {};
  if (toSorry !== -1 && asked.sorry === undefined && sorries !== 1) {
    return [`its code has ${sorries ?? "an unknown number of"} sorries (--sorry)`];
  }
  if (asked.sorry === "all") {
    return [`not all of its ${sorries ?? 0} sorries have a state with a whole pickle`];
  }
  return [
    ...(isPickleThere(workingDir, state) ? [] : ["its pickle is missing or has another size"]),
    ...(own.some(({ hasErrors }) => hasErrors) && !asked.allowErrors
      ? ["Lean found errors in it (--allow-errors)"]
      : []),
  ];
}

function differingInputs(then: KeyInputs, now: KeyInputs): string[] {
  const names = differingNames(then, now);
  if (names.length > 0 && "unknown" in then) {
    return ["something about Lean was not known when it was added"];
  }
  if (names.length > 0 && "unknown" in now) {
    return ["something about Lean was not known when its base was added"];
  }
  return names.flatMap((name) => differingInput(INPUTS[name] ?? name, then[name], now[name]));
}

function differingInput(what: string, then: unknown, now: unknown): string[] {
  if (isRecord(then) && isRecord(now)) {
    return differingNames(then, now).map(
      (part) => `${what} differs in ${part}: ${short(then[part])} then, ${short(now[part])} now`,
    );
  }
  return [`${what} differs: ${short(then)} then, ${short(now)} now`];
}

/** The names of the inputs that differ; one that is not there is as one that is null. */
function differingNames(a: KeyInputs, b: KeyInputs): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (name) => canonicalJson(a[name] ?? null) !== canonicalJson(b[name] ?? null),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of an input, short: of a digest its beginning. */
function short(value: unknown): string {
  if (value === null || value === undefined) {
    return "none";
  }
  const text = typeof value === "string" ? value : canonicalJson(value);
  return /^[0-9a-f]{16,}$/.test(text) ? text.slice(0, 12) : text;
}

/** Where two chains part, in a clause. */
function differingStep(
  there: PlannedStep | undefined,
  wanted: PlannedStep | undefined,
  at: number,
): string {
  if (!wanted) {
    return `it has more steps than the ${at} that are wanted`;
  }
  if (!there) {
    return `it ends before step ${at + 1}, ${describe(wanted)}`;
  }
  const [a, b] = [describe(there), describe(wanted)];
  return a === b && textOf(wanted) !== undefined
    ? `step ${at + 1}, ${b}, differs at ${placeOf(textOf(wanted) ?? "", sharedStart(there, wanted))}`
    : `step ${at + 1} is ${a} there, and ${b} here`;
}

/** A place in a text, in characters, as Lean counts columns. */
function placeOf(text: string, at: number): string {
  const lines = text.slice(0, at).split("\n");
  return `line ${lines.length}, column ${[...(lines.at(-1) ?? "")].length}`;
}

/** The text of code or of a tactic. */
function textOf(step: PlannedStep): string | undefined {
  if ("sorry" in step) {
    return undefined;
  }
  return "cmd" in step ? step.cmd : step.tactic;
}

function describe(step: PlannedStep): string {
  if ("sorry" in step) {
    return step.sorry === "all" ? "the proof states at all sorries" : `sorry ${step.sorry}`;
  }
  return "cmd" in step ? "code" : "a tactic";
}
