/** How a state came to be: its key, and the recipes that lead to it. */
import type { KeyInputs } from "../../recipe/key.ts";
import { keySteps } from "../../recipe/plan.ts";
import type { Manifest, ManifestState, RecipeEntry } from "../../store/manifest/schema.ts";
import { neverTheSame } from "./lean-inputs.ts";

/**
 * The recipes that lead to a state: those of its last steps, and behind them those of its base. A
 * link and no copy: in a long chain, each state would have a copy of all before it.
 */
export interface RecipeTrail {
  /** By key, in the order of the steps. */
  readonly steps: Readonly<Record<string, RecipeEntry>>;
  readonly before?: RecipeTrail | undefined;
}

/** How a state came to be, also one that no cache holds. */
export interface StateOrigin {
  key: string;
  /** The modules that it stands on; null if they are not known. */
  imports: string[] | null;
  /** What Lean was when its last step was run; undefined if that is not known. */
  inputs?: KeyInputs | undefined;
  recipes: RecipeTrail;
  /** What its own steps took, in milliseconds; undefined if that is not known. */
  elapsedMs?: number | undefined;
  /**
   * What it may lack, since a pickle that loses it was used: a clause. A state that is built on it is
   * never a cache hit.
   */
  lacks?: string | undefined;
}

/** Adds the recipes of a trail to those of a manifest, which holds whole chains only. */
export function addTrail(recipes: Record<string, RecipeEntry>, trail: RecipeTrail): void {
  const missing: RecipeTrail[] = [];
  const seen = new Set<string>();
  for (let at: RecipeTrail | undefined = trail; at; at = at.before) {
    missing.unshift(at);
    const keys = Object.keys(at.steps);
    // A chain that leads back into itself, which only a hand can have written, ends there.
    if (keys.length > 0 && keys.every((key) => Object.hasOwn(recipes, key) || seen.has(key))) {
      break;
    }
    for (const key of keys) {
      seen.add(key);
    }
  }
  Object.assign(recipes, ...missing.map(({ steps }) => steps));
}

/** The origin of a state that a cache holds. */
export function originOfState(
  recipes: Manifest["recipes"],
  { key, imports }: Pick<ManifestState, "key" | "imports">,
): StateOrigin {
  return { key, imports, inputs: recipes[key]?.inputs, recipes: trailTo(recipes, key) };
}

/** A trail that looks its links up when they are asked for: most never are. */
function trailTo(recipes: Manifest["recipes"], key: string): RecipeTrail {
  const entry = Object.hasOwn(recipes, key) ? recipes[key] : undefined;
  return {
    steps: entry ? { [key]: entry } : {},
    get before() {
      return entry?.base == null ? undefined : trailTo(recipes, entry.base);
    },
  };
}

/**
 * The origin of a state whose base changed, or whose Lean is no longer known: the same
 * steps, under keys that no other state will ever have.
 * @param why what is not known, as a clause
 */
export function inDoubt(origin: StateOrigin, why: string): StateOrigin {
  const entries = Object.values(origin.recipes.steps);
  const [first] = entries;
  if (!first) {
    return origin;
  }
  const inputs = neverTheSame(first.inputs, why);
  const steps = entries.map(({ step }) => ({
    kind: "cmd" in step ? ("environment" as const) : ("proof-state" as const),
    step,
  }));
  const keyed = keySteps(first.base, steps, inputs);
  const renamed = keyed.map(({ key }, at): [string, RecipeEntry] => [
    key,
    {
      ...(entries[at] as RecipeEntry),
      base: at === 0 ? first.base : (keyed[at - 1]?.key ?? null),
      inputs,
    },
  ]);
  return {
    ...origin,
    key: keyed.at(-1)?.key ?? origin.key,
    inputs,
    recipes: { ...origin.recipes, steps: Object.fromEntries(renamed) },
  };
}
