/** Adding what code, a sorry and tactics lead to: a batch of one. */
import { LeanPickleError } from "../../errors.ts";
import type { ReplLaunch } from "../../repl/connection.ts";
import { normalizeName } from "../../store/manifest/schema.ts";
import type { BatchSuccess } from "../batch/batch-item.ts";
import type { BatchOptions } from "../batch/run-batch.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import type { RemoteStates } from "../share/remote-states.ts";
import { checkNames } from "../state/names.ts";
import { type Addition, checkAddition } from "./addition.ts";
import { findHits, nameHits, useHits, wantedNames } from "./hits.ts";
import { type AdditionPlan, planAddition } from "./plan-addition.ts";

/** What was added. */
export type AdditionResult = BatchSuccess;

/** How an addition is made. */
export interface AddToCacheOptions extends Omit<BatchOptions, "onOutcome" | "onMiss" | "remote"> {
  /** The name of the state; with `sorry: "all"`, `NAME.0`, `NAME.1`, ... */
  name?: string | undefined;
  /** Opens the remote, if one is named: called if the cache does not hold it. */
  openRemote?: (() => Promise<RemoteStates | undefined>) | undefined;
  /** Called if it has to be made, with what was looked up. */
  onMiss?: ((plan: AdditionPlan) => Promise<void>) | undefined;
}

/**
 * Adds what an addition leads to, all of its states or none. What the cache holds is the answer at
 * once; else a REPL of its own makes it.
 * @throws {LeanRejectedError}, {LeanPickleError} `not-cached`, and what {@link checkAddition} throws
 */
export async function addToCache(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  addition: Addition,
  { name: given, onMiss, openRemote, ...options }: AddToCacheOptions,
): Promise<AdditionResult> {
  checkAddition(addition);
  const { replaceName = false, force = false } = options;
  const name = given && normalizeName(given);
  const plan = await planAddition(launch, addition);
  const hits = findHits(cache, plan);
  checkNames(cache.manifest, wantedNames(cache, addition, plan, name, hits), replaceName);
  if (hits && !force && (await nameHits(cache, hits, addition, name, replaceName))) {
    const states = useHits(cache, hits);
    return { states, cached: true, unknown: [], messages: [], sorries: [] };
  }
  // Only a miss pays for loading what runs Lean.
  const { runBatch } = await import("../batch/run-batch.ts");
  const { sorry, tactics, allowErrors, base, code } = addition;
  let result: AdditionResult | { error: Error } | undefined;
  const item = { sorry, tactics, allowErrors, base, plan, name, readCode: async () => [...code] };
  await runBatch(launch, cache, [item], new Set(), {
    ...options,
    remote: force ? undefined : await openRemote?.(),
    // What is there already, and is made again, is no miss.
    onMiss: hits && force ? undefined : onMiss && ((_item, missed) => onMiss(missed)),
    onOutcome: (_item, outcome) => {
      result = outcome;
    },
  });
  if (!result || "error" in result) {
    throw result?.error ?? new LeanPickleError("interrupted", "It was interrupted.");
  }
  return result;
}
