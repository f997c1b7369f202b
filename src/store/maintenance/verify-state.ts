/** Whether the pickle of a state is as it was written. */
import { isSystemError } from "../../errors.ts";
import { picklePath } from "../disk/layout.ts";
import type { ManifestState } from "../manifest/schema.ts";
import type { OleanHeader } from "../pickles/olean-header.ts";
import { examinePickle } from "../pickles/pickle-file.ts";
import { type Finding, type Found, findWriters } from "./verify-finding.ts";

/** Looks at the pickle of a state: whether it is there and whole, its header, who could have written it. */
export async function verifyState(workingDir: string, state: ManifestState): Promise<Found> {
  const path = picklePath(workingDir, state);
  const { sessionId, name } = state;
  const about = { path, sessionId, name };
  const found: Found = { findings: [], notes: [] };
  const examined = await examineState(workingDir, state);
  if ("code" in examined) {
    found.findings.push({ ...examined, ...about });
  } else {
    const message = findOtherHeader(examined.header, state);
    if (message !== undefined) {
      found.findings.push({ code: "pickle-header", message, ...about });
    } else if (examined.header === null) {
      const unknown = "Its header is of an unknown form: which Lean wrote it is not known.";
      found.notes.push({ code: "unknown-header", message: unknown, ...about });
    }
  }
  found.findings.push(...findWriters([path], about));
  return found;
}

/** The errors of the system that are about the file, and not about this process. */
const UNREADABLE = new Set(["EACCES", "EPERM", "EIO", "ESTALE"]);

/** The header of a pickle that is as it was written; or what is wrong with it. */
export async function examineState(
  workingDir: string,
  state: ManifestState,
): Promise<{ header: OleanHeader | null } | Pick<Finding, "code" | "message">> {
  try {
    const examined = await examinePickle(workingDir, state);
    return "kind" in examined
      ? { code: `pickle-${examined.kind}`, message: `The pickle ${examined.clause}.` }
      : examined;
  } catch (error) {
    if (isSystemError(error) && UNREADABLE.has(error.code ?? "")) {
      return { code: "pickle-unreadable", message: `The pickle cannot be read (${error.code}).` };
    }
    throw error;
  }
}

/** A sentence where the header says something else than the manifest does. */
function findOtherHeader(header: OleanHeader | null, { lean }: ManifestState): string | undefined {
  const version = header?.leanVersion ?? null;
  if (version !== lean.version) {
    return `Its header names ${call("Lean", version)}, and the manifest ${call("Lean", lean.version)}.`;
  }
  const commit = header?.gitHash ?? null;
  return commit === lean.gitHash
    ? undefined
    : `Its header names ${call("commit", commit)} of Lean, and the manifest ${call("commit", lean.gitHash)}.`;
}

function call(what: string, which: string | null): string {
  return which === null ? `no ${what}` : `${what} ${which}`;
}
