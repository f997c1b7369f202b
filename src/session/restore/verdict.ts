/** What it means for a state that it did not come back, or came back as another one. */
import { describeSystemError, hasSystemCode, isSystemError } from "../../errors.ts";
import type { ReplLaunch } from "../../repl/connection.ts";
import { ReplEndedError } from "../../repl/errors.ts";
import { targetOf } from "../../repl/goals.ts";
import { findFailedImport } from "../../repl/import-errors.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { ProofView } from "../state/session-cache.ts";
import type { NotLoaded } from "./verdicts.ts";

/** What Lean told of a proof state, as far as it is compared; no goals for an environment. */
export function viewOf({
  goals,
  proofStatus,
}: {
  goals?: string[] | undefined;
  proofStatus?: string | null | undefined;
}): ProofView {
  return { goals: goals ?? [], proofStatus: proofStatus ?? null };
}

/** What a person is told of a proof state that came back as another one. */
export function findChange(expected: ProofView, found: ProofView): string | undefined {
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
export function judge(
  error: unknown,
  state: Pick<ManifestState, "lean" | "pickleFile">,
  launch: ReplLaunch,
): NotLoaded {
  if (error instanceof ReplEndedError) {
    return judgeEnd(error, state, launch);
  }
  const isShort = hasSystemCode(error, "EMFILE") || hasSystemCode(error, "ENFILE");
  if (isSystemError(error) && !isShort) {
    return { status: "failed", message: describeSystemError(error), cause: error };
  }
  throw error;
}

/** What the end of a REPL says of the state that was being loaded. */
function judgeEnd(
  error: ReplEndedError,
  { lean, pickleFile }: Pick<ManifestState, "lean" | "pickleFile">,
  { adviceOnImports }: ReplLaunch,
): NotLoaded {
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

/** What it died of, where it says so: below that may stand many paths. Else its last line. */
function lastWordsOf(stderr: string): string {
  const lines = stderr.split("\n");
  return lines.findLast((line) => line.startsWith("uncaught exception")) ?? lines.at(-1) ?? "";
}

/** What a person is told of a pickle of another Lean, and what can be done about it. */
export function otherLean(pickledBy: string, readBy?: string): string {
  const reading = readBy === undefined ? "" : `, and ${readBy} would read it`;
  return `Another Lean pickled it (${pickledBy}${reading}): use the REPL of that one, or add it again.`;
}
