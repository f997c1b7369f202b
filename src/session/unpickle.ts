import { describeSystemError, hasSystemCode, isSystemError, LeanPickleError } from "../errors.ts";
import type { ReplConnection, ReplLaunch, RunOptions } from "../repl/connection.ts";
import { ReplEndedError, ReplMemoryError } from "../repl/errors.ts";
import { isErrorAnswer } from "../repl/protocol.ts";
import { picklePath } from "../store/layout.ts";
import type { ManifestState } from "../store/manifest.ts";
import { findDamage } from "../store/pickles.ts";
import { targetOf } from "./goals.ts";
import type { ProofView } from "./session-cache.ts";
import type { SharedBase } from "./shared-base.ts";
import type { NotLoaded, Unpickled } from "./verdicts.ts";

/**
 * Loads a state into a REPL, and checks that it is the state that was added. A pickle that is not
 * as it was written is never handed to Lean, which would not notice; nor is that of a Lean of which
 * it is known that it is another one.
 * @param base what a proof state is replayed onto; one that does not come back on it is tried again
 * as it is
 * @throws what says nothing of the state: the REPL cannot be started, the work was interrupted
 */
export async function unpickle(
  server: ReplConnection,
  workingDir: string,
  state: ManifestState,
  options: RunOptions,
  base?: SharedBase,
): Promise<Unpickled> {
  try {
    const unfit = (await findDamageOf(workingDir, state)) ?? findOtherLean(server.launch, state);
    if (unfit) {
      return unfit;
    }
    const path = picklePath(workingDir, state);
    if (!state.isProofState) {
      base?.countImport();
      return await unlessCrowded(() => unpickleEnvironment(server, path, options));
    }
    const onBase = base && (await unpickleOnBase(server, path, state, options, base));
    if (onBase) {
      return onBase;
    }
    base?.countImport();
    return await unlessCrowded(() => unpickleProofState(server, { path }, state, options));
  } catch (error) {
    return judge(error, state);
  }
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
function findOtherLean({ toolchain }: ReplLaunch, { lean }: ManifestState): NotLoaded | undefined {
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
  const env = await base.idIn(server);
  if (env === undefined) {
    return undefined;
  }
  const attempt = unpickleProofState(server, { path, env }, state, options);
  const unpickled = await attempt.catch((error: unknown) => {
    // The base of a process that has ended is that of none.
    return error instanceof LeanPickleError && error.code === "stale-id"
      ? undefined
      : judge(error, state);
  });
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
  const expected = { goals: state.goals ?? [], proofStatus: state.proofStatus ?? null };
  const found = { goals: answer.goals, proofStatus: answer.proofStatus ?? null };
  const change = findChange(expected, found);
  return change === undefined
    ? { status: "loaded", replId: answer.proofState, process: server.process }
    : { status: "goals-changed", message: change, found, expected };
}

/** What a person is told of a proof state that came back as another one. */
function findChange(expected: ProofView, found: ProofView): string | undefined {
  const isSame =
    found.goals.length === expected.goals.length &&
    found.goals.every((goal, at) => goal === expected.goals[at]);
  if (!isSame) {
    return `It came back with other goals: ${summarize(found.goals)} instead of ${summarize(expected.goals)}.`;
  }
  // A REPL from before there was a status tells none.
  const isKnown = found.proofStatus !== null && expected.proofStatus !== null;
  return isKnown && found.proofStatus !== expected.proofStatus
    ? `It came back with the status "${found.proofStatus}" instead of "${expected.proofStatus}".`
    : undefined;
}

function summarize(goals: string[]): string {
  const [first] = goals;
  if (first === undefined) {
    return "none";
  }
  const target = targetOf(first);
  return goals.length === 1 ? `"${target}"` : `"${target}" and ${goals.length - 1} more`;
}

/** What an error says of the state that was being loaded; one that says nothing of it is thrown. */
function judge(error: unknown, { lean }: ManifestState): NotLoaded {
  if (error instanceof ReplEndedError) {
    return judgeEnd(error, lean);
  }
  const isShort = hasSystemCode(error, "EMFILE") || hasSystemCode(error, "ENFILE");
  if (isSystemError(error) && !isShort) {
    return { status: "failed", message: describeSystemError(error), cause: error };
  }
  throw error;
}

/** What the end of a REPL says of the state that was being loaded. */
function judgeEnd(error: ReplEndedError, lean: ManifestState["lean"]): NotLoaded {
  const lastLine = error.stderr.split("\n").at(-1) ?? "";
  const lastWords = lastLine === "" ? "" : ` Its last words: ${lastLine}`;
  const message = `The REPL ${error.what}.${lastWords}`;
  if (error.turn !== "run") {
    return { status: "failed", message: `It was not tried. ${message}`, cause: error };
  }
  if (error.code === "timeout") {
    return { status: "timeout", message, cause: error };
  }
  // The digest is right, so a header that Lean does not take is that of another Lean.
  if (/(incompatible|invalid) header/.test(error.stderr)) {
    const message = otherLean(lean.version ?? lean.toolchain ?? "an unknown version");
    return { status: "incompatible", message, cause: error };
  }
  return { status: "failed", message, cause: error };
}

function otherLean(pickledBy: string, readBy?: string): string {
  const reading = readBy === undefined ? "" : `, and ${readBy} would read it`;
  return `Another Lean pickled it (${pickledBy}${reading}): use the REPL of that one, or add it again.`;
}
