/** What a cache holds and whether it can be used, for a person who wants to know. */
import { join } from "node:path";
import { describeSystemError, hasSystemCode, isSystemError, LeanPickleError } from "../errors.ts";
import { fileSystem } from "../store/file-system.ts";
import { checkFolders, checkWritable } from "../store/folders.ts";
import { CACHE_FOLDER, cachePath, lockPath, manifestLock, temporaryPath } from "../store/layout.ts";
import { describeHolder, readHolder } from "../store/lock-holder.ts";
import type { ManifestState } from "../store/manifest.ts";
import { readManifest } from "../store/manifest-file.ts";
import { PICKLE_FILE } from "../store/manifest-guard.ts";

/** What was found. */
export interface CacheSurvey {
  /** Absolute. */
  workingDir: string;
  states: number;
  /** Of all pickles that the manifest names, as it names them. */
  bytes: number;
  /** How many files no state needs; those of a process that is at work count too. */
  garbage: { files: number; bytes: number };
  /** A clause that says who holds the lock; null where nobody does. */
  lockedBy: string | null;
  /** Why it cannot be read, as a sentence; null where it can. */
  damage: string | null;
  /** Why it cannot be written to, as a sentence; null where it can. */
  readOnly: string | null;
}

/** Looks at a cache, and changes nothing. What is wrong with it is a result, and no exception. */
export async function surveyCache(workingDir: string): Promise<CacheSurvey> {
  const survey: CacheSurvey = {
    workingDir,
    states: 0,
    bytes: 0,
    garbage: { files: 0, bytes: 0 },
    lockedBy: null,
    damage: null,
    readOnly: null,
  };
  survey.damage = await sentenceOf(async () => {
    const { states } = readManifest(workingDir);
    survey.states = states.length;
    survey.bytes = states.reduce((sum, { bytes }) => sum + bytes, 0);
    await checkFolders(workingDir);
    survey.garbage = await measureGarbage(workingDir, states);
    if (fileSystem.existsSync(lockPath(workingDir))) {
      survey.lockedBy = describeHolder(await readHolder(manifestLock(workingDir)));
    }
  });
  survey.readOnly = await sentenceOf(() => checkWritable(workingDir));
  return survey;
}

async function sentenceOf(look: () => Promise<void>): Promise<string | null> {
  try {
    await look();
    return null;
  } catch (error) {
    if (error instanceof LeanPickleError) {
      return error.message;
    }
    if (isSystemError(error)) {
      return describeSystemError(error);
    }
    throw error;
  }
}

/** What lies where pickles do, and is no state's; and what lies where they are written. */
async function measureGarbage(
  workingDir: string,
  states: readonly ManifestState[],
): Promise<CacheSurvey["garbage"]> {
  const named = new Set(states.map(({ pickleFile }) => pickleFile));
  const isStray = (name: string): boolean => {
    const file = `${CACHE_FOLDER}/${name}`;
    return PICKLE_FILE.test(file) && !named.has(file);
  };
  const sizes = [
    ...(await sizesIn(cachePath(workingDir), isStray)),
    ...(await sizesIn(temporaryPath(workingDir), () => true)),
  ];
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

/** The sizes of the files in a folder that have such names; one that is not there has none. */
async function sizesIn(folder: string, isMeant: (name: string) => boolean): Promise<number[]> {
  try {
    const names = (await fileSystem.readdir(folder)).filter(isMeant);
    return names.flatMap((name) => {
      const found = fileSystem.lstatSync(join(folder, name), { throwIfNoEntry: false });
      return found?.isFile() ? [found.size] : [];
    });
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) {
      return [];
    }
    throw error;
  }
}
