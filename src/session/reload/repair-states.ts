/** Making states again from their recipes that could not be restored. */
import { isSystemError, LeanPickleError } from "../../errors.ts";
import { chainTo } from "../../recipe/chain.ts";
import { keySteps, type StepTo } from "../../recipe/plan.ts";
import type { RecipeStep } from "../../recipe/steps.ts";
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import { ReplEndedError } from "../../repl/errors.ts";
import { checkWritable } from "../../store/disk/folders.ts";
import type { ManifestState, RecipeEntry } from "../../store/manifest/schema.ts";
import { findRecipeDistrust } from "../../store/manifest/trust.ts";
import { describeSystemError } from "../../system/system-error.ts";
import { RestartingServer } from "../restarting-server.ts";
import { checkRecipeStep } from "../restore/by-recipe.ts";
import { findChange, viewOf } from "../restore/verdict.ts";
import { discardPickles } from "../save/candidate.ts";
import { keep } from "../save/commit.ts";
import { describeState, type Pickled, pickleState } from "../save/pickle-state.ts";
import type { CacheHandle } from "../state/cache-handle.ts";
import { identifyLean, neverTheSame } from "../state/lean-inputs.ts";
import type { Verdict } from "../state/session-cache.ts";
import { MissingSorryError, NOTHING, StepRunner } from "../steps/run-steps.ts";

/** How states are made again. */
export interface RepairOptions extends LeanServerOptions {
  /** Called before each state. */
  onRepair?: ((state: ManifestState) => void) | undefined;
}

/** A state that was not restored, and the steps from nothing to it; none if they are not known. */
interface Broken {
  verdict: Verdict;
  state: ManifestState;
  recipe: RecipeEntry[];
}

/** What is no state's fault, and would be the same for the next one. */
const FAULTS_OF_ALL = ["no-repl", "cache-damaged", "cache-locked"];

/**
 * Runs the recipes of the states that were not restored, bases first, and pickles the results. A
 * state keeps its session id and its name, and gets the key that its recipe has now. A state that
 * cannot be made again stays as it is, and its verdict says why.
 * @returns the verdicts, those of repaired states changed
 */
export async function repairStates(
  launch: ReplLaunch,
  handle: CacheHandle,
  verdicts: readonly Verdict[],
  options: RepairOptions,
): Promise<Verdict[]> {
  handle.refresh();
  const { recipes } = handle.index.manifest;
  const broken = verdicts.flatMap((verdict): Broken[] => {
    const state = verdict.status === "loaded" ? undefined : handle.index.byId(verdict.sessionId);
    const recipe = state && chainTo(recipes, state.key)?.map(([, entry]) => entry);
    return state ? [{ verdict, state, recipe: recipe ?? [] }] : [];
  });
  const servers = new RestartingServer(launch, options);
  const after = new Map<number, Verdict>();
  try {
    for (const each of broken.sort((a, b) => a.recipe.length - b.recipe.length)) {
      options.onRepair?.(each.state);
      after.set(each.state.sessionId, await repairOne(servers, handle, each, options));
    }
  } finally {
    await servers.close();
  }
  return verdicts.map((verdict) => after.get(verdict.sessionId) ?? verdict);
}

async function repairOne(
  servers: RestartingServer,
  handle: CacheHandle,
  broken: Broken,
  { signal }: RepairOptions,
): Promise<Verdict> {
  const startedAt = performance.now();
  const { verdict, recipe } = broken;
  if (recipe.length === 0) {
    return notRepaired(verdict, "There is no recipe for it.");
  }
  try {
    const changes = await makeAgain(servers, handle, broken);
    const { sessionId, name, isProofState } = verdict;
    const elapsedMs = Math.round(verdict.elapsedMs + performance.now() - startedAt);
    const common = { sessionId, name, isProofState, replId: null, elapsedMs };
    return { ...common, status: "repaired", ...changes };
  } catch (error) {
    signal?.throwIfAborted();
    return notRepaired(verdict, reasonOf(error));
  }
}

async function makeAgain(
  servers: RestartingServer,
  handle: CacheHandle,
  broken: Broken,
): Promise<Pick<Verdict, "found" | "expected"> | undefined> {
  await checkWritable(handle.workingDir);
  const distrust = handle.trust ? undefined : findRecipeDistrust(handle.workingDir);
  if (distrust !== undefined) {
    throw new LeanPickleError("untrusted", distrust);
  }
  const { state, verdict } = broken;
  const pickled = await runAgain(servers, handle, broken);
  const candidate = { pickled, name: null, sessionId: state.sessionId };
  const change = findChange(viewOf(state), viewOf(pickled.facts));
  if (change !== undefined && !mayChange(state, verdict, pickled)) {
    await discardPickles([candidate]);
    throw new LeanPickleError("not-loaded", "Made again, it has other goals than it had.");
  }
  const [kept] = await keep(handle, [candidate], { allOrNone: true });
  if (!kept || "error" in kept) {
    throw kept?.error;
  }
  return change === undefined
    ? undefined
    : { found: viewOf(pickled.facts), expected: viewOf(state) };
}

/** Runs the recipe of a state with the Lean that is here now, and pickles the result. */
async function runAgain(
  servers: RestartingServer,
  handle: CacheHandle,
  { state, recipe }: Broken,
): Promise<Pickled> {
  const { imports } = state;
  const identity = await identifyLean(servers.launch, imports);
  const isKnown = identity.unknown.length === 0;
  const inputs = isKnown
    ? identity.inputs
    : neverTheSame(identity.inputs, identity.unknown.join("; "));
  const keyed = keySteps(null, recipe.map(stepTo), inputs).map((each) => ({ ...each, inputs }));
  return await servers.run(async (server) => {
    handle.inputs.note(server, imports, { inputs, unknown: [] });
    const runner = new StepRunner(server, handle.loaded, {
      onAnswer: (answer, at) => checkRecipeStep(answer, at, recipe[at]),
    });
    const { reached } = await runner.run(keyed, NOTHING, imports);
    const { kind, id } = reached.of;
    const named = kind === "env" ? { env: id } : { proofState: id };
    return await pickleState(server, await describeState(server, named, handle), handle, {});
  });
}

function stepTo({ step }: RecipeEntry): StepTo<RecipeStep> {
  return { kind: "cmd" in step ? "environment" : "proof-state", step };
}

/**
 * Whether a state may have other goals than when it was added: if Lean is another one now, or if it
 * was restored with the very same goals before.
 */
function mayChange(state: ManifestState, { found }: Verdict, { origin, facts }: Pickled): boolean {
  const isSameKey = origin?.key === state.key;
  return !isSameKey || (found !== undefined && findChange(found, viewOf(facts)) === undefined);
}

function notRepaired(verdict: Verdict, why: string): Verdict {
  return { ...verdict, message: `${verdict.message} It was not repaired. ${why}` };
}

/** @throws errors that are not about the state */
function reasonOf(error: unknown): string {
  if (error instanceof MissingSorryError) {
    return `There is no proof state at sorry ${error.index} any more.`;
  }
  if (error instanceof LeanPickleError && !FAULTS_OF_ALL.includes(error.code)) {
    return error instanceof ReplEndedError ? `The REPL ${error.what}.` : error.message;
  }
  if (isSystemError(error)) {
    return describeSystemError(error);
  }
  throw error;
}
