/** What is found out about a state that is restored. */
import { hasSystemCode, isSystemError, LeanPickleError } from "../../errors.ts";
import type { ReplLaunch } from "../../repl/connection.ts";
import { ReplEndedError } from "../../repl/errors.ts";
import { targetOf } from "../../repl/goals.ts";
import { findFailedImport } from "../../repl/import-errors.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { HOW_TO_TRUST } from "../../store/manifest/trust.ts";
import { describeSystemError } from "../../system/system-error.ts";
import type { ProofView, Verdict, VerdictStatus, Via } from "../state/session-cache.ts";

/** A state that was not restored, and why. */
export interface NotRestored {
  status: Exclude<VerdictStatus, "loaded" | "repaired">;
  message: string;
  /** What went wrong, if the status does not say it. */
  code?: "untrusted";
  /** The restored proof state and the one that was added, if they differ. */
  found?: ProofView;
  expected?: ProofView;
  cause?: unknown;
}

/** A state that was restored, and the process that its id belongs to. */
export interface Restored {
  status: "loaded";
  replId: number;
  process: object;
  via: Via;
  /** Warnings about it, in sentences. */
  warnings: string[];
}

/** The result of restoring a state. */
export type Restoring = Restored | NotRestored;

/** The verdict on a state. */
export function verdictOf(state: ManifestState, restoring: Restoring, elapsedMs: number): Verdict {
  const { sessionId, name, isProofState } = state;
  const common = { sessionId, name, isProofState };
  if (restoring.status === "loaded") {
    const { status, replId, via, warnings } = restoring;
    const told = warnings.length > 0 ? { message: warnings.join(" ") } : {};
    return { ...common, replId, status, via, elapsedMs, ...told };
  }
  const { status, message, found, expected } = restoring;
  const views = found && expected ? { found, expected } : {};
  return { ...common, replId: null, status, elapsedMs, message, ...views };
}

/** The error for a state that was needed, and was not restored. */
export function whyNotRestored(
  sessionId: number,
  { status, code, message, cause }: NotRestored,
): LeanPickleError {
  const kind = code ?? (status === "timeout" ? status : "not-loaded");
  const text = `State ${sessionId} was not restored (${status}). ${message}`;
  return new LeanPickleError(kind, text, { cause, hint: HINTS[code ?? status] });
}

const MAKE_AGAIN =
  '"lean-pickle reload --repair" makes it again from its recipe, if that is known.';

/** What can be done about a state that was not restored. */
const HINTS: Record<NotRestored["status"] | NonNullable<NotRestored["code"]>, string> = {
  damaged: MAKE_AGAIN,
  incompatible: MAKE_AGAIN,
  "goals-changed": MAKE_AGAIN,
  timeout: "Give it more time with --timeout.",
  untrusted: HOW_TO_TRUST,
  failed: "--verbose shows the conversation with the REPL.",
};

/** The parts of a proof state that are compared; an environment has no goals. */
export function viewOf({
  goals,
  proofStatus,
}: {
  goals?: string[] | undefined;
  proofStatus?: string | null | undefined;
}): ProofView {
  return { goals: goals ?? [], proofStatus: proofStatus ?? null };
}

/** How a proof state differs from the recorded one, in a sentence; undefined if it does not. */
export function findChange(expected: ProofView, found: ProofView): string | undefined {
  const isSame =
    found.goals.length === expected.goals.length &&
    found.goals.every((goal, at) => goal === expected.goals[at]);
  if (!isSame) {
    return `It came back with other goals: ${summarize(found.goals)} instead of ${summarize(expected.goals)}.`;
  }
  // An old REPL reports no status.
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

/**
 * Turns an error during the restoring of a state into a verdict; throws an error that is not about
 * the state.
 */
export function judge(
  error: unknown,
  state: Pick<ManifestState, "lean" | "pickleFile">,
  launch: ReplLaunch,
): NotRestored {
  if (error instanceof ReplEndedError) {
    return judgeEnd(error, state, launch);
  }
  const isShort = hasSystemCode(error, "EMFILE") || hasSystemCode(error, "ENFILE");
  if (isSystemError(error) && !isShort) {
    return { status: "failed", message: describeSystemError(error), cause: error };
  }
  throw error;
}

/** The verdict on the state during which the REPL ended. */
function judgeEnd(
  error: ReplEndedError,
  { lean, pickleFile }: Pick<ManifestState, "lean" | "pickleFile">,
  { adviceOnImports }: ReplLaunch,
): NotRestored {
  const lastWords = lastWordsOf(error.stderr);
  const message = `The REPL ${error.what}.${lastWords && ` Its last words: ${lastWords}`}`;
  if (error.turn !== "run") {
    return { status: "failed", message: `It was not tried. ${message}`, cause: error };
  }
  if (error.code === "timeout") {
    return { status: "timeout", message, cause: error };
  }
  const failedImport = findFailedImport(error.stderr, "it", adviceOnImports, pickleFile);
  if (failedImport) {
    const { what, hint = "" } = failedImport;
    return { status: "failed", message: `${what}: ${lastWords} ${hint}`.trimEnd(), cause: error };
  }
  // The digest is right, so a header that Lean does not take is that of another Lean.
  if (/(incompatible|invalid) header/.test(error.stderr)) {
    const message = otherLean(lean.version ?? lean.toolchain ?? "an unknown version");
    return { status: "incompatible", message, cause: error };
  }
  return { status: "failed", message, cause: error };
}

/** The line with the exception, else the last line: after an exception there may be many paths. */
function lastWordsOf(stderr: string): string {
  const lines = stderr.split("\n");
  return lines.findLast((line) => line.startsWith("uncaught exception")) ?? lines.at(-1) ?? "";
}

/** The sentence about a pickle of another Lean, and what to do about it. */
export function otherLean(pickledBy: string, readBy?: string): string {
  const reading = readBy === undefined ? "" : `, and ${readBy} would read it`;
  return `Another Lean pickled it (${pickledBy}${reading}): use the REPL of that one, or add it again.`;
}
