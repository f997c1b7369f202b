import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { isSystemError } from "../../errors.ts";
import { namesOneLean, normalizeToolchain } from "../../system/lean-version.ts";
import { checkoutOf, pathsOfRepl } from "../locate/checkout.ts";
import { headRevision } from "../locate/git-revision.ts";
import type { Evidence } from "../locate/observed-files.ts";
import { readToolchain } from "../locate/selected-toolchain.ts";
import { digestExecutable } from "./executable-digest.ts";
import { parseDepHash } from "./trace-file.ts";

/** The identity of a REPL: what it was built from, else its content. */
export type ReplIdentity =
  | {
      /** The commit of its checkout. */
      revision: string;
      /** The toolchain in the `lean-toolchain` of its checkout, by its full name. */
      toolchain: string;
      /**
       * The hash of what lake built it from: it shows local changes, and a commit that was checked
       * out but not built. Absent if lake stores no trace.
       */
      trace?: string;
    }
  | {
      /** The digest of its content. */
      sha256: string;
    };

/**
 * Identifies the REPL behind an executable. If it lies in the checkout where it was built, and that
 * has a commit, a toolchain and a trace of lake, these identify it on any machine; else its content
 * does. Null, with a clause, if it cannot be read.
 */
export function identifyRepl(repl: string, evidence: Evidence): ReplIdentity | null {
  evidence.look(repl);
  for (const path of pathsOfRepl(repl)) {
    const checkout = checkoutOf(path);
    const identity = checkout && !isLink(path) ? identifyBuild(checkout, path, evidence) : null;
    if (identity) {
      return identity;
    }
  }
  try {
    return { sha256: digestExecutable(repl) };
  } catch (error) {
    if (isSystemError(error)) {
      evidence.doubt("the executable of the REPL cannot be read");
      return null;
    }
    throw error;
  }
}

function identifyBuild(checkout: string, path: string, evidence: Evidence): ReplIdentity | null {
  const revision = headRevision(checkout);
  if (revision === null) {
    return null;
  }
  const named = readToolchain(checkout, "REPL", evidence);
  if (named === null || !namesOneLean(named)) {
    return null;
  }
  const toolchain = normalizeToolchain(named);
  const found = evidence.read(join(dirname(path), "repl.trace"));
  if (found === "absent") {
    return { revision, toolchain };
  }
  const trace = found === "unreadable" ? null : parseDepHash(found.toString());
  // A trace that cannot be read identifies nothing: only the content does then.
  return trace === null ? null : { revision, toolchain, trace };
}

/** Whether a path is a link: its target need not have been built in the checkout. */
function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch (error) {
    if (isSystemError(error)) {
      return true;
    }
    throw error;
  }
}
