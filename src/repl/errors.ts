import { LeanPickleError } from "../errors.ts";

/** How a process ended: its exit code, or the signal that ended it. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** What an error that ended a REPL knows of it. */
export interface ReplEndDetails {
  /** What was asked, shortened for a person. */
  asked: string;
  /** False for a request that was waiting its turn: it cannot have been the cause. */
  sent: boolean;
  exit: ProcessExit;
  /** The last lines of the REPL's standard error. */
  stderr: string;
}

/** The REPL's process ended, and with it every id that it gave out. */
export class ReplEndedError extends LeanPickleError {
  /** Whether the request of this error had been sent: only then may it have been the cause. */
  readonly sent: boolean;
  /** How the process ended. */
  readonly exit: ProcessExit;
  /** The last lines of the REPL's standard error. */
  readonly stderr: string;

  constructor(
    code: "repl-died" | "timeout" | "memory-limit" | "protocol",
    what: string,
    details: ReplEndDetails,
  ) {
    const where = details.sent ? "; it was asked" : " before it could be asked";
    const tail = details.stderr === "" ? "" : `\nThe end of its standard error:\n${details.stderr}`;
    super(code, `The REPL ${what}${where} ${details.asked}.${tail}`);
    this.sent = details.sent;
    this.exit = details.exit;
    this.stderr = details.stderr;
  }
}

/** The REPL's process ended by itself: it crashed, or somebody else ended it. */
export class ReplDiedError extends ReplEndedError {
  constructor(details: ReplEndDetails) {
    super("repl-died", describeExit(details.exit), details);
  }
}

/** A request was not answered in time, and the REPL was ended. */
export class ReplTimeoutError extends ReplEndedError {
  /** The time that the request had, in seconds. */
  readonly seconds: number;

  constructor(seconds: number, details: ReplEndDetails) {
    super("timeout", `did not answer within ${seconds} s and was ended`, details);
    this.seconds = seconds;
  }
}

/** The REPL's resident memory grew past the limit, and it was ended. */
export class ReplMemoryError extends ReplEndedError {
  constructor(bytes: number, limitMib: number, details: ReplEndDetails) {
    const mib = Math.round(bytes / 2 ** 20);
    const what = `took ${mib} MiB of memory, past its limit of ${limitMib} MiB, and was ended`;
    super("memory-limit", what, details);
  }
}

/** The process printed something that is no answer of a REPL, and was ended. */
export class ReplProtocolError extends ReplEndedError {
  constructor(problem: string, details: ReplEndDetails) {
    super("protocol", `does not speak the protocol (${problem}) and was ended`, details);
  }
}

/** The REPL's process could not be started. */
export class ReplStartError extends LeanPickleError {
  constructor(command: string, cause: NodeJS.ErrnoException) {
    super("no-repl", `The REPL could not be started: ${command}: ${cause.message}.`, {
      hint: "Name an executable REPL with --repl or LEAN_PICKLE_REPL.",
      cause,
    });
  }
}

/** The exit of a process, in words: `exited with code 1`, `was killed by SIGSEGV`. */
function describeExit(exit: ProcessExit): string {
  return exit.signal === null
    ? `exited with code ${exit.code ?? "unknown"}`
    : `was killed by ${exit.signal}`;
}
