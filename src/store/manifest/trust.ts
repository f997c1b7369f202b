/**
 * Who could have written the files that Lean loads. Lean takes a pickle as its own memory, so
 * whoever writes a pickle decides what Lean does. The manifest has the same power: it names the
 * pickles and their digests, and the code of the recipes.
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
 * Says in a clause why somebody else could have written a file, or the files of a folder: its owner
 * is neither the user nor root, or everyone may write it. (The sticky bit of a folder does not
 * help: everyone may still add files.) Undefined if nobody else could. A group is trusted. On
 * Windows files have no such owners and modes, so the answer is undefined; so it is for a link,
 * since links are never followed.
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
 * Says in a sentence why the pickle of a state needs `--trust`. Undefined if nobody else could have
 * written the pickle, its folders or the manifest.
 */
export function findDistrust(
  workingDir: string,
  entry: Pick<ManifestState, "pickleFile">,
): string | undefined {
  const paths = [
    // The folders come first: once they are safe, nobody else can add files to them. `tmp/` counts
    // too, since a pickle could have been changed there before its digest was taken.
    cachePath(workingDir),
    temporaryPath(workingDir),
    picklePath(workingDir, entry),
    manifestPath(workingDir),
  ];
  return distrustOf(paths, "its pickle: it is loaded only with --trust");
}

/** As {@link findDistrust}, for recipes, which are code to run. */
export function findRecipeDistrust(workingDir: string): string | undefined {
  return distrustOf([manifestPath(workingDir)], "its recipe: it is run only with --trust");
}

/**
 * Refuses to rewrite a manifest or a backup that somebody else could have written: after the
 * rewrite its contents would be trusted as the user's own.
 * @throws {LeanPickleError} `untrusted`
 */
export function checkBeforeRewrite(path: string): void {
  const distrust = distrustOf([path], "what it says: it is written again only with --trust");
  if (distrust !== undefined) {
    throw new LeanPickleError("untrusted", distrust, { hint: HOW_TO_TRUST });
  }
}

/** What to do about a file that somebody else could have written. */
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
