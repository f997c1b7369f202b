/** Whether a cache is as it was written: looked at without Lean, and without the lock. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { describeSystemError, isSystemError } from "../errors.ts";
import { fileSystem } from "./file-system.ts";
import { findStrayFiles, type Garbage, isAbandoned, type StrayFiles } from "./garbage.ts";
import { backupPath, cachePath, manifestPath, picklePath, temporaryPath } from "./layout.ts";
import type { Manifest, ManifestState } from "./manifest.ts";
import { readBackup, readManifest } from "./manifest-file.ts";
import type { OleanHeader } from "./olean-header.ts";
import { type DamageKind, examinePickle } from "./pickles.ts";
import { findForeignWriter } from "./trust.ts";

/**
 * What was found: the pickle of a state is missing, no regular file, of another size or content than
 * was written, cannot be read, or says in its header that another Lean wrote it than the manifest
 * says; somebody else could have written a file or a folder; the backup of the manifest is damaged;
 * or no state needs a file, and no running process can be about to.
 */
export type FindingCode =
  | `pickle-${DamageKind}`
  | "pickle-unreadable"
  | "pickle-header"
  | "foreign-writer"
  | "backup-damaged"
  | "garbage";

/** Something that is not as it should be. */
export interface Finding {
  code: FindingCode;
  /** What is wrong, in a sentence that does not name the file. */
  message: string;
  /** The file or folder, absolute. */
  path: string;
  /** The state whose pickle it is; null where it is none's. */
  sessionId: number | null;
  name: string | null;
  /** What could be freed, where it is garbage. */
  bytes?: number;
}

/** Something that is good to know and nothing bad: no mark tells which Lean wrote a pickle. */
export interface VerifyNote extends Omit<Finding, "code" | "bytes"> {
  code: "unknown-header" | "foreign-file";
}

/** What came of looking at a cache. */
export interface Verification {
  /** How many states were looked at. */
  states: number;
  /** How much of their pickles was read, or should have been there to read. */
  bytes: number;
  /** In the order of the states, then what is no state's. */
  findings: Finding[];
  notes: VerifyNote[];
}

/** How a cache is looked at. */
export interface VerifyOptions {
  /** The states to look at; by default all, and what else lies in the cache. */
  only?: readonly number[] | undefined;
  /** Called before each state. */
  onState?: ((state: ManifestState) => void) | undefined;
  /** Aborting ends the work, with the signal's reason. */
  signal?: AbortSignal | undefined;
}

type Found = Pick<Verification, "findings" | "notes">;

/**
 * Looks at a cache: at the manifest, at each pickle's presence, size, digest and header, at who could
 * have written it, and at what lies about. Pickles are read in pieces. What other processes change
 * meanwhile is no finding: whatever is found is compared with the manifest as it is afterwards.
 * @throws {LeanPickleError} `cache-damaged` where there is no usable manifest
 */
export async function verifyCache(
  workingDir: string,
  options: VerifyOptions = {},
): Promise<Verification> {
  const before = readManifest(workingDir);
  const { only } = options;
  const states = only
    ? before.states.filter(({ sessionId }) => only.includes(sessionId))
    : before.states;
  const ofStates = await verifyStates(workingDir, states, options);
  const ofRest = only ? { findings: [], notes: [] } : await verifyRest(workingDir, before);
  return {
    states: states.length,
    bytes: states.reduce((sum, { bytes }) => sum + bytes, 0),
    findings: [...ofStates.findings, ...ofRest.findings],
    notes: [...ofStates.notes, ...ofRest.notes],
  };
}

/**
 * Looks at states, and keeps what still holds for the manifest as it is then: a pickle is removed
 * after its state, and what is made again gets a new one, which is looked at in turn.
 */
async function verifyStates(
  workingDir: string,
  states: readonly ManifestState[],
  options: VerifyOptions,
): Promise<Found> {
  const found: (Found & { state: ManifestState })[] = [];
  for (const state of states) {
    options.signal?.throwIfAborted();
    options.onState?.(state);
    found.push({ state, ...(await verifyState(workingDir, state)) });
    // Small pickles are read at once: others have their turn in between, a signal among them.
    await nextTurn();
  }
  const suspects = found.filter(({ findings, notes }) => findings.length + notes.length > 0);
  if (suspects.length === 0) {
    return { findings: [], notes: [] };
  }
  const current = new Map(readManifest(workingDir).states.map((state) => [state.sessionId, state]));
  const result: Found = { findings: [], notes: [] };
  for (const { state, findings, notes } of suspects) {
    const now = current.get(state.sessionId);
    const isSame = now?.pickleFile === state.pickleFile;
    const holds = isSame || !now ? { findings, notes } : await verifyStates(workingDir, [now], {});
    if (now) {
      result.findings.push(...holds.findings);
      result.notes.push(...holds.notes);
    }
  }
  return result;
}

async function verifyState(workingDir: string, state: ManifestState): Promise<Found> {
  const path = picklePath(workingDir, state);
  const { sessionId, name } = state;
  const about = { path, sessionId, name };
  const found: Found = { findings: [], notes: [] };
  const examined = await examineReadable(workingDir, state);
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

async function examineReadable(
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
      return { code: "pickle-unreadable", message: describeSystemError(error) };
    }
    throw error;
  }
}

/** A sentence where the header says something else than the manifest does. */
function findOtherHeader(header: OleanHeader | null, { lean }: ManifestState): string | undefined {
  const said = { version: header?.leanVersion ?? null, gitHash: header?.gitHash ?? null };
  const calls = { version: "Lean", gitHash: "the Lean of commit" };
  for (const field of ["version", "gitHash"] as const) {
    if (said[field] !== lean[field]) {
      const [inHeader, inManifest] = [said[field], lean[field]].map((each) =>
        each === null ? "none that is known" : `${calls[field]} ${each}`,
      );
      return `Its header says that ${inHeader} wrote it, and the manifest ${inManifest}.`;
    }
  }
  return undefined;
}

/** What is no state's: the backup, folders, garbage. */
async function verifyRest(workingDir: string, before: Manifest): Promise<Found> {
  const about = { sessionId: null, name: null };
  const { garbage, foreign } = await findSettled(workingDir, before);
  const backup = readBackup(workingDir);
  const findings: Finding[] = findWriters(
    [manifestPath(workingDir), cachePath(workingDir), temporaryPath(workingDir)],
    about,
  );
  if (backup.state === "damaged") {
    const message = `The backup of the manifest is not usable: ${backup.problem}. The next change replaces it.`;
    findings.push({ code: "backup-damaged", message, path: backupPath(workingDir), ...about });
  }
  for (const { path, kind, bytes } of garbage.filter(isAbandoned)) {
    findings.push({ code: "garbage", message: GARBAGE[kind], path, bytes, ...about });
  }
  const message = "It is not of lean-pickle: prune leaves it alone.";
  const notes = foreign.map(
    ({ path }): VerifyNote => ({ code: "foreign-file", message, path, ...about }),
  );
  return { findings, notes };
}

/** What garbage is, in a sentence. */
const GARBAGE: Record<Garbage["kind"], string> = {
  pickle: "No state has this pickle.",
  "temporary-pickle": "It was left when Lean wrote a pickle.",
  "temporary-manifest": "It was left when a manifest was written.",
  "lock-note": "It was left by a process that took the lock.",
  lock: "It is the lock of a process that has ended: the next change breaks it.",
  "temporary-file": "It was left in the folder for temporary files.",
};

/** What lies about both for the manifest as it was, and as it is when that was found. */
async function findSettled(workingDir: string, before: Manifest): Promise<StrayFiles> {
  const first = await findStrayFiles(workingDir, before);
  if (first.garbage.length === 0 && first.foreign.length === 0) {
    return first;
  }
  const again = await findStrayFiles(workingDir, readManifest(workingDir));
  const paths = new Set([...first.garbage, ...first.foreign].map(({ path }) => path));
  return {
    garbage: again.garbage.filter(({ path }) => paths.has(path)),
    foreign: again.foreign.filter(({ path }) => paths.has(path)),
  };
}

/** The files and folders, of these, that somebody else could have written. */
function findWriters(
  paths: readonly string[],
  about: Pick<Finding, "sessionId" | "name">,
): Finding[] {
  return paths.flatMap((path): Finding[] => {
    const stats = fileSystem.lstatSync(path, { throwIfNoEntry: false });
    // Of a link only what it is says something, and that is another finding.
    const clause = stats && !stats.isSymbolicLink() ? findForeignWriter(path, stats) : undefined;
    if (clause === undefined) {
      return [];
    }
    const message = `Somebody else could have written it: ${clause}.`;
    return [{ code: "foreign-writer", message, ...about, path }];
  });
}
