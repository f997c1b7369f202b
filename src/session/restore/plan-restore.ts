/** The order in which states are restored, so that shared steps run only once if possible. */
import type { Manifest, ManifestState } from "../../store/manifest/schema.ts";
import type { RestoreMode } from "../state/cache-types.ts";
import { chooseWays, headerOf, importsOf, type Ways } from "./choose-ways.ts";

/** A state that is to be restored, and the ways to it. */
export interface PlannedState extends Ways {
  state: ManifestState;
}

/** States that are restored one after the other in the same REPL, since they share an import. */
export interface RestoreUnit {
  states: PlannedState[];
}

/**
 * Puts states that share their header, or their first code, into one unit; everything else alone.
 * An environment that comes back by its pickle imports by itself, so it shares nothing.
 * @returns in the order of their first states
 */
export function planRestore(
  { recipes }: Pick<Manifest, "recipes">,
  states: readonly ManifestState[],
  mode: RestoreMode,
): RestoreUnit[] {
  const units: RestoreUnit[] = [];
  const shared = new Map<string, RestoreUnit>();
  for (const state of states) {
    const planned = { state, ...chooseWays(recipes, state, mode) };
    const common = commonOf(planned);
    const unit = common === undefined ? undefined : shared.get(common);
    if (unit) {
      unit.states.push(planned);
      continue;
    }
    const alone: RestoreUnit = { states: [planned] };
    units.push(alone);
    if (common !== undefined) {
      shared.set(common, alone);
    }
  }
  return units;
}

/** What a state shares with others: the code of its header, else the key of its first step. */
function commonOf({ state, ways: [way] }: PlannedState): string | undefined {
  if (way.via === "recipe") {
    const [header] = headerOf(way.recipe, state) ?? [];
    return header === undefined ? way.recipe[0]?.[0] : `header ${header}`;
  }
  if (way.onto === null) {
    return undefined;
  }
  return `header ${importsOf(state)}`;
}
