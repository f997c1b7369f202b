/** Making states again that could not be loaded, from their recipes. */
import { describeSystemError, isSystemError, LeanPickleError } from "../../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import { ReplEndedError } from "../../repl/errors.ts";
import { checkWritable } from "../../store/disk/folders.ts";
import { type ManifestState, walkBack } from "../../store/manifest/schema.ts";
import { findRecipeDistrust } from "../../store/manifest/trust.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { Remaker } from "../restore/by-recipe.ts";
import type { KeyedStep } from "../restore/replaying.ts";
import type { Verdict } from "../state/session-cache.ts";
import { NewPickleCheck } from "./compare-rebuilt.ts";

/** How states are made again. */
export interface RepairOptions extends LeanServerOptions {
  /** Called before each state. */
  onRepair?: ((state: ManifestState) => void) | undefined;
}

/** A state that was not loaded, and the way from nothing to it; none where that is not known. */
interface Broken {
  verdict: Verdict;
  state: ManifestState;
  recipe: KeyedStep[];
}

/** What states are made again with. */
interface Workshop {
  cache: PickleSessionCache;
  remaker: Remaker;
  check: NewPickleCheck;
  /** The states that cannot be loaded, by session id. */
  unusable: Set<number>;
  signal: AbortSignal | undefined;
}

/** What is no state's fault, and would be the same for the next one. */
const FAULTS_OF_ALL = ["no-repl", "cache-damaged", "cache-locked"];

/**
 * Makes the states again that were not loaded and whose recipes are known, bases first. What comes
 * out is pickled, loaded into another REPL and compared, and only then becomes the state's pickle:
 * under the same session id and name, and under the key that it has now. A state that cannot be made
 * again keeps what it had, and its verdict says why.
 * @returns the verdicts, those of repaired states changed
 */
export async function repairStates(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  verdicts: readonly Verdict[],
  options: RepairOptions,
): Promise<Verdict[]> {
  cache.refresh();
  const broken = verdicts.flatMap((verdict): Broken[] => {
    const state = verdict.status === "loaded" ? undefined : cache.get(verdict.sessionId)?.entry;
    return state ? [{ verdict, state, recipe: recipeOf(cache, state) }] : [];
  });
  const workshop: Workshop = {
    cache,
    remaker: new Remaker(launch, cache, options),
    check: new NewPickleCheck(launch, cache, options),
    unusable: new Set(broken.map(({ state }) => state.sessionId)),
    signal: options.signal,
  };
  const after = new Map<number, Verdict>();
  try {
    for (const each of broken.sort((a, b) => a.recipe.length - b.recipe.length)) {
      options.onRepair?.(each.state);
      after.set(each.state.sessionId, await repairOne(workshop, each));
    }
  } finally {
    await Promise.all([workshop.remaker.close(), workshop.check.close()]);
  }
  return verdicts.map((verdict) => after.get(verdict.sessionId) ?? verdict);
}

/** The recipe of a state, from nothing to it; without steps where a link of it is not known. */
function recipeOf(cache: PickleSessionCache, { key }: ManifestState): KeyedStep[] {
  const recipe = [...walkBack(cache.manifest.recipes, key)].reverse();
  return recipe[0]?.[1].base === null ? recipe : [];
}

async function repairOne(workshop: Workshop, broken: Broken): Promise<Verdict> {
  const startedAt = performance.now();
  const { verdict, recipe } = broken;
  if (recipe.length === 0) {
    return notRepaired(verdict, "There is no recipe for it.");
  }
  try {
    const changes = await makeAgain(workshop, broken);
    workshop.unusable.delete(verdict.sessionId);
    const { sessionId, name, isProofState } = verdict;
    const elapsedMs = Math.round(verdict.elapsedMs + performance.now() - startedAt);
    return {
      sessionId,
      name,
      isProofState,
      replId: null,
      status: "repaired",
      elapsedMs,
      ...changes,
    };
  } catch (error) {
    workshop.signal?.throwIfAborted();
    return notRepaired(verdict, reasonOf(error));
  }
}

async function makeAgain(
  { cache, remaker, check, unusable }: Workshop,
  { verdict, state, recipe }: Broken,
): Promise<Pick<Verdict, "found" | "expected"> | undefined> {
  await checkWritable(cache.workingDir);
  const distrust = cache.trust ? undefined : findRecipeDistrust(cache.workingDir);
  if (distrust !== undefined) {
    throw new LeanPickleError("untrusted", distrust);
  }
  const pickled = await remaker.make(recipe, unusable);
  const [, root] = recipe[0] ?? [];
  const changes = await check.check(state, verdict, root, pickled).catch(async (error: unknown) => {
    await pickled.temporary.discard();
    throw error;
  });
  const candidate = { pickled, name: null, sessionId: state.sessionId };
  const [kept] = await cache.keep([candidate], { allOrNone: true });
  if (!kept || "error" in kept) {
    throw kept?.error;
  }
  return changes;
}

function notRepaired(verdict: Verdict, why: string): Verdict {
  return { ...verdict, message: `${verdict.message} It was not repaired. ${why}` };
}

/** @throws what has nothing to do with the state */
function reasonOf(error: unknown): string {
  if (error instanceof LeanPickleError && !FAULTS_OF_ALL.includes(error.code)) {
    return error instanceof ReplEndedError ? `The REPL ${error.what}.` : error.message;
  }
  if (isSystemError(error)) {
    return describeSystemError(error);
  }
  throw error;
}
