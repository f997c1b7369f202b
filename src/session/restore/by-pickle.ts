import { LeanPickleError } from "../../errors.ts";
import type { ReplConnection, ReplLaunch, RunOptions } from "../../repl/connection.ts";
import { ReplMemoryError } from "../../repl/errors.ts";
import { isErrorAnswer } from "../../repl/protocol.ts";
import { picklePath } from "../../store/disk/layout.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { findDistrust } from "../../store/manifest/trust.ts";
import { findDamage } from "../../store/pickles/pickle-file.ts";
import type { OpenCache } from "../state/cache-handle.ts";
import type { SharedBase } from "./shared-imports.ts";
import { findChange, judge, otherLean, viewOf } from "./verdict.ts";
import type { NotLoaded, Unpickled } from "./verdicts.ts";

/** Where a pickle is, and whether it is loaded whoever may have written it. */
export type Whereabouts = Pick<OpenCache, "workingDir" | "trust">;

/**
 * Loads a state into a REPL, and checks that it is the state that was added. A pickle that is not
 * as it was written is never handed to Lean, which would not notice; nor is one that somebody else
 * could have written, nor that of a Lean of which it is known that it is another one.
 * @param base what a proof state is replayed onto; one that does not come back on it is tried again
 * as it is
 * @param wasOnBase whether it did not come back on it before
 * @throws what says nothing of the state: the REPL cannot be started, the work was interrupted
 */
export async function unpickle(
  server: ReplConnection,
  where: Whereabouts,
  state: ManifestState,
  options: RunOptions,
  base?: SharedBase,
  wasOnBase = false,
): Promise<Unpickled> {
  try {
    const unfit = await findUnfit(server.launch, where, state);
    if (unfit) {
      return unfit;
    }
    const path = picklePath(where.workingDir, state);
    if (!state.isProofState) {
      await base?.beginImport();
      return await unlessCrowded(() => unpickleEnvironment(server, path, options));
    }
    const onBase = base && !wasOnBase && (await unpickleOnBase(server, path, state, options, base));
    if (onBase) {
      return onBase;
    }
    await base?.beginImport();
    return await unlessCrowded(() => unpickleProofState(server, { path }, state, options));
  } catch (error) {
    return judge(error, state, server.launch);
  }
}

/** What is known of a state without Lean, where it is not to be loaded. */
export async function findUnfit(
  launch: ReplLaunch,
  { workingDir, trust }: Whereabouts,
  state: ManifestState,
): Promise<NotLoaded | undefined> {
  return (
    (trust ? undefined : findDistrustOf(workingDir, state)) ??
    (await findDamageOf(workingDir, state)) ??
    findOtherLean(launch, state)
  );
}

function findDistrustOf(workingDir: string, state: ManifestState): NotLoaded | undefined {
  const message = findDistrust(workingDir, state);
  return message === undefined ? undefined : { status: "failed", code: "untrusted", message };
}

async function findDamageOf(
  workingDir: string,
  state: ManifestState,
): Promise<NotLoaded | undefined> {
  const message = await findDamage(workingDir, state);
  return message === undefined ? undefined : { status: "damaged", message };
}

/**
 * Where both versions are known, and differ, Lean need not be asked. The name of a toolchain is what
 * somebody called it: where it is still the same one, a release candidate may go by the name of its
 * release, and only Lean knows.
 */
export function findOtherLean(
  { toolchain }: ReplLaunch,
  { lean }: ManifestState,
): NotLoaded | undefined {
  const reading = toolchain == null ? null : versionOfToolchain(toolchain);
  if (reading === null || lean.version === null) {
    return undefined;
  }
  const isSameName = lean.toolchain === toolchain;
  const release = (version: string): string => version.replace(/-.*/, "");
  const isSame = isSameName ? release(reading) === release(lean.version) : reading === lean.version;
  return isSame ? undefined : { status: "incompatible", message: otherLean(lean.version, reading) };
}

/** The version in the name of a toolchain, such as `leanprover/lean4:v4.33.0-rc2`; null without. */
function versionOfToolchain(toolchain: string): string | null {
  return /(?:^|:)v?(\d+\.\d+\.\d+(?:-rc\d+)?)$/.exec(toolchain)?.[1] ?? null;
}

/** Undefined where the state is to be tried as it is; a state that hangs has had its time. */
async function unpickleOnBase(
  server: ReplConnection,
  path: string,
  state: ManifestState,
  options: RunOptions,
  base: SharedBase,
): Promise<Unpickled | undefined> {
  if (base.isUnusable) {
    return undefined;
  }
  if (!base.isKnownToRepl) {
    const without = await findWhetherBasesAreKnown(server, path, state, options, base);
    if (without || base.isUnusable) {
      return without;
    }
  }
  const env = await base.idIn(server);
  if (env === undefined) {
    return undefined;
  }
  const unpickled = await attempt(server, { path, env }, state, options);
  if (unpickled?.status === "loaded") {
    base.noteProven();
  }
  return answerOf(unpickled);
}

/** An id that no REPL will ever give out. */
const NO_ENVIRONMENT = 2 ** 31 - 1;

/**
 * Finds out whether the REPL replays proof states onto environments, by naming one that there is
 * not: one from before v4.5.0 takes no notice, and imports for each state.
 * @returns what such a REPL made of the state; undefined where there is no answer yet
 */
async function findWhetherBasesAreKnown(
  server: ReplConnection,
  path: string,
  state: ManifestState,
  options: RunOptions,
  base: SharedBase,
): Promise<Unpickled | undefined> {
  await base.makeRoom();
  const unpickled = await attempt(server, { path, env: NO_ENVIRONMENT }, state, options);
  if (unpickled === undefined || "cause" in unpickled) {
    // The REPL died: the state will show whether that was its doing.
    return answerOf(unpickled);
  }
  const isKnown = unpickled.status === "failed";
  base.noteWhetherKnown(isKnown);
  if (isKnown) {
    return undefined;
  }
  base.countImport();
  return unpickled;
}

/** Undefined where the environment belonged to a process that has ended. */
export async function attempt(
  server: ReplConnection,
  from: { path: string; env: number },
  state: ManifestState,
  options: RunOptions,
): Promise<Unpickled | undefined> {
  return await unpickleProofState(server, from, state, options).catch((error: unknown) =>
    error instanceof LeanPickleError && error.code === "stale-id"
      ? undefined
      : judge(error, state, server.launch),
  );
}

/** What needs not be tried again without a base. */
export function answerOf(unpickled: Unpickled | undefined): Unpickled | undefined {
  const isAnswer = unpickled?.status === "loaded" || unpickled?.status === "timeout";
  return isAnswer ? unpickled : undefined;
}

/**
 * Where the REPL had too much memory, that may have been the other states': one that starts anew
 * tries again with this one alone. Unpickling twice does no harm.
 */
async function unlessCrowded(attempt: () => Promise<Unpickled>): Promise<Unpickled> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof ReplMemoryError)) {
      throw error;
    }
    return await attempt().catch((again: unknown) => {
      throw again instanceof ReplMemoryError && again.turn !== "run" ? error : again;
    });
  }
}

async function unpickleEnvironment(
  server: ReplConnection,
  path: string,
  options: RunOptions,
): Promise<Unpickled> {
  const answer = await server.run({ unpickleEnvFrom: path }, options);
  return isErrorAnswer(answer)
    ? { status: "failed", message: `The REPL refused it: ${answer.message}` }
    : { status: "loaded", replId: answer.env, process: server.process };
}

async function unpickleProofState(
  server: ReplConnection,
  { path, env }: { path: string; env?: number },
  state: ManifestState,
  options: RunOptions,
): Promise<Unpickled> {
  const request = { unpickleProofStateFrom: path, ...(env !== undefined && { env }) };
  const answer = await server.run(request, options);
  if (isErrorAnswer(answer)) {
    return { status: "failed", message: `The REPL refused it: ${answer.message}` };
  }
  const expected = viewOf(state);
  const found = viewOf(answer);
  const change = findChange(expected, found);
  return change === undefined
    ? { status: "loaded", replId: answer.proofState, process: server.process }
    : { status: "goals-changed", message: change, found, expected };
}
