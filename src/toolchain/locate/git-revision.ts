import { join, resolve } from "node:path";
import { readObserved } from "./observed-files.ts";

/** How many symbolic refs git follows (`SYMREF_MAXDEPTH` in its refs.c). */
const MOST_REFS = 5;

/** The whole name of a commit. */
export const WHOLE_COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** The first digits of a commit's name, enough of them to mean one. */
export const COMMIT = /^[0-9a-f]{7,64}$/;

/**
 * The commit that is checked out in a folder, as 40 or 64 hexadecimal digits, read as git's
 * gitrepository-layout(5) and gitformat-packed-refs say: a `.git` that is a folder or, in worktrees
 * and submodules, a file that names one; a HEAD that is a commit or names a ref, which lies in a
 * file of its own or among the packed ones. Null if there is no such commit, or where it is kept
 * in another way (reftable).
 */
export function headRevision(checkout: string): string | null {
  const own = gitFolder(checkout);
  const common = resolve(own, readLine(join(own, "commondir")) ?? "");
  let value = readLine(join(own, "HEAD"));
  for (let depth = 0; value !== undefined && depth <= MOST_REFS; depth++) {
    if (WHOLE_COMMIT.test(value)) {
      return value;
    }
    const ref = /^ref:\s*(refs\/\S+)$/.exec(value)?.[1];
    value = ref === undefined || ref.includes("..") ? undefined : readRef(own, common, ref);
  }
  return null;
}

function gitFolder(checkout: string): string {
  const git = join(checkout, ".git");
  const elsewhere = /^gitdir:\s*(.+)$/.exec(readLine(git) ?? "")?.[1];
  return elsewhere === undefined ? git : resolve(checkout, elsewhere);
}

/** A few refs are a worktree's own (`refs/bisect/...`); all others lie in the common folder. */
function readRef(own: string, common: string, ref: string): string | undefined {
  return readLine(join(own, ref)) ?? readLine(join(common, ref)) ?? readPackedRef(common, ref);
}

function readPackedRef(common: string, ref: string): string | undefined {
  const packed = readText(join(common, "packed-refs")) ?? "";
  const line = packed.split("\n").find((line) => line.trimEnd().endsWith(` ${ref}`));
  return line?.split(" ")[0];
}

function readLine(path: string): string | undefined {
  const text = readText(path)?.trim();
  return text === undefined || /[\n\0]/.test(text) ? undefined : text;
}

function readText(path: string): string | undefined {
  const found = readObserved(path);
  return typeof found === "string" ? undefined : found.toString();
}
