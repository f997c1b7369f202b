import { getSystemErrorMap } from "node:util";

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

/** The file operations that Node names in its errors, as verbs. */
const OPERATIONS: Record<string, string> = {
  access: "write to",
  fchmod: "change the mode of",
  fstat: "look at",
  fsync: "sync",
  link: "make a second name for",
  lstat: "look at",
  mkdir: "make the folder",
  mkdtemp: "make a folder at",
  open: "open",
  read: "read",
  rename: "rename",
  rm: "remove",
  rmdir: "remove the folder",
  scandir: "list",
  stat: "look at",
  unlink: "remove",
  write: "write",
};

/** What an error says, as a sentence. */
export function sentenceOf(error: Error): string {
  return isSystemError(error) ? describeSystemError(error) : error.message;
}

/** An error of the operating system as a sentence: `Could not open x.lean: ... (ENOENT).` */
export function describeSystemError(error: NodeJS.ErrnoException): string {
  const { code = "unknown", syscall = "", path, message } = error;
  // Of a renaming; its types do not know of it.
  const { dest } = error as { dest?: unknown };
  if (syscall === "uv_cwd") {
    return `The current directory is gone (${code}): go to one that is there.`;
  }
  // Node's message is `CODE: reason, operation 'path'`, but for what it could not start.
  const said = /^\w+: (.*?), \w+/.exec(message)?.[1];
  const reason = said ?? getSystemErrorMap().get(error.errno ?? 0)?.[1] ?? message;
  const doing = syscall.startsWith("spawn") ? "start" : (OPERATIONS[syscall] ?? syscall);
  const what = `${path ?? "a file"}${typeof dest === "string" ? ` to ${dest}` : ""}`;
  return `Could not ${doing} ${what}: ${reason} (${code}).`;
}
