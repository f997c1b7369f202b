/** Why an addition is not in the cache: the nearest state that is there, and what differs. */
import { canonicalJson, type KeyInputs } from "../recipe/key.ts";
import type { PlannedStep } from "../recipe/plan.ts";
import { type ManifestState, type RecipeEntry, recipeChain } from "../store/manifest.ts";
import { isPickleThere } from "../store/pickle-presence.ts";
import type { Derivation } from "./derivation.ts";
import type { PickleSessionCache } from "./pickle-session-cache.ts";

/** Why nothing was a hit. */
export interface MissExplanation {
  /** The state that comes nearest; null where none has a step in common. */
  nearest: ManifestState | null;
  /** What differs from it, or what keeps anything from being a hit, in clauses. */
  reasons: string[];
}

interface Near {
  state: ManifestState;
  chain: RecipeEntry[];
  /** How many steps it has in common, from the first on. */
  common: number;
}

/** Says why {@link findHits} found nothing for a derivation. */
export function explainMiss(cache: PickleSessionCache, derivation: Derivation): MissExplanation {
  const { manifest, workingDir } = cache;
  const unknown = derivation.unknown.map((clause) => `not known: ${clause}`);
  const before = derivation.base === null ? [] : (recipeChain(manifest, derivation.base) ?? []);
  const wanted = [...before, ...derivation.steps].map(({ step }) => step);
  const near = findNearest(cache, wanted);
  if (!near) {
    return { nearest: null, reasons: [...unknown, "no state of the cache has a step in common"] };
  }
  const { state, chain, common } = near;
  const isSame = common === wanted.length && chain.length === wanted.length;
  const reasons = isSame
    ? reasonsBesideSteps(derivation, chain, isPickleThere(workingDir, state))
    : [differingStep(chain[common]?.step, wanted[common], common)];
  return { nearest: state, reasons: [...unknown, ...reasons] };
}

function findNearest(cache: PickleSessionCache, wanted: readonly PlannedStep[]): Near | undefined {
  const texts = wanted.map(textOf);
  let best: (Near & { rank: number }) | undefined;
  for (const state of cache.manifest.states) {
    const chain = recipeChain(cache.manifest, state.key) ?? [];
    const differs = texts.findIndex((text, at) => !chain[at] || textOf(chain[at].step) !== text);
    const common = differs === -1 ? texts.length : differs;
    // Most steps in common first, then fewest others, then the youngest.
    const rank = common * 1e6 - Math.min(Math.abs(chain.length - wanted.length), 1e5);
    const isRelated = common > 0 || (chain.length === wanted.length && wanted.length === 1);
    if (isRelated && rank >= (best?.rank ?? Number.NEGATIVE_INFINITY)) {
      best = { state, chain, common, rank };
    }
  }
  return best;
}

function textOf(step: PlannedStep): string {
  return canonicalJson("sorry" in step && step.sorry === "all" ? { sorry: 0 } : step);
}

/** What keeps a state from being a hit that was made by the same steps. */
function reasonsBesideSteps(
  { inputs, steps }: Derivation,
  chain: readonly RecipeEntry[],
  isThere: boolean,
): string[] {
  const own = chain.slice(chain.length - steps.length);
  const others = [
    ...new Set(
      chain.flatMap((entry, at) =>
        differingInputs(entry.inputs, at < chain.length - steps.length ? null : inputs),
      ),
    ),
  ];
  const lastCode = own.findLast(({ step }) => "cmd" in step);
  const takesSorry = own.some(({ step }) => "sorry" in step);
  return [
    ...others,
    ...(isThere ? [] : ["its pickle is missing or has another size"]),
    ...(own.some(({ hasErrors }) => hasErrors) ? ["Lean found errors in it (--allow-errors)"] : []),
    ...(takesSorry && lastCode?.sorries !== 1
      ? [`its code has ${lastCode?.sorries ?? "an unknown number of"} sorries (--sorry)`]
      : []),
  ];
}

/** @param now null for the inputs of the base's own steps, which are as they are */
function differingInputs(then: KeyInputs, now: KeyInputs | null): string[] {
  if ("unknown" in then) {
    return ["something about Lean was not known when it was added"];
  }
  if (now === null) {
    return [];
  }
  const names = new Set([...Object.keys(then), ...Object.keys(now)]);
  return [...names].flatMap((name) => differingInput(name, then[name], now[name]));
}

function differingInput(name: string, then: unknown, now: unknown): string[] {
  if (canonicalJson(then ?? null) === canonicalJson(now ?? null)) {
    return [];
  }
  if (isRecord(then) && isRecord(now)) {
    const names = new Set([...Object.keys(then), ...Object.keys(now)]);
    return [...names]
      .filter((part) => canonicalJson(then[part] ?? null) !== canonicalJson(now[part] ?? null))
      .map(
        (part) =>
          `the ${name} differs in ${part}: ${told(then[part])} then, ${told(now[part])} now`,
      );
  }
  return [`the ${name} differs: ${told(then)} then, ${told(now)} now`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of an input, short: of a digest its beginning. */
function told(value: unknown): string {
  if (value === null || value === undefined) {
    return "none";
  }
  const text = typeof value === "string" ? value : canonicalJson(value);
  return /^[0-9a-f]{16,}$/.test(text) ? text.slice(0, 12) : text;
}

/** Where two recipes part, in a clause. */
function differingStep(
  there: PlannedStep | undefined,
  wanted: PlannedStep | undefined,
  at: number,
): string {
  const number = at + 1;
  if (!wanted) {
    return `it has more steps than the ${at} that are wanted`;
  }
  if (!there) {
    return `it ends before step ${number}, ${describe(wanted)}`;
  }
  const [a, b] = [textIn(there), textIn(wanted)];
  if (a === undefined || b === undefined || "cmd" in there !== "cmd" in wanted) {
    return `step ${number} is ${describe(there)} there, and ${describe(wanted)} here`;
  }
  let same = 0;
  while (same < a.length && a[same] === b[same]) {
    same++;
  }
  const lines = a.slice(0, same).split("\n");
  const place = `line ${lines.length}, column ${(lines.at(-1) ?? "").length}`;
  const [was, is] = [a, b].map((text) => JSON.stringify(text.slice(same, same + 20)));
  return `step ${number}, ${describe(wanted)}, differs at ${place}: ${was} there, ${is} here`;
}

function textIn(step: PlannedStep): string | undefined {
  return "cmd" in step ? step.cmd : "tactic" in step ? step.tactic : undefined;
}

function describe(step: PlannedStep): string {
  if ("sorry" in step) {
    return step.sorry === "all" ? "the proof states at all sorries" : `sorry ${step.sorry}`;
  }
  return "cmd" in step ? "code" : "a tactic";
}
