/** Findings about a cache, as data. */
import { fileSystem } from "../disk/file-system.ts";
import { findForeignWriter } from "../manifest/trust.ts";
import type { DamageKind } from "../pickles/pickle-file.ts";

/**
 * What was found: the pickle of a state is missing, no regular file, of another size or content than
 * was written, cannot be read, or says in its header that another Lean wrote it than the manifest
 * says; somebody else could have written a file or a folder; the backup of the manifest is damaged;
 * or no state needs a file, and no running process can be about to.
 */
type FindingCode =
  | `pickle-${DamageKind}`
  | "pickle-unreadable"
  | "pickle-header"
  | "foreign-writer"
  | "backup-damaged"
  | "garbage";

/** A problem. */
export interface Finding {
  code: FindingCode;
  /** What is wrong, in a sentence that does not name the file. */
  message: string;
  /** The file or folder, absolute. */
  path: string;
  /** The state whose pickle it is; null if it is no state's. */
  sessionId: number | null;
  name: string | null;
  /** Of garbage: how many bytes its removal frees. */
  bytes?: number;
}

/**
 * A fact that is no problem: the header does not say which Lean wrote a pickle, or a file in the
 * folder is not of this program.
 */
export interface VerifyNote extends Omit<Finding, "code" | "bytes"> {
  code: "unknown-header" | "foreign-file";
}

/** Findings and notes, in the order of the states; then those about no state. */
export interface Found {
  findings: Finding[];
  notes: VerifyNote[];
}

/** A finding for each of these files and folders that somebody else could have written. */
export function findWriters(
  paths: readonly string[],
  about: Pick<Finding, "sessionId" | "name">,
): Finding[] {
  return paths.flatMap((path): Finding[] => {
    const stats = fileSystem.lstatSync(path, { throwIfNoEntry: false });
    const clause = stats && findForeignWriter(stats);
    return clause === undefined
      ? []
      : [{ code: "foreign-writer", message: `It ${clause}.`, ...about, path }];
  });
}
