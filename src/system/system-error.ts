/** Errors of the operating system, in words. */
import { getSystemErrorMap } from "node:util";
import { isSystemError } from "../errors.ts";
import { explainDenial } from "./denial.ts";

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

/**
 * An error of the operating system as a sentence: `Could not open x.lean: ... (ENOENT).` If access is
 * denied, a second sentence says who owns what, and what to do.
 */
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
  const denial = explainDenial(error);
  return `Could not ${doing} ${what}: ${reason} (${code}).${denial === undefined ? "" : ` ${denial}`}`;
}
