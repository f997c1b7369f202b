/** What a cache holds and whether it can be used, for a person who wants to know. */
import { isSystemError, LeanPickleError } from "../errors.ts";
import { totalBytes } from "../output/text.ts";
import { fileSystem } from "../store/disk/file-system.ts";
import { checkWritable } from "../store/disk/folders.ts";
import { lockPath, manifestLock } from "../store/disk/layout.ts";
import { describeHolder, readHolder } from "../store/lock/holder.ts";
import { findStrayFiles, isAbandoned } from "../store/maintenance/garbage.ts";
import { readManifest } from "../store/manifest/read-manifest.ts";
import { sentenceOf } from "../system/system-error.ts";

/** What was found. */
export interface CacheSurvey {
  /** Absolute. */
  workingDir: string;
  states: number;
  /** Of all pickles that the manifest names, as it names them. */
  bytes: number;
  /** What no state needs, and no process that is at work. */
  garbage: { files: number; bytes: number };
  /** A clause that says who holds the lock; null where nobody does. */
  lockedBy: string | null;
  /** Why it cannot be read, as a sentence; null where it can. */
  damage: string | null;
  /** Whether that is no damage of the cache: the system does not let this user read it. */
  isDenied: boolean;
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
    isDenied: false,
    readOnly: null,
  };
  const damage = await problemIn(async () => {
    const { states } = readManifest(workingDir);
    survey.states = states.length;
    survey.bytes = totalBytes(states);
    const { garbage } = await findStrayFiles(workingDir, { states });
    for (const { bytes } of garbage.filter(isAbandoned)) {
      survey.garbage.files++;
      survey.garbage.bytes += bytes;
    }
    if (fileSystem.existsSync(lockPath(workingDir))) {
      survey.lockedBy = describeHolder(await readHolder(manifestLock(workingDir)));
    }
  });
  const readOnly = await problemIn(() => checkWritable(workingDir));
  const say = (error: Error | null): string | null => error && sentenceOf(error);
  return {
    ...survey,
    damage: say(damage),
    isDenied: isSystemError(damage),
    readOnly: say(readOnly),
  };
}

async function problemIn(look: () => Promise<void>): Promise<Error | null> {
  try {
    await look();
    return null;
  } catch (error) {
    if (error instanceof LeanPickleError || isSystemError(error)) {
      return error;
    }
    throw error;
  }
}
