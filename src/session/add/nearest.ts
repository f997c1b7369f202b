/** Which state of a cache was made most like one that is wanted. */
import { canonicalJson, type KeyInputs } from "../../recipe/key.ts";
import type { PlannedStep } from "../../recipe/plan.ts";
import { type Manifest, type ManifestState, recipesOf } from "../../store/manifest/schema.ts";

/** One link of the chain that leads to a state: a step, or a state of which no more is known. */
export interface Link {
  key: string;
  step?: PlannedStep | undefined;
  inputs?: KeyInputs | undefined;
  sorries?: number | undefined;
  hasErrors?: boolean | undefined;
}

/** A state, and how much it has in common with what is wanted. */
export interface Near {
  state: ManifestState;
  chain: Link[];
  /** How many links it has in common, from the first on. */
  common: number;
}

/** The chain that leads from nothing to a key, or from the first state on the way that is known. */
export function linksTo(manifest: Manifest, key: string | null): Link[] {
  if (key === null) {
    return [];
  }
  const entries = Object.entries(recipesOf(manifest, key)).reverse();
  const links = entries.map(([at, entry]): Link => ({ key: at, ...entry }));
  const root = entries[0] ? entries[0][1].base : key;
  return root === null ? links : [{ key: root }, ...links];
}

/**
 * The state whose chain has most links in common with the one that is wanted; of those, the one with
 * the likest code where they part; then with the fewest links besides, the wanted key, the fewest
 * inputs that differ; then the youngest. Undefined where none has anything in common.
 */
export function findNearest(manifest: Manifest, wanted: readonly Link[]): Near | undefined {
  const texts = wanted.map(textOf);
  let best: (Near & { rank: number[] }) | undefined;
  for (const state of manifest.states) {
    const chain = linksTo(manifest, state.key);
    const differs = wanted.findIndex((link, at) => !isAlike(chain[at], link, texts[at]));
    const common = differs === -1 ? wanted.length : differs;
    const likeness = likenessOf(chain[common], wanted[common]);
    const others = Math.abs(chain.length - wanted.length);
    const rank = [common, likeness, -others];
    if (common + likeness > 0 && isAtLeast(rank, best?.rank)) {
      rank.push(...rankOfInputs(chain, wanted));
      best = isAtLeast(rank, best?.rank) ? { state, chain, common, rank } : best;
    }
  }
  return best;
}

function textOf({ key, step }: Link): string {
  return step ? canonicalJson(step) : key;
}

/** Of all sorries, any one is alike. */
function isAlike(there: Link | undefined, { step }: Link, text = ""): boolean {
  const isOfAll = step && "sorry" in step && step.sorry === "all";
  return isOfAll
    ? there?.step !== undefined && "sorry" in there.step
    : there !== undefined && textOf(there) === text;
}

/** How many characters two steps share at their beginning and their end. */
function likenessOf(there: Link | undefined, wanted: Link | undefined): number {
  const [a, b] = [textIn(there?.step), textIn(wanted?.step)];
  if (a === undefined || b === undefined) {
    return 0;
  }
  const start = sharedStart(a, b);
  let end = 0;
  const most = Math.min(a.length, b.length) - start;
  while (end < most && a.at(-1 - end) === b.at(-1 - end)) {
    end++;
  }
  return start + end;
}

/** How many UTF-16 units two texts share at their beginning: of no character a part. */
export function sharedStart(a: string, b: string): number {
  let same = 0;
  while (same < a.length && a[same] === b[same]) {
    same++;
  }
  const isInside =
    /[\ud800-\udbff]/.test(a[same - 1] ?? "") && /[\udc00-\udfff]/.test(a[same] ?? "");
  return isInside ? same - 1 : same;
}

/** The text of code or of a tactic. */
export function textIn(step: PlannedStep | undefined): string | undefined {
  if (!step || "sorry" in step) {
    return undefined;
  }
  return "cmd" in step ? step.cmd : step.tactic;
}

function rankOfInputs(chain: readonly Link[], wanted: readonly Link[]): number[] {
  const isSame = chain.at(-1)?.key === wanted.at(-1)?.key;
  const differing = chain.flatMap((link, at) => differingNames(link.inputs, wanted[at]?.inputs));
  return [isSame ? 1 : 0, -differing.length];
}

/** The names of the inputs that differ; one that is not there is as one that is null. */
export function differingNames(a: KeyInputs = {}, b: KeyInputs = {}): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter(
    (name) => canonicalJson(a[name] ?? null) !== canonicalJson(b[name] ?? null),
  );
}

function isAtLeast(rank: readonly number[], other: readonly number[] | undefined): boolean {
  const at = rank.findIndex((part, place) => part !== other?.[place]);
  return at === -1 || other === undefined || (rank[at] ?? 0) > (other[at] ?? 0);
}
