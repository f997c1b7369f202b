/** Restoring a manifest from its backup. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { hasSystemCode } from "../../errors.ts";
import { randomName, syncDirectory, writeDurably } from "../disk/durable.ts";
import { fileSystem } from "../disk/file-system.ts";
import { prepareFolders } from "../disk/folders.ts";
import { manifestPath, picklePath, temporaryPath } from "../disk/layout.ts";
import { readRegularFile } from "../disk/regular-file.ts";
import { withLock } from "../lock/lock.ts";
import {
  DamagedManifestError,
  type GoodBackup,
  isThere,
  readStored,
} from "../manifest/read-manifest.ts";
import { dropUnneededRecipes, type Manifest, type ManifestState } from "../manifest/schema.ts";
import { checkBeforeRewrite } from "../manifest/trust.ts";
import { type ChangeOptions, checkChanged, manifestText } from "../manifest/update-manifest.ts";
import { findStrayFiles, type Garbage } from "./garbage.ts";

/**
 * How many session ids are skipped beyond those that may have been given out: some states of the
 * lost manifest may have lost their pickles too, and an id given twice is worse than a gap.
 */
const SPARE_IDS = 1000;

/**
 * How far a number in the damaged text may be from the backup's; a larger distance is damage
 * itself.
 */
const PLAUSIBLE_DISTANCE = 1_000_000;

/** The result of restoring a manifest. */
export interface ManifestRepair {
  /** As it was restored. */
  manifest: Manifest;
  /** The path of the backup, which is still there. */
  backup: string;
  /** The new path of the damaged manifest; null if there was none. */
  keptAs: string | null;
  /** States of the backup that are not restored, since their pickles are gone. */
  leftOut: ManifestState[];
  /** Pickles that the backup does not know, which are kept: perhaps of states that were lost. */
  unknownPickles: Garbage[];
}

/**
 * Restores the manifest from its backup, under the lock, where it is damaged or gone. What stood in
 * its place is kept under a name of its own, and no pickle is removed. States whose pickles are gone
 * are left out: the last change may have removed them.
 *
 * The backup is from before the last change, which may have given out session ids. No id is given
 * out twice: the next one is {@link SPARE_IDS} beyond the last id that may have been given out, as
 * far as the backup, the damaged text and the number of unknown pickles tell.
 * @returns undefined if the manifest is good
 * @throws {LeanPickleError} `cache-damaged` if the backup is not good, or the manifest is of a later
 * version; `untrusted` if somebody else could have written the backup
 */
export async function repairManifest(
  workingDir: string,
  options: ChangeOptions,
): Promise<ManifestRepair | undefined> {
  if (!findBackupOfDamaged(workingDir)) {
    return undefined;
  }
  await prepareFolders(workingDir);
  return await withLock(workingDir, options, async () => {
    const backup = findBackupOfDamaged(workingDir);
    if (!backup) {
      // Another process was faster.
      return undefined;
    }
    if (!options.trust) {
      checkBeforeRewrite(backup.path);
    }
    const { garbage } = await findStrayFiles(workingDir, backup.manifest);
    const unknownPickles = garbage.filter(({ kind }) => kind === "pickle");
    const manifest = countOn(backup.manifest, readWhatIsLeft(workingDir), unknownPickles.length);
    const leftOut = leaveOut(manifest, (state) => !isThere(picklePath(workingDir, state)));
    checkChanged(workingDir, manifest);
    const keptAs = await putInPlace(workingDir, manifest);
    return { manifest, backup: backup.path, keptAs, leftOut, unknownPickles };
  });
}

/** Removes states from a manifest, and returns them. */
function leaveOut(manifest: Manifest, isGone: (state: ManifestState) => boolean): ManifestState[] {
  const leftOut = manifest.states.filter(isGone);
  const gone = new Set(leftOut);
  manifest.states = manifest.states.filter((state) => !gone.has(state));
  dropUnneededRecipes(manifest);
  return leftOut;
}

/** The good backup of a manifest that is not usable; undefined where the manifest is. */
function findBackupOfDamaged(workingDir: string): GoodBackup | undefined {
  try {
    readStored(workingDir);
    return undefined;
  } catch (error) {
    if (error instanceof DamagedManifestError && error.backup) {
      return error.backup;
    }
    throw error;
  }
}

/** The text in the manifest's place; empty where there is none. */
function readWhatIsLeft(workingDir: string): string {
  try {
    return readRegularFile(manifestPath(workingDir));
  } catch {
    // It is restored because it cannot be read.
    return "";
  }
}

/**
 * The backup, with a `nextSessionId` beyond all ids of the lost manifest.
 * @param text what is left of the lost one
 * @param unknownPickles how many pickles there are that the backup does not know: at most so many
 * states came to it
 */
export function countOn(backup: Manifest, text: string, unknownPickles: number): Manifest {
  const { revision, nextSessionId } = backup;
  const ids = [
    ...numbersAfter(text, "nextSessionId"),
    ...numbersAfter(text, "sessionId").map((id) => id - 1),
  ].filter((id) => id < 0 && id >= nextSessionId - PLAUSIBLE_DISTANCE);
  const revisions = numbersAfter(text, "revision").filter(
    (each) => each >= 0 && each <= revision + PLAUSIBLE_DISTANCE,
  );
  return {
    ...backup,
    // The lost one was one further than the backup.
    revision: revisions.reduce((a, b) => Math.max(a, b), revision + 1) + 1,
    nextSessionId: ids.reduce((a, b) => Math.min(a, b), nextSessionId - unknownPickles) - SPARE_IDS,
  };
}

/** The whole numbers that a JSON text has as values of a field, wherever that is. */
function numbersAfter(text: string, field: string): number[] {
  const form = new RegExp(`"${field}"\\s*:\\s*(-?\\d{1,15})(?!\\d)`, "g");
  return [...text.matchAll(form)].map(([, digits]) => Number(digits));
}

/** Replaces the damaged manifest, and returns its new path. */
async function putInPlace(workingDir: string, manifest: Manifest): Promise<string | null> {
  const path = manifestPath(workingDir);
  const next = join(temporaryPath(workingDir), randomName());
  try {
    await writeDurably(next, manifestText(workingDir, manifest));
    const keptAs = await moveAside(path);
    await fileSystem.rename(next, path).catch(async (error: unknown) => {
      if (keptAs !== null) {
        await fileSystem.rename(keptAs, path);
      }
      throw error;
    });
    await syncDirectory(workingDir);
    return keptAs;
  } finally {
    await fileSystem.rm(next, { force: true });
  }
}

/** Gives whatever is at a path a name of its own beside it; null if there is nothing. */
async function moveAside(path: string): Promise<string | null> {
  const aside = `${path}.damaged.${randomBytes(4).toString("hex")}`;
  try {
    await fileSystem.rename(path, aside);
    return aside;
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) {
      return null;
    }
    throw error;
  }
}
