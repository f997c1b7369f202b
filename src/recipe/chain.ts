/** Walking the recipes of a cache: each step names the one that it was done on. */

/** A step of a recipe, as far as a walk needs it. */
interface Linked {
  /** The key of the state that the step was done on; null for nothing. */
  base: string | null;
}

/**
 * The keys and steps from a state back to nothing, as far as they are there. A chain that leads back
 * into itself, which only a hand can have written, is cut there.
 */
export function* walkBack<E extends Linked>(
  recipes: Readonly<Record<string, E>>,
  key: string,
): Generator<[key: string, entry: E]> {
  const seen = new Set<string>();
  for (let at: string | null = key; at !== null && !seen.has(at) && Object.hasOwn(recipes, at); ) {
    const entry: E = recipes[at] as E;
    yield [at, entry];
    seen.add(at);
    at = entry.base;
  }
}

/** The keys and steps from nothing to a state; undefined if one of them is not known. */
export function chainTo<E extends Linked>(
  recipes: Readonly<Record<string, E>>,
  key: string,
): [key: string, entry: E][] | undefined {
  const chain = [...walkBack(recipes, key)].reverse();
  return chain[0]?.[1].base === null ? chain : undefined;
}
