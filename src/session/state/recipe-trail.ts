import type { RecipeEntry } from "../../store/manifest/schema.ts";

/**
 * The recipes that lead to a state: those of its last steps, and behind them those of what these
 * were done to. A link and no copy: in a long chain, each state would have a copy of all before it.
 */
export interface RecipeTrail {
  /** By key. */
  readonly steps: Readonly<Record<string, RecipeEntry>>;
  readonly before?: RecipeTrail | undefined;
}

/** Adds the recipes of a trail to those of a manifest, which holds whole chains only. */
export function addTrail(recipes: Record<string, RecipeEntry>, trail: RecipeTrail): void {
  const missing: RecipeTrail[] = [];
  for (let at: RecipeTrail | undefined = trail; at; at = at.before) {
    missing.unshift(at);
    const keys = Object.keys(at.steps);
    if (keys.length > 0 && keys.every((key) => Object.hasOwn(recipes, key))) {
      break;
    }
  }
  Object.assign(recipes, ...missing.map(({ steps }) => steps));
}
