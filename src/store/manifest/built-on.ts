/** What was built on what. */
import type { Manifest } from "./schema.ts";

type Recipes = Manifest["recipes"];

/** The fields of a state that are needed to find its base. */
interface KeyedState {
  sessionId: number;
  key: string;
}

/**
 * For each of these states, the nearest of the others on its recipe; null if there is none. Steps
 * without a state are skipped. If several states have one key, the oldest counts as the base. A
 * recipe ends at a base that is not known.
 * @returns session ids by session ids; no state is its own base, whatever the recipes say
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
  // A chain that leads back into itself, as only an edited manifest can have, is cut there.
  const isEnd = at === null || path.has(at);
  let above = isEnd ? null : (oldest.get(at as string) ?? nearest.get(at as string) ?? null);
  for (const each of [...path].reverse()) {
    nearest.set(each, above);
    above = oldest.get(each) ?? above;
  }
}
