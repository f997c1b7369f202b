/** The REPLs that `lean-pickle setup` built: one checkout for each toolchain. */
import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { compareVersions, isSameToolchain, normalizeToolchain } from "../../system/lean-version.ts";
import { BUILT_REPL } from "./checkout.ts";
import { COMMIT, headRevision } from "./git-revision.ts";
import { parseJson } from "./json.ts";
import { Evidence, isExecutable, listFolder, readObserved } from "./observed-files.ts";
import { readToolchain } from "./selected-toolchain.ts";
import { userCacheFolder } from "./user-cache.ts";

/**
 * A toolchain as elan reads it (`lookup_unresolved_toolchain_desc` in its src/elan/toolchain.rs):
 * `origin/repository:release`, or a release or a custom name alone. Names that are no plain name of
 * a folder are left out, and names with `--`, which stands for `/` and `:` in a folder's name.
 */
const TOOLCHAIN = /^(?!.*--)(?:[a-z0-9_][\w-]*\/[a-z0-9_][\w-]*:)?[a-z0-9][\w.-]*$/i;

/** Longer names are no toolchains, and perhaps no valid names of folders. */
const MOST_CHARACTERS = 200;

/**
 * The folder that holds the REPLs that were built; undefined if the user has no folder for caches.
 */
export function builtReplsFolder(): string | undefined {
  const cache = userCacheFolder();
  return cache && join(cache, "repl");
}

/**
 * The folder of the REPL of a toolchain, named as elan names those of toolchains
 * (`leanprover--lean4---v4.33.0`). It need not be there. Undefined for what is no toolchain's name,
 * and where the user has no folder for caches.
 * @param toolchain the whole name, such as `leanprover/lean4:v4.33.0`
 */
export function builtReplFolder(toolchain: string): string | undefined {
  const all = builtReplsFolder();
  const isName = toolchain.length <= MOST_CHARACTERS && TOOLCHAIN.test(toolchain);
  return all !== undefined && isName
    ? join(all, toolchain.replace("/", "--").replace(":", "---"))
    : undefined;
}

/**
 * The folder in which the REPL of a toolchain is built, and lies when it was: {@link
 * builtReplFolder} is a link to there. No toolchain's name begins as it does.
 */
export function buildsFolder(toolchain: string): string | undefined {
  const folder = builtReplFolder(toolchain);
  return folder && join(dirname(folder), ".builds", basename(folder));
}

/**
 * The executable of the REPL that was built for a toolchain; undefined if there is none. What is
 * there is whole: a checkout gets this name only after it was built and has worked.
 * @param toolchain as for {@link builtReplFolder}
 */
export function findBuiltRepl(toolchain: string): string | undefined {
  const folder = builtReplFolder(toolchain);
  const repl = folder && join(folder, BUILT_REPL);
  // Where the file system knows no upper and lower case, the folder may be another toolchain's.
  return repl && isExecutable(repl) && isFor(folder, toolchain) ? repl : undefined;
}

/**
 * The toolchains for which REPLs were built, by their whole names: releases from the newest on,
 * then all others.
 */
export function builtToolchains(): string[] {
  const all = builtReplsFolder();
  const found = all === undefined ? "absent" : listFolder(all);
  const names = (typeof found === "string" ? [] : found).flatMap(({ name }) => {
    const toolchain = readToolchain(join(all ?? "", name), "REPL", new Evidence());
    return toolchain === null ? [] : normalizeToolchain(toolchain);
  });
  return names.filter((name) => findBuiltRepl(name) !== undefined).sort(compareNames);
}

/** Releases before all others, and what is newer first. */
function compareNames(a: string, b: string): number {
  const isRelease = (name: string): boolean => /:v\d/.test(name);
  const version = (name: string): string => name.replace(/^.*:/, "");
  return Number(isRelease(b)) - Number(isRelease(a)) || compareVersions(version(b), version(a));
}

function isFor(folder: string, toolchain: string): boolean {
  const own = readToolchain(folder, "REPL", new Evidence());
  return own !== null && isSameToolchain(own, toolchain) === true;
}

/** The record that `lean-pickle setup` writes about a REPL that it built. */
export interface BuildRecord {
  /** The URL or the path of the repository. */
  source: string;
  /** The tag, the branch or the commit, as it was looked for there. */
  rev: string;
}

/** In the folder of lake, which git leaves alone: the checkout stays as it was fetched. */
const RECORD = join(".lake", "lean-pickle.json");

/** Writes into a checkout where it comes from. */
export function writeBuildRecord(checkout: string, { source, rev }: BuildRecord): void {
  writeFileSync(join(checkout, RECORD), `${JSON.stringify({ source, rev })}\n`);
}

/** What was noted in a checkout; undefined if there is nothing of it. */
export function readBuildRecord(checkout: string): BuildRecord | undefined {
  const found = readObserved(join(checkout, RECORD));
  const parsed = typeof found === "string" ? null : parseJson(found.toString());
  const { source, rev } = parsed instanceof Object ? (parsed as Record<string, unknown>) : {};
  return typeof source === "string" && typeof rev === "string" ? { source, rev } : undefined;
}

/** Whether a checkout is at a tag, branch or commit that a user named, or was when it was built. */
export function isAtRevision(checkout: string, rev: string): boolean {
  const isCommit = COMMIT.test(rev) && headRevision(checkout)?.startsWith(rev) === true;
  return isCommit || readBuildRecord(checkout)?.rev === rev;
}
