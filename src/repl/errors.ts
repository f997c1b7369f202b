import { hasSystemCode, LeanPickleError } from "../errors.ts";
import { describeExit, type ProcessExit } from "../system/process-group.ts";
import type { ReplLaunch } from "./connection.ts";

/** What an error that ended a REPL knows of it. */
export interface ReplEndDetails {
  /** What was asked, shortened for a person. */
  asked: string;
  /**
   * Whether the request was being run, was to be sent next, or was waiting for another one: only
   * one that was run can have been the cause.
   */
  turn: "run" | "next" | "waiting";
  exit: ProcessExit;
  /** The last lines of the REPL's standard error. */
  stderr: string;
  /** Whether it has ever answered anything: what has not may be no REPL. */
  hasAnswered: boolean;
  /** What it printed on its standard output since its last answer and is none; empty by default. */
  printed?: string | undefined;
}

/** The REPL's process ended, and with it every id that it gave out. */
export class ReplEndedError extends LeanPickleError {
  /** Where the request of this error stood: only one that was run may have been the cause. */
  readonly turn: ReplEndDetails["turn"];
  /** How the process ended. */
  readonly exit: ProcessExit;
  /** The last lines of the REPL's standard error. */
  readonly stderr: string;
  /** Whether the process has ever answered anything: what has not may be no REPL. */
  readonly hasAnswered: boolean;
  /** What happened to the REPL, without what was asked: `exited with code 1`. */
  readonly what: string;

  constructor(
    code: "repl-died" | "timeout" | "memory-limit" | "protocol" | "closed",
    what: string,
    details: ReplEndDetails,
    hint?: string,
  ) {
    const where = details.turn === "run" ? "; it was asked" : " before it could be asked";
    const { asked, stderr, printed = "" } = details;
    // An error of the protocol says in `what` what was printed.
    const output = printed && code !== "protocol" ? `.\nIt printed no answer but:\n${printed}` : "";
    const tail = stderr && `.\nThe end of its standard error:\n${stderr}`;
    super(code, `The REPL ${what}${where} ${asked}${output + tail || "."}`, hint ? { hint } : {});
    this.what = what;
    this.turn = details.turn;
    this.exit = details.exit;
    this.stderr = stderr;
    this.hasAnswered = details.hasAnswered;
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
    const what = `did not answer within ${seconds} s and was ended`;
    super("timeout", what, details, "Give it more time with --timeout.");
    this.seconds = seconds;
  }
}

/** The REPL's memory grew past the limit, and it was ended. */
export class ReplMemoryError extends ReplEndedError {
  constructor(bytes: number, limitMib: number, details: ReplEndDetails) {
    const mib = Math.round(bytes / 2 ** 20);
    const what = `took ${mib} MiB of memory, past its limit of ${limitMib} MiB, and was ended`;
    super("memory-limit", what, details, "Give it more memory with --memory-limit.");
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
  constructor({ command, cwd }: ReplLaunch, cause: Error) {
    const where = cwd === undefined ? "" : ` in ${cwd}`;
    super("no-repl", `The REPL could not be started: ${command}${where}: ${cause.message}.`, {
      hint: "Name an executable REPL with --repl or LEAN_PICKLE_REPL.",
      cause,
    });
  }
}

/** What a person is told of a start that failed; a lack of the system's is told as it is. */
export function startErrorOf(launch: ReplLaunch, error: Error): Error {
  const isOfCommand = ["ENOENT", "EACCES", "ENOEXEC", "ENOTDIR"].some((code) =>
    hasSystemCode(error, code),
  );
  return isOfCommand ? new ReplStartError(launch, error) : error;
}
