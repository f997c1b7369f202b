/** Restoring a state by its pickle: the REPL reads it, and the result is compared. */
import { keySteps, type StepTo } from "../../recipe/plan.ts";
import type { RecipeStep } from "../../recipe/steps.ts";
import type { ReplConnection, ReplLaunch, RunOptions } from "../../repl/connection.ts";
import { errorMessages, isErrorAnswer } from "../../repl/protocol.ts";
import { picklePath } from "../../store/disk/layout.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { findDistrust } from "../../store/manifest/trust.ts";
import { findDamage } from "../../store/pickles/pickle-file.ts";
import { releaseOfVersion, versionOfToolchain } from "../../system/lean-version.ts";
import type { CacheHandle } from "../state/cache-handle.ts";
import { originOfState } from "../state/origin.ts";
import { NOTHING, type StepOptions, StepRunner } from "../steps/run-steps.ts";
import type { Way } from "./choose-ways.ts";
import { findChange, type NotRestored, otherLean, type Restoring, viewOf } from "./verdict.ts";

/** Where the pickles are, and whether they are loaded even if others could have written them. */
export type Whereabouts = Pick<CacheHandle, "workingDir" | "trust">;

/**
 * Has the REPL read the pickle of a state. A pickle that is not as it was written is never handed
 * to Lean, which would not notice; nor one that somebody else could have written, nor one of
 * another Lean.
 */
export async function restoreByPickle(
  server: ReplConnection,
  handle: CacheHandle,
  state: ManifestState,
  way: Extract<Way, { via: "pickle" }>,
  options: StepOptions,
): Promise<Restoring> {
  const unfit = await findUnfit(server.launch, handle, state);
  if (unfit) {
    return unfit;
  }
  const restoring = state.isProofState
    ? await unpickleProofState(server, handle, state, way, options)
    : await unpickleEnvironment(server, handle, state, options);
  if (restoring.status === "loaded") {
    const origin = originOfState(handle.index.manifest.recipes, state);
    const { lacks } = way;
    handle.loaded.set(restoring.process, state, restoring.replId, {
      ...origin,
      ...(lacks !== undefined && { lacks }),
    });
  }
  return restoring;
}

/** What is known of a state without Lean, if its pickle is not to be loaded. */
export async function findUnfit(
  launch: ReplLaunch,
  { workingDir, trust }: Whereabouts,
  state: ManifestState,
): Promise<NotRestored | undefined> {
  const distrust = trust ? undefined : findDistrust(workingDir, state);
  if (distrust !== undefined) {
    return { status: "failed", code: "untrusted", message: distrust };
  }
  const damage = await findDamage(workingDir, state);
  return damage === undefined
    ? findOtherLean(launch, state)
    : { status: "damaged", message: damage };
}

/**
 * If both versions are known, and differ, Lean need not be asked. The name of a toolchain is what
 * somebody called it: while it is the same one, a release candidate may go by the name of its
 * release, and only Lean knows.
 */
export function findOtherLean(
  { toolchain }: ReplLaunch,
  { lean }: ManifestState,
): NotRestored | undefined {
  const reading = toolchain == null ? null : versionOfToolchain(toolchain);
  if (reading === null || lean.version === null) {
    return undefined;
  }
  const isSameName = lean.toolchain === toolchain;
  const isSame = isSameName
    ? releaseOfVersion(reading) === releaseOfVersion(lean.version)
    : reading === lean.version;
  return isSame ? undefined : { status: "incompatible", message: otherLean(lean.version, reading) };
}

async function unpickleEnvironment(
  server: ReplConnection,
  handle: CacheHandle,
  state: ManifestState,
  options: StepOptions,
): Promise<Restoring> {
  const path = picklePath(handle.workingDir, state);
  const { process } = server;
  handle.loaded.in(process).imports++;
  const answer = await server.run({ unpickleEnvFrom: path }, nextOf(options));
  if (isErrorAnswer(answer)) {
    return refused(answer.message);
  }
  options.onElapsed?.(server.madeBy({ kind: "env", id: answer.env })?.elapsedMs ?? 0);
  return { status: "loaded", replId: answer.env, process, via: "pickle", warnings: [] };
}

async function unpickleProofState(
  server: ReplConnection,
  handle: CacheHandle,
  state: ManifestState,
  { onto }: Extract<Way, { via: "pickle" }>,
  options: StepOptions,
): Promise<Restoring> {
  const path = picklePath(handle.workingDir, state);
  const { process } = server;
  const contents = handle.loaded.in(process);
  let env: number | undefined;
  if (onto !== null) {
    const takesBase = await askTakesBase(server, handle, path, options);
    env = takesBase ? await baseEnvironment(server, handle, onto, options) : undefined;
    if (env === undefined) {
      return refused("It has no environment for it.");
    }
  } else {
    contents.imports++;
  }
  const request = { unpickleProofStateFrom: path, ...(env !== undefined && { env }) };
  const answer = await server.run(request, nextOf(options));
  if (isErrorAnswer(answer)) {
    return refused(answer.message);
  }
  const { proofState } = answer;
  options.onElapsed?.(server.madeBy({ kind: "proofState", id: proofState })?.elapsedMs ?? 0);
  const expected = viewOf(state);
  const found = viewOf(answer);
  const change = findChange(expected, found);
  return change === undefined
    ? { status: "loaded", replId: proofState, process, via: "pickle", warnings: [] }
    : { status: "goals-changed", message: change, found, expected };
}

/** Whether the REPL of a launch unpickles proof states on environments. */
const baseTakers = new WeakMap<ReplLaunch, boolean>();

/** An id that no REPL will ever give out. */
const NO_ENVIRONMENT = 2 ** 31 - 1;

/**
 * Asks the REPL, once, whether it unpickles proof states on environments, by naming one that is not
 * there: a REPL from before v4.5.0 takes no notice, and imports for each state.
 */
async function askTakesBase(
  server: ReplConnection,
  { loaded }: CacheHandle,
  path: string,
  options: StepOptions,
): Promise<boolean> {
  const known = baseTakers.get(server.launch);
  if (known !== undefined) {
    return known;
  }
  const request = { unpickleProofStateFrom: path, env: NO_ENVIRONMENT };
  const isTaken = isErrorAnswer(await server.run(request, nextOf(options)));
  loaded.in(server.process).imports += isTaken ? 0 : 1;
  baseTakers.set(server.launch, isTaken);
  return isTaken;
}

/** The environment that code gives; undefined if Lean finds errors in it. */
async function baseEnvironment(
  server: ReplConnection,
  { loaded }: CacheHandle,
  code: readonly string[],
  options: StepOptions,
): Promise<number | undefined> {
  // Without any code, it is what every environment has.
  const texts = code.length > 0 ? code : [""];
  const steps = texts.map((cmd): StepTo<RecipeStep> => ({ kind: "environment", step: { cmd } }));
  // Keys that no state has: what is shared here is the text.
  const keyed = keySteps(null, steps, { base: true }).map((step) => ({ ...step, inputs: {} }));
  let isGood = true;
  const onAnswer: StepOptions["onAnswer"] = (answer) => {
    isGood &&= !isErrorAnswer(answer) && errorMessages(answer).length === 0;
    if (!isGood) {
      throw new RefusedBase();
    }
  };
  try {
    const runner = new StepRunner(server, loaded, { ...options, onAnswer });
    const { reached } = await runner.run(keyed, NOTHING, null);
    return reached.of.id;
  } catch (error) {
    if (error instanceof RefusedBase) {
      return undefined;
    }
    throw error;
  }
}

class RefusedBase extends Error {}

function refused(message: string): NotRestored {
  return { status: "failed", message: `The REPL refused it: ${message}` };
}

function nextOf(options: StepOptions): RunOptions {
  return options.next?.() ?? options;
}
