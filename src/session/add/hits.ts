/** The states of a cache that answer an addition without Lean. */
import { LeanPickleError } from "../../errors.ts";
import { walkBack } from "../../recipe/chain.ts";
import type { Manifest, ManifestState } from "../../store/manifest/schema.ts";
import { touchPickle } from "../../store/pickles/pickle-presence.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import type { WantedName } from "../state/names.ts";
import type { Addition } from "./addition.ts";
import type { AdditionPlan } from "./plan-addition.ts";

/**
 * The states of the cache that an addition leads to, with their whole pickles. Undefined if one is
 * missing, if something about Lean is not known, or if Lean would have refused what is asked for.
 */
export function findHits(
  cache: PickleSessionCache,
  plan: AdditionPlan,
): ManifestState[] | undefined {
  const { recipes } = cache.manifest;
  const count = plan.unknown.length > 0 ? undefined : countStates(plan, recipes);
  if (count === undefined) {
    return undefined;
  }
  const states: ManifestState[] = [];
  for (let index = 0; index < count; index++) {
    const state = cache.lookUp(plan.keyAt(index))?.entry;
    if (!state || (!plan.asked.allowErrors && hadErrors(recipes, state.key, plan.base))) {
      return undefined;
    }
    states.push(state);
  }
  return states;
}

/**
 * How many states an addition leads to: at least one. Undefined if the recipes do not tell, or if
 * Lean would have refused what is asked for: a hit must not be kinder than Lean.
 */
export function countStates(
  { steps, asked }: Pick<AdditionPlan, "steps" | "asked">,
  recipes: Manifest["recipes"],
): number | undefined {
  const toSorry = steps.findIndex(({ step }) => "sorry" in step);
  const sorries = recipes[steps[toSorry - 1]?.key ?? ""]?.sorries;
  if (asked.sorry === "all") {
    return sorries || undefined;
  }
  return toSorry !== -1 && asked.sorry === undefined && sorries !== 1 ? undefined : 1;
}

/** Whether Lean found errors in a step that leads from one key to another. */
export function hadErrors(recipes: Manifest["recipes"], key: string, base: string | null): boolean {
  for (const [at, entry] of walkBack(recipes, key)) {
    if (at === base) {
      break;
    }
    if (entry.hasErrors) {
      return true;
    }
  }
  return false;
}

/** The name of the state at one of several places. */
export function nameAt(
  { sorry }: Pick<Addition, "sorry">,
  name: string | undefined,
  index: number,
): string | null {
  return name !== undefined && sorry === "all" ? `${name}.${index}` : (name ?? null);
}

/**
 * The names that the states are to have, with their keys. Of `sorry: "all"` it is not known how many
 * there will be where they are no hits, but whose names they may not have is.
 */
export function wantedNames(
  { manifest }: PickleSessionCache,
  { sorry }: Pick<Addition, "sorry">,
  { keyAt }: AdditionPlan,
  name: string | undefined,
  hits: readonly ManifestState[] | undefined,
): WantedName[] {
  if (name === undefined) {
    return [];
  }
  if (sorry !== "all") {
    return [{ name, key: keyAt(0) }];
  }
  if (hits) {
    return hits.map(({ key }, at) => ({ name: `${name}.${at}`, key }));
  }
  const numbers = manifest.states.flatMap((state) => {
    const number = state.name?.startsWith(`${name}.`) ? state.name.slice(name.length + 1) : "";
    return /^(0|[1-9]\d{0,8})$/.test(number) ? [Number(number)] : [];
  });
  return [0, ...numbers].map((at) => ({ name: `${name}.${at}`, key: keyAt(at) }));
}

/** Gives hits the names that are asked for; false where one is gone in the meantime. */
export async function nameHits(
  cache: PickleSessionCache,
  hits: readonly ManifestState[],
  addition: Pick<Addition, "sorry">,
  name: string | undefined,
  replaceName = false,
): Promise<boolean> {
  const names = new Map<number, string>();
  for (const [index, state] of hits.entries()) {
    const wanted = nameAt(addition, name, index);
    if (wanted !== null && wanted !== state.name) {
      names.set(state.sessionId, wanted);
    }
  }
  try {
    if (names.size > 0) {
      await cache.rename(names, replaceName);
    }
    return true;
  } catch (error) {
    if (error instanceof LeanPickleError && error.code === "no-such-state") {
      cache.refresh();
      return false;
    }
    throw error;
  }
}

/** Notes that hits are used, and gives them as the manifest has them now. */
export function useHits(
  cache: PickleSessionCache,
  hits: readonly ManifestState[],
): ManifestState[] {
  for (const state of hits) {
    touchPickle(cache.workingDir, state);
  }
  return hits.map((state) => cache.get(state.sessionId)?.entry ?? state);
}
