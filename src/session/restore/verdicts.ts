import { LeanPickleError } from "../../errors.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { HOW_TO_TRUST } from "../../store/manifest/trust.ts";
import type { ProofView, Verdict, VerdictStatus } from "../state/session-cache.ts";

/** A state that was not loaded, and why. */
export interface NotLoaded {
  status: Exclude<VerdictStatus, "loaded" | "repaired">;
  message: string;
  /** What went wrong, where the status does not say it. */
  code?: "untrusted";
  /** What came back, and what was added, where these differ. */
  found?: ProofView;
  expected?: ProofView;
  cause?: unknown;
}

/** A state that was loaded, and the process that its id belongs to. */
interface Loaded {
  status: "loaded";
  replId: number;
  process: object;
}

/** What came of unpickling a state. */
export type Unpickled = Loaded | NotLoaded;

/** What came of unpickling a state, as a verdict on it. */
export function verdictOf(state: ManifestState, unpickled: Unpickled, elapsedMs: number): Verdict {
  const { sessionId, name, isProofState } = state;
  const common = { sessionId, name, isProofState };
  if (unpickled.status === "loaded") {
    const { status, replId } = unpickled;
    return { ...common, replId, status, elapsedMs };
  }
  const { status, message, found, expected } = unpickled;
  const views = found && expected ? { found, expected } : {};
  return { ...common, replId: null, status, elapsedMs, message, ...views };
}

/** The error for a state that was needed, and was not loaded. */
export function whyNotLoaded(
  sessionId: number,
  { status, code, message, cause }: NotLoaded,
): LeanPickleError {
  const kind = code ?? (status === "timeout" ? status : "not-loaded");
  const text = `State ${sessionId} was not loaded (${status}). ${message}`;
  return new LeanPickleError(kind, text, { cause, hint: HINTS[code ?? status] });
}

const MAKE_AGAIN =
  '"lean-pickle reload --repair" makes it again from its recipe, where that is known.';

/** What can be done about a state that was not loaded. */
const HINTS: Record<NotLoaded["status"] | NonNullable<NotLoaded["code"]>, string> = {
  damaged: MAKE_AGAIN,
  incompatible: MAKE_AGAIN,
  "goals-changed": MAKE_AGAIN,
  timeout: "Give it more time with --timeout.",
  untrusted: HOW_TO_TRUST,
  failed: "What Lean and lean-pickle say to each other is shown with --verbose.",
};

/** The error for a state that a cache does not have. */
export function noSuchState(sessionId: number): LeanPickleError {
  return new LeanPickleError("no-such-state", `The cache has no state ${sessionId}.`);
}
