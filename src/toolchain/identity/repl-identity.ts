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

/** Which REPL it is: by what it was built from, or else by what it is. */
export type ReplIdentity =
  | {
      /** The commit of its checkout. */
      revision: string;
      /** The toolchain in the `lean-toolchain` of its checkout, by its full name. */
      toolchain: string;
      /**
       * What lake built it from: it tells local changes, and a commit that was checked out and not
       * built. Absent where lake keeps no trace of it.
       */
      trace?: string;
    }
  | {
      /** The digest of its content. */
      sha256: string;
    };

/**
 * Tells which REPL an executable is: by commit, toolchain and lake's trace where it lies where it
 * was built in a checkout that has them all, which holds on any machine; else by its content. Null,
 * with a clause, where that cannot be read.
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
  // A trace that cannot be read says that there is something to tell: only the content does then.
  return trace === null ? null : { revision, toolchain, trace };
}

/** A link that lies in a checkout leads to something that need not have been built there. */
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
