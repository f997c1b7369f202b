/** Whether a cache is as it was written: looked at without Lean, and without the lock. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { totalBytes } from "../../output/text.ts";
import { fileSystem } from "../disk/file-system.ts";
import { checkFolders } from "../disk/folders.ts";
import {
  backupPath,
  cachePath,
  manifestPath,
  oldBackupPath,
  temporaryPath,
} from "../disk/layout.ts";
import { readBackup, readManifest } from "../manifest/read-manifest.ts";
import type { Manifest, ManifestState } from "../manifest/schema.ts";
import { findStrayFiles, type Garbage, isAbandoned, type StrayFiles } from "./garbage.ts";
import { type Finding, type Found, findWriters, type VerifyNote } from "./verify-finding.ts";
import { verifyState } from "./verify-state.ts";

/** The result of verifying a cache. */
export interface Verification extends Found {
  /** How many states were looked at. */
  states: number;
  /** How much of their pickles was read, or should have been there to read. */
  bytes: number;
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

/**
 * Looks at a cache: at the manifest, at each pickle's presence, size, digest and header, at who
 * could have written it, and at what lies about. Pickles are read in pieces. What other processes
 * change meanwhile is no finding: whatever is found is compared with the manifest as it is
 * afterwards.
 * @throws {LeanPickleError} `cache-damaged` if there is no usable manifest, or a folder is none
 */
export async function verifyCache(
  workingDir: string,
  options: VerifyOptions = {},
): Promise<Verification> {
  await checkFolders(workingDir);
  const before = readManifest(workingDir);
  const only = options.only && new Set(options.only);
  const states = only
    ? before.states.filter(({ sessionId }) => only.has(sessionId))
    : before.states;
  const ofStates = await verifyStates(workingDir, states, options);
  const ofRest = only ? { findings: [], notes: [] } : await verifyRest(workingDir, before);
  return {
    states: states.length,
    bytes: totalBytes(states),
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
    if (!now) {
      continue;
    }
    const holds =
      now.pickleFile === state.pickleFile
        ? { findings, notes }
        : await verifyStates(workingDir, [now], { signal: options.signal });
    result.findings.push(...holds.findings);
    result.notes.push(...holds.notes);
  }
  return result;
}

/** What is no state's: the backup, folders, garbage. */
async function verifyRest(workingDir: string, before: Manifest): Promise<Found> {
  const about = { sessionId: null, name: null };
  const { garbage, foreign } = await findSettled(workingDir, before);
  const backup = readBackup(workingDir);
  const findings: Finding[] = findWriters(
    [
      manifestPath(workingDir),
      backupPath(workingDir),
      oldBackupPath(workingDir),
      cachePath(workingDir),
      temporaryPath(workingDir),
    ],
    about,
  );
  if (backup.state === "damaged") {
    const { path } = backup;
    const isFolder =
      path === backupPath(workingDir) &&
      fileSystem.lstatSync(path, { throwIfNoEntry: false })?.isDirectory();
    const next = isFolder
      ? "No change can be made before it is moved away"
      : "The next change replaces it";
    const message = `The backup of the manifest is not usable: ${backup.problem}. ${next}.`;
    findings.push({ code: "backup-damaged", message, path, ...about });
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
