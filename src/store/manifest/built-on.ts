/** What was built on what. */
import type { Manifest } from "./schema.ts";

type Recipes = Manifest["recipes"];

/** What it takes to find what a state was built on. */
interface KeyedState {
  sessionId: number;
  key: string;
}

/**
 * Of each of these states, the nearest of them that its recipe leads over; null where there is none.
 * Steps that none of them stands at are passed over. Of several states with one key the oldest is
 * the one that others were built on. A recipe that ends at a base that is not known ends there.
 * @returns session ids by session ids; no state is above itself, whatever the recipes say
 */
export function findBuiltOn(
  recipes: Readonly<Recipes>,
  states: readonly KeyedState[],
): Map<number, number | null> {
  const oldest = new Map<string, number>();
  for (const { sessionId, key } of states) {
    oldest.set(key, Math.max(sessionId, oldest.get(key) ?? Number.NEGATIVE_INFINITY));
  }
  const nearest = new Map<string, number | null>();
  for (const { key } of states) {
    settle(key, recipes, oldest, nearest);
  }
  return new Map(states.map(({ sessionId, key }) => [sessionId, nearest.get(key) ?? null]));
}

/**
 * Notes the nearest state above a key, and above each key on the way: chains share most of their
 * steps, and each step is walked over once for all of them.
 */
function settle(
  key: string,
  recipes: Readonly<Recipes>,
  oldest: ReadonlyMap<string, number>,
  nearest: Map<string, number | null>,
): void {
  const path = new Set<string>();
  let at: string | null = key;
  while (at !== null && !nearest.has(at) && !path.has(at)) {
    path.add(at);
    at = recipes[at]?.base ?? null;
  }
  // A chain that leads back into itself, which only a hand can have written, is cut there.
  const isEnd = at === null || path.has(at);
  let above = isEnd ? null : (oldest.get(at as string) ?? nearest.get(at as string) ?? null);
  for (const each of [...path].reverse()) {
    nearest.set(each, above);
    above = oldest.get(each) ?? above;
  }
}
