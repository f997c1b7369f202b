/** Removing garbage, and states by rules: first a plan, then exactly that plan. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { totalBytes } from "../../output/text.ts";
import { fileSystem } from "../disk/file-system.ts";
import { picklePath } from "../disk/layout.ts";
import { findBuiltOn } from "../manifest/built-on.ts";
import type { Manifest, ManifestState } from "../manifest/schema.ts";
import type { ChangeOptions } from "../manifest/update-manifest.ts";
import { removeStates } from "../pickles/remove-states.ts";
import { findStrayFiles, type Garbage, isAbandoned } from "./garbage.ts";
import { type GarbageRemoval, removeGarbage } from "./garbage-removal.ts";
import { chooseStates, type Doomed, type PruneRules, type StateOnDisk } from "./prune-rules.ts";
import { examineState } from "./verify-state.ts";

/** The states and files to remove. */
export interface PrunePlan {
  /** In the order of the manifest. */
  states: Doomed[];
  /** Files that no state and no running process can need. */
  garbage: Garbage[];
  /** Files that no state needs, but a running process may: they stay. */
  young: Garbage[];
}

/** How a cache is looked through. */
interface PlanOptions {
  /** Called before each state that is looked at for damage. */
  onState?: ((state: ManifestState) => void) | undefined;
  /** Aborting ends the work, with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Plans which states and which garbage to remove. Changes nothing. */
export async function planPrune(
  { workingDir, manifest }: { workingDir: string; manifest: Manifest },
  rules: PruneRules,
  options: PlanOptions = {},
): Promise<PrunePlan> {
  const states: StateOnDisk[] = [];
  for (const state of manifest.states) {
    // Looked at before it is read: a pickle that replaces it meanwhile was not judged.
    const found = lookAt(workingDir, state);
    const isDamaged = rules.damaged === true && (await isStateDamaged(workingDir, state, options));
    states.push({ state, ...found, isDamaged });
  }
  const { garbage } = await findStrayFiles(workingDir, manifest);
  const builtOn = findBuiltOn(manifest.recipes, manifest.states);
  return {
    states: chooseStates(states, rules, builtOn, Date.now()),
    garbage: garbage.filter(isAbandoned),
    young: garbage.filter((each) => !isAbandoned(each)),
  };
}

/** Whether a pickle is damaged. If it cannot be read it may be whole, so it does not count. */
async function isStateDamaged(
  workingDir: string,
  state: ManifestState,
  { onState, signal }: PlanOptions,
): Promise<boolean> {
  signal?.throwIfAborted();
  onState?.(state);
  const examined = await examineState(workingDir, state);
  await nextTurn();
  return "code" in examined && examined.code !== "pickle-unreadable";
}

/** In milliseconds since 1970: a file system may keep times beyond those that JavaScript knows. */
const LAST_TIME = 8.64e15;

function lookAt(
  workingDir: string,
  state: ManifestState,
): Pick<StateOnDisk, "bytes" | "lastUsedMs"> {
  const found = fileSystem.lstatSync(picklePath(workingDir, state), { throwIfNoEntry: false });
  return found?.isFile()
    ? { bytes: found.size, lastUsedMs: Math.max(-LAST_TIME, Math.min(LAST_TIME, found.mtimeMs)) }
    : { bytes: 0, lastUsedMs: Date.parse(state.createdAt) };
}

/** The result of a plan. */
export interface Pruned extends GarbageRemoval {
  states: ManifestState[];
  /** States that were used or made again in the meantime, and stay. */
  kept: Doomed[];
  /** How many bytes were freed. */
  bytes: number;
}

/**
 * Removes exactly what a plan names, if it has not changed since: garbage that is still no state's,
 * and states that still have the same pickle. States that were planned for lack of use must still
 * be unused. Garbage goes first: on a full disk it makes room for the manifest.
 */
export async function carryOut(
  workingDir: string,
  lock: ChangeOptions,
  plan: PrunePlan,
): Promise<Pruned> {
  const { garbage, leftOver } = await removeGarbage(workingDir, lock, plan.garbage);
  let bytes = totalBytes(garbage);
  if (plan.states.length === 0) {
    return { states: [], kept: [], garbage, leftOver, bytes };
  }
  const doomed = new Map(plan.states.map((each) => [each.state.sessionId, each]));
  const { manifest, removal } = await removeStates(workingDir, lock, [...doomed.keys()], (state) =>
    isStillDoomed(workingDir, state, doomed.get(state.sessionId)),
  );
  const stuck = new Set(removal.leftOver.map(({ path }) => path));
  for (const state of removal.removed) {
    const isFreed = !stuck.has(picklePath(workingDir, state));
    bytes += isFreed ? (doomed.get(state.sessionId)?.bytes ?? 0) : 0;
  }
  const there = new Set(manifest.states.map(({ sessionId }) => sessionId));
  const kept = plan.states.filter(({ state }) => there.has(state.sessionId));
  const all = [...leftOver, ...removal.leftOver];
  return { states: removal.removed, kept, garbage, leftOver: all, bytes };
}

/** A plan is from before a person was asked, and other processes work on the cache. */
function isStillDoomed(
  workingDir: string,
  state: ManifestState,
  planned: Doomed | undefined,
): boolean {
  if (planned?.state.pickleFile !== state.pickleFile) {
    return false;
  }
  const now = lookAt(workingDir, state);
  const isUnused = now.lastUsedMs === planned.lastUsedMs && now.bytes === planned.bytes;
  return isUnused || planned.reasons.includes("toolchain");
}
