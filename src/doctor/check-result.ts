/** Something that was looked at, and whether it is as it should be. */
export interface Finding {
  /** What was looked at, in a word or two: `lake`, `project`. */
  what: string;
  /** `bad`: Lean cannot be used as it is. `warning`: it can, and something may surprise. */
  status: "good" | "warning" | "bad";
  /** What was found, in a clause. */
  found: string;
  /** Where: a path, an option, a variable; null for nowhere. */
  from: string | null;
  /** A command that mends it, as it can be given to a shell; null where nothing is to be done. */
  mend: string | null;
}

/** A finding with which all is well. */
export function good(what: string, found: string, from: string | null = null): Finding {
  return { what, status: "good", found, from, mend: null };
}

/** A finding that says what is wrong, and how to mend it. */
export function wrong(
  what: string,
  status: "warning" | "bad",
  found: string,
  mend: string | null,
  from: string | null = null,
): Finding {
  return { what, status, found, from, mend };
}

/** A path as a word of a shell. */
export function shellWord(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** A command to be run in a folder, wherever the user is. */
export function inFolder(folder: string, command: string): string {
  return folder === process.cwd() ? command : `(cd ${shellWord(folder)} && ${command})`;
}

/**
 * The command that forgets how something was named: for a variable of lean-pickle's.
 * @param origin such as `LEAN_PICKLE_REPL`; null is the answer for an option, and for none
 */
export function unset(origin: string | undefined): string | null {
  return origin?.startsWith("LEAN_PICKLE_") ? `unset ${origin}` : null;
}
