/**
 * Who could have written what Lean is to load. A pickle is memory that Lean takes as it is, so that
 * who writes one decides what Lean does; and the manifest says what each pickle is, which code is to
 * be run to make a state again, and by which digest its pickle is known.
 */
import { constants, type Stats } from "node:fs";
import { LeanPickleError } from "../../errors.ts";
import { fileSystem } from "../disk/file-system.ts";
import { cachePath, manifestPath, picklePath, temporaryPath } from "../disk/layout.ts";
import type { ManifestState } from "./schema.ts";

/** The permission of everyone to write, among the bits of a mode. */
const WRITABLE_BY_EVERYONE = 0o002;

/** The user `root`, who can write everything anyway. */
const ROOT = 0;

/**
 * Says in a clause why somebody else could have written a file, or what lies in a folder: its owner
 * is neither the user who runs this nor root, or everyone may write it (the sticky bit of a folder
 * is no help: everyone may still add to it). Undefined where that is not so. A group is trusted as
 * whoever put its members together trusts them. On Windows, where files have no owners and modes of
 * this kind, nothing is known and nothing is said; nor of a link, through which nothing is read.
 * @param found what is at the path itself, not behind a link
 * @returns such as `can be written by everyone`
 */
export function findForeignWriter(found: Pick<Stats, "uid" | "mode">): string | undefined {
  const user = process.geteuid?.();
  const isLink = (found.mode & constants.S_IFMT) === constants.S_IFLNK;
  if (user === undefined || isLink) {
    return undefined;
  }
  if (found.uid !== user && found.uid !== ROOT) {
    return `belongs to another user (uid ${found.uid})`;
  }
  return (found.mode & WRITABLE_BY_EVERYONE) !== 0 ? "can be written by everyone" : undefined;
}

/**
 * Says in a sentence why the pickle of a state is not to be handed to Lean unless it is trusted all
 * the same; undefined where nobody else could have written it, the folders, or the manifest.
 */
export function findDistrust(
  workingDir: string,
  entry: Pick<ManifestState, "pickleFile">,
): string | undefined {
  const paths = [
    // The folders first: what is in them afterwards is what only those put there who may. Where a
    // pickle is being written, it could have been changed before its digest was taken.
    cachePath(workingDir),
    temporaryPath(workingDir),
    picklePath(workingDir, entry),
    manifestPath(workingDir),
  ];
  return distrustOf(paths, "its pickle: it is loaded only with --trust");
}

/** As {@link findDistrust}, of the recipes, which are code to be run. */
export function findRecipeDistrust(workingDir: string): string | undefined {
  return distrustOf([manifestPath(workingDir)], "its recipe: it is run only with --trust");
}

/**
 * Refuses to write what a manifest, or its backup, says: what is written is its user's own, and so
 * would be what somebody else put in.
 * @throws {LeanPickleError} `untrusted`
 */
export function checkBeforeRewrite(path: string): void {
  const distrust = distrustOf([path], "what it says: it is written again only with --trust");
  if (distrust !== undefined) {
    throw new LeanPickleError("untrusted", distrust, { hint: HOW_TO_TRUST });
  }
}

/** What can be done about a file that somebody else could have written. */
export const HOW_TO_TRUST =
  'If it should be yours alone, and nobody else did write it: "chown" or "chmod o-w" it.';

function distrustOf(paths: readonly string[], what: string): string | undefined {
  for (const path of paths) {
    const found = fileSystem.lstatSync(path, { throwIfNoEntry: false });
    const why = found && findForeignWriter(found);
    if (why !== undefined) {
      return `${path} ${why}, so somebody else could have written ${what}.`;
    }
  }
  return undefined;
}
