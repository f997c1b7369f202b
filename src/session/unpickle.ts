import { describeSystemError, hasSystemCode, isSystemError } from "../errors.ts";
import type { ReplConnection, RunOptions } from "../repl/connection.ts";
import { ReplEndedError, ReplMemoryError } from "../repl/errors.ts";
import { isErrorAnswer, type ProofStepAnswer } from "../repl/protocol.ts";
import { picklePath } from "../store/layout.ts";
import type { ManifestState } from "../store/manifest.ts";
import { findDamage } from "../store/pickles.ts";
import { targetOf } from "./goals.ts";
import type { NotLoaded, Unpickled } from "./verdicts.ts";

/**
 * Loads a state into a REPL, and checks that it is the state that was added. A pickle that is not
 * as it was written is never handed to Lean, which would not notice.
 * @throws what says nothing of the state: the REPL cannot be started, the work was interrupted
 */
export async function unpickle(
  server: ReplConnection,
  workingDir: string,
  state: ManifestState,
  options: RunOptions,
): Promise<Unpickled> {
  try {
    const damage = await findDamage(workingDir, state);
    if (damage !== undefined) {
      return { status: "damaged", message: damage };
    }
    return await unlessCrowded(() =>
      state.isProofState
        ? unpickleProofState(server, picklePath(workingDir, state), state, options)
        : unpickleEnvironment(server, picklePath(workingDir, state), options),
    );
  } catch (error) {
    return judge(error, state);
  }
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
  path: string,
  state: ManifestState,
  options: RunOptions,
): Promise<Unpickled> {
  const answer = await server.run({ unpickleProofStateFrom: path }, options);
  if (isErrorAnswer(answer)) {
    return { status: "failed", message: `The REPL refused it: ${answer.message}` };
  }
  return haveSameGoals(answer, state)
    ? { status: "loaded", replId: answer.proofState, process: server.process }
    : {
        status: "goals-changed",
        message: `It came back with other goals: ${summarize(answer.goals)} instead of ${summarize(state.goals ?? [])}.`,
        goals: answer.goals,
      };
}

function haveSameGoals({ goals }: ProofStepAnswer, state: ManifestState): boolean {
  const expected = state.goals ?? [];
  return goals.length === expected.length && goals.every((goal, i) => goal === expected[i]);
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
    const madeBy = lean.version ?? lean.toolchain ?? "an unknown version";
    return {
      status: "incompatible",
      message: `Another Lean pickled it (${madeBy}): use the REPL of that one, or add it again.`,
      cause: error,
    };
  }
  return { status: "failed", message, cause: error };
}
