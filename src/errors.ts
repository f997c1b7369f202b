/** What went wrong, in a word that scripts can rely on: `code` of every error that lean-pickle throws. */
export type ErrorCode =
  | "usage"
  | "no-such-state"
  | "ambiguous-state"
  | "name-taken"
  | "no-sorry"
  | "not-cached"
  | "lean-error"
  | "repl-died"
  | "closed"
  | "timeout"
  | "memory-limit"
  | "protocol"
  | "bad-request"
  | "stale-id"
  | "no-repl"
  | "pickle-failed"
  | "not-loaded"
  | "untrusted"
  | "cache-damaged"
  | "cache-locked"
  | "unreadable-input"
  | "unprintable"
  | "interrupted";

/** The optional parts of a {@link LeanPickleError}. */
export interface ErrorDetails {
  /** What the reader can do about it: one sentence. */
  hint?: string | undefined;
  /** The error behind this one. */
  cause?: unknown;
}

/**
 * An error that lean-pickle foresaw: its message is a whole sentence for a person. Everything else
 * that is thrown is a defect or the system's, and is shown as it is.
 */
export class LeanPickleError extends Error {
  /** What went wrong, for programs. */
  readonly code: ErrorCode;
  /** What the reader can do about it, where there is something. */
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.hint = details.hint;
  }
}

/** True for an error of the operating system, with its `code` (`ENOENT`, ...) and perhaps a `path`. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error && "code" in error;
}

/** True for an error of the operating system with this code, such as `ENOENT`. */
export function hasSystemCode(error: unknown, code: string): boolean {
  return isSystemError(error) && error.code === code;
}
