/** Which ways lead back to a state, and which is tried first. */
import { chainTo } from "../../recipe/chain.ts";
import { splitHeader } from "../../recipe/import-header.ts";
import {
  findBaseCode,
  findPickleLoss,
  type PickleLoss,
} from "../../recipe/pickle-safety/pickle-safety.ts";
import type { Manifest, ManifestState, RecipeEntry } from "../../store/manifest/schema.ts";
import type { RestoreMode } from "../state/cache-types.ts";

/** A step of a recipe, and the key of the state that it leads to. */
export type RecipeLink = [key: string, entry: RecipeEntry];

/** A way to bring a state into a REPL. */
export type Way =
  | { via: "recipe"; recipe: readonly RecipeLink[] }
  | {
      via: "pickle";
      /** The code of the environment that a proof state is unpickled on; null for none. */
      onto: readonly string[] | null;
      /** What the pickle may have lost: a clause. Undefined if nothing. */
      lacks?: string | undefined;
    };

/** The ways to a state, in the order in which they are tried. */
export interface Ways {
  ways: readonly [Way, ...Way[]];
  /** Why the first one is the first, as a clause: `a pickle would lose line 3, "..."`. */
  reason: string;
}

/** Why the pickle of a state is not used. */
const UNSIGNED = "its pickle comes from a remote, and is not signed";

/** What unpickling takes on an environment that is there, in milliseconds, with room to spare. */
const PICKLE_MS = 15;

/**
 * Chooses the ways to a state (DESIGN: a pickle of today's REPL loses most of what code adds, and a
 * recipe loses nothing).
 * @param recipes of the manifest
 */
export function chooseWays(
  recipes: Manifest["recipes"],
  state: ManifestState,
  mode: RestoreMode,
): Ways {
  const recipe = chainTo(recipes, state.key);
  if (!recipe) {
    const lacks = "instances, notation, macros and attributes of its code";
    return { ways: [{ via: "pickle", onto: null, lacks }], reason: "its recipe is not known" };
  }
  const steps = recipe.map(([, { step }]) => step);
  const loss = findPickleLoss(steps);
  // What Lean skips after an error is not what its text says.
  const hasErrors = recipe.some(([, entry]) => entry.hasErrors === true);
  const base = hasErrors || !state.isProofState ? undefined : findBaseCode(steps);
  const pickles = waysByPickle(recipe, state, base, loss);
  const again: Way = { via: "recipe", recipe };
  if (mode === "pickle") {
    return { ways: pickles, reason: "--restore pickle" };
  }
  if (state.fromRemote === "unsigned") {
    // A key proves the recipe, and nothing of the pickle.
    return { ways: [again], reason: UNSIGNED };
  }
  if (mode === "recipe") {
    return { ways: [again, ...pickles], reason: "--restore recipe" };
  }
  if (!base) {
    return { ways: [again, ...pickles], reason: `a pickle would lose ${describeLoss(loss)}` };
  }
  const ownMs = timeOf(recipe);
  if (ownMs === undefined || ownMs <= PICKLE_MS) {
    const why = ownMs === undefined ? "no time was recorded for it" : `it takes ${ownMs} ms`;
    return { ways: [again, ...pickles], reason: why };
  }
  const [first, ...rest] = pickles;
  return {
    ways: [first, again, ...rest],
    reason: `nothing would be lost, and it saves ${ownMs} ms`,
  };
}

/**
 * The ways that use the pickle of a state.
 * @param base the code of the environment on which a pickle-safe proof state loses nothing
 */
function waysByPickle(
  recipe: readonly RecipeLink[],
  state: ManifestState,
  base: readonly string[] | undefined,
  loss: PickleLoss | undefined,
): [Way, ...Way[]] {
  const isUnsigned = state.fromRemote === "unsigned";
  const own = base ? undefined : describeLoss(loss);
  const lacks = isUnsigned ? `anything: ${UNSIGNED}` : own;
  const onto = base ?? headerOf(recipe, state);
  if (!state.isProofState || !onto) {
    return [{ via: "pickle", onto: null, lacks }];
  }
  return [
    { via: "pickle", onto, lacks },
    { via: "pickle", onto: null, lacks: lacks ?? "what its scopes switch on" },
  ];
}

/** What a pickle would lose, as a clause. */
function describeLoss(loss: PickleLoss | undefined): string {
  if (loss === undefined || loss.why === "environment") {
    return "what its code adds";
  }
  return `line ${loss.line}, ${JSON.stringify(loss.text)}`;
}

/**
 * What the steps of a recipe took, in milliseconds, without the imports, which a pickle needs too.
 * Undefined if that was not recorded.
 */
function timeOf(recipe: readonly RecipeLink[]): number | undefined {
  let sum = 0;
  for (const [, { step, elapsedMs }] of recipe) {
    if ("cmd" in step && splitHeader(step.cmd)?.body.trim() === "") {
      continue;
    }
    if (elapsedMs === undefined && !("sorry" in step)) {
      return undefined;
    }
    sum += elapsedMs ?? 0;
  }
  return sum;
}

/** The code that imports what a state imports and nothing else, as far as it is recorded. */
export function importsOf({ imports }: Pick<ManifestState, "imports">): string {
  return (imports ?? []).map((module) => `import ${module}`).join("\n");
}

/**
 * The code that imports what a state imports and nothing else; null if that is not known for sure.
 * The REPL does not compare the imports of a pickle with those of the environment.
 */
export function headerOf(
  recipe: readonly RecipeLink[],
  { imports }: Pick<ManifestState, "imports">,
): [string] | null {
  const root = recipe[0]?.[1];
  // If an import failed, the state has other imports than the code says.
  if (!root || !("cmd" in root.step) || root.hasErrors || imports === null) {
    return null;
  }
  const header = splitHeader(root.step.cmd)?.header;
  return header === importsOf({ imports }) ? [header] : null;
}
