/** Who may do what with a file: why the operating system denied access, and what to do. */
import { accessSync, constants, lstatSync, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";

const ELSEWHERE = "choose another folder (for a cache: -d)";

/**
 * Says in a sentence which file or folder keeps this user out, whose it is, and what to do. Undefined
 * for an error that is not about permissions, or if nothing of the kind is found any more.
 */
export function explainDenial(error: NodeJS.ErrnoException): string | undefined {
  const { code, path } = error;
  // Of a renaming; its types do not know of it.
  const { dest } = error as { dest?: unknown };
  if (code === "EROFS") {
    return `Its file system is mounted read-only: ${ELSEWHERE}.`;
  }
  if ((code !== "EACCES" && code !== "EPERM") || path === undefined) {
    return undefined;
  }
  const paths = [path, ...(typeof dest === "string" ? [dest] : [])].map((each) => resolve(each));
  const barrier = paths.map(findBarrier).find((each) => each !== undefined);
  const found = lookAt(barrier ?? resolve(path));
  // Its owner may be kept from it by more than permissions.
  const isUnclear = barrier === undefined && found?.uid === process.geteuid?.();
  return found && !isUnclear ? `${barrier ?? path} ${describeOwner(found)}` : undefined;
}

/** What denies access to a path: a folder on the way to it, the file, or the folder that it is in. */
function findBarrier(path: string): string | undefined {
  const folder = dirname(path);
  const closed = foldersTo(path).find((each) => !may(each, constants.X_OK));
  if (closed !== undefined) {
    // The rest cannot even be looked at.
    return closed;
  }
  const found = lookAt(path);
  const isClosed =
    found && (!may(path, constants.R_OK) || (found.isDirectory() && !may(path, constants.W_OK)));
  if (isClosed) {
    return path;
  }
  return may(folder, constants.W_OK) ? undefined : folder;
}

/** The folders on the way to a path that are there, from the root down. */
function foldersTo(path: string): string[] {
  const folder = dirname(path);
  const before = folder === path ? [] : [...foldersTo(folder), folder];
  return before.filter((each) => lookAt(each) !== undefined);
}

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where nothing is there, or it cannot be looked at. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function describeOwner({ uid, mode }: Stats): string {
  const user = process.geteuid?.();
  const bits = (mode & 0o7777).toString(8);
  if (user === undefined) {
    return `denies it: give yourself access to it, or ${ELSEWHERE}.`;
  }
  if (uid === user) {
    return `is yours and has the mode ${bits}: "chmod u+rwX" it, or ${ELSEWHERE}.`;
  }
  const owner = uid === 0 ? "root" : `the user ${uid}`;
  return `belongs to ${owner}, has the mode ${bits}, and this is the user ${user}: ask for "chmod" or "chown", or ${ELSEWHERE}.`;
}
