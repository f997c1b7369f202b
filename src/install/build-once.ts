/** Building something once for all processes, in a place where it is found whole or not at all. */
import { lstatSync } from "node:fs";
import { mkdtemp, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { hasSystemCode, isSystemError } from "../errors.ts";
import { makeFolders } from "../store/disk/folders.ts";
import type { LockPlace } from "../store/disk/layout.ts";
import { type LockOptions, withLockAt } from "../store/lock/lock.ts";

/** Where something is built, and where it is found. */
export interface BuildPlace {
  /** What it is, in words: the beginning of a sentence. */
  what: string;
  /** Where it is found: a link to the folder of a build. */
  link: string;
  /** The folder of the builds, in the same file system. */
  builds: string;
}

/** How something is built. */
export interface BuildWork {
  /** Whether it is there already, which is asked once more when nobody else builds it. */
  isThere(): boolean;
  /**
   * Builds it in an empty folder, and proves that it works. Where it throws, or this process dies,
   * nothing is found that was not there before.
   */
  build(folder: string): Promise<void>;
}

const BUILD = "build-";

/**
 * Has something be there, built by one process while the others wait for it. A build that takes the
 * place of another one does so at once and whole: what runs from the other keeps running.
 * @returns whether this process built it
 * @throws {LeanPickleError} `cache-locked` where another process was at it for too long
 */
export async function buildOnce(
  place: BuildPlace,
  work: BuildWork,
  options: LockOptions,
): Promise<boolean> {
  if (work.isThere()) {
    return false;
  }
  await makeFolders(place.builds);
  return await withLockAt(lockOf(place), options, async () => {
    if (work.isThere()) {
      return false;
    }
    const before = await nameOfBuild(place.link);
    for (const name of await readdir(place.builds)) {
      // What a process left that was killed.
      if (name.startsWith(BUILD) && name !== before) {
        await removeBuild(join(place.builds, name));
      }
    }
    const folder = await mkdtemp(join(place.builds, BUILD));
    try {
      await work.build(folder);
      options.signal?.throwIfAborted();
      await publish(place, folder);
    } catch (error) {
      await removeBuild(folder);
      throw error;
    }
    if (before !== undefined) {
      await removeBuild(join(place.builds, before));
    }
    return true;
  });
}

/**
 * Removes a build. What another process, of one that was killed, is still writing to cannot be
 * removed now: it is garbage, and the next build removes it.
 */
async function removeBuild(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (!isSystemError(error)) {
      throw error;
    }
  }
}

function lockOf({ what, link, builds }: BuildPlace): LockPlace {
  return { what, target: link, lock: join(builds, "lock"), scratch: builds };
}

/** A link can be replaced at once, which a folder cannot. */
async function publish({ link, builds }: BuildPlace, folder: string): Promise<void> {
  // Among the builds, and named as one: where this process dies now, it is removed as they are.
  const made = `${folder}.link`;
  await symlink(relative(dirname(link), folder), made);
  const isFolder = lstatSync(link, { throwIfNoEntry: false })?.isDirectory();
  // Put there by somebody else's hands.
  const aside = isFolder ? await mkdtemp(join(builds, BUILD)) : undefined;
  if (aside !== undefined) {
    await rename(link, aside);
  }
  await rename(made, link);
  if (aside !== undefined) {
    await removeBuild(aside);
  }
}

/** The name of the build that a link leads to; undefined where there is none. */
async function nameOfBuild(link: string): Promise<string | undefined> {
  try {
    const name = basename(await readlink(link));
    return name.startsWith(BUILD) ? name : undefined;
  } catch (error) {
    // Nothing, or a folder.
    if (hasSystemCode(error, "ENOENT") || hasSystemCode(error, "EINVAL")) {
      return undefined;
    }
    throw error;
  }
}
