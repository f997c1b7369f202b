/** Whether what is run as a REPL is one. */
import { LeanPickleError } from "../errors.ts";
import type { ReplLaunch } from "../repl/connection.ts";
import { ReplEndedError, ReplTimeoutError } from "../repl/errors.ts";
import { LeanServer } from "../repl/lean-server.ts";

/** What any REPL answers to, in whichever way. */
const HARMLESS = { cmd: "def leanPickleProof : Nat := 1" };

/** The time for the answer to that, in seconds: Lean's own library has to be read from the disk. */
const LEAST_TIME_S = 5;
const MOST_TIME_S = 30;

/** How a process ends that may be no REPL. */
const SUSPICIOUS: ReadonlySet<string> = new Set(["repl-died", "timeout", "protocol"]);

/** The launches of which a process has answered. */
const proven = new WeakSet<ReplLaunch>();

/**
 * Tells whose fault it is that a process ended without having answered anything: that of what it was
 * asked, or of a program that is no REPL, or none that works. To know, another one is asked for
 * something harmless; a REPL that has answered that is not asked again.
 * @returns the error itself, or a `no-repl` in its place
 */
export async function blameRepl(
  launch: ReplLaunch,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const end = endBehind(error);
  if (!end || end.hasAnswered || !SUSPICIOUS.has(end.code) || proven.has(launch)) {
    return error;
  }
  const asked = end instanceof ReplTimeoutError ? end.seconds : MOST_TIME_S;
  const timeout = Math.min(Math.max(asked, LEAST_TIME_S), MOST_TIME_S);
  const server = new LeanServer(launch, { timeout, signal });
  try {
    await server.run(HARMLESS);
    proven.add(launch);
    return error;
  } catch (fault) {
    signal?.throwIfAborted();
    return fault instanceof ReplEndedError ? noRepl(launch, fault) : fault;
  } finally {
    await server.close();
  }
}

function endBehind(error: unknown): ReplEndedError | undefined {
  const end = error instanceof Error && error.cause instanceof ReplEndedError ? error.cause : error;
  return end instanceof ReplEndedError ? end : undefined;
}

function noRepl({ command }: ReplLaunch, end: ReplEndedError): LeanPickleError {
  const tail = end.stderr === "" ? "." : `.\nThe end of its standard error:\n${end.stderr}`;
  if (/process '[^']*lean'/.test(end.stderr)) {
    const message = `${command} could not run Lean, which every REPL asks where its library is${tail}`;
    return new LeanPickleError("no-repl", message, { cause: end });
  }
  const message =
    end.code === "timeout"
      ? `${command} may be no Lean REPL: it did not answer a first, harmless request${tail}`
      : `${command} is no Lean REPL that works: to a first, harmless request, it ${end.what}${tail}`;
  return new LeanPickleError("no-repl", message, { cause: end });
}
