import { LeanPickleError } from "../errors.ts";
import type { ManifestState } from "../store/manifest.ts";
import type { Verdict, VerdictStatus } from "./session-cache.ts";

/** A state that was not loaded, and why. */
export interface NotLoaded {
  status: Exclude<VerdictStatus, "loaded">;
  message: string;
  goals?: string[];
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
  const { status, message, goals } = unpickled;
  return { ...common, replId: null, status, elapsedMs, message, ...(goals && { goals }) };
}

/** The error for a state that was needed, and was not loaded. */
export function whyNotLoaded(sessionId: number, { status, message, cause }: NotLoaded): unknown {
  // What ran out of time is told as that, with an exit code of its own.
  return status === "timeout"
    ? cause
    : new LeanPickleError(
        "not-loaded",
        `State ${sessionId} was not loaded (${status}). ${message}`,
        {
          cause,
        },
      );
}

/** The error for a state that a cache does not have. */
export function noSuchState(sessionId: number): LeanPickleError {
  return new LeanPickleError("no-such-state", `The cache has no state ${sessionId}.`);
}
