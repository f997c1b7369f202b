/** Which revision of the REPL is to be built for a toolchain, and where it comes from. */
import { resolve } from "node:path";
import { LeanPickleError } from "../errors.ts";
import { withoutCredentials } from "../system/run-program.ts";
import { COMMIT } from "../toolchain/locate/git-revision.ts";
import { isThere } from "../toolchain/locate/observed-files.ts";
import { type GitOptions, listRefs } from "./git.ts";
import { chooseTag, nearestReleases } from "./repl-tags.ts";

/** The REPL's own repository, and LeanInteract's fork of it, which has tags for more Leans. */
export const DEFAULT_SOURCES = [
  "https://github.com/leanprover-community/repl",
  "https://github.com/augustepoiroux/repl",
];

/** What is to be fetched. */
export interface ReplRevision {
  /** The URL or the path of the repository. */
  url: string;
  /** What it is called there, for a person: a tag, a branch or a commit. */
  name: string;
  /** The full name of the tag or the branch; undefined for a commit that none of them names. */
  ref: string | undefined;
}

/** Any transport but those of git's own: `ext::sh -c ...` would run a command. */
const REMOTE_HELPER = /^[\w.+-]+::/;

const URL_OR_HOST = /^(?:[a-z][a-z0-9+.-]*:\/\/|[^/]+:)/i;

/**
 * Reads where a REPL is to come from: a URL as git takes them, or the path of a repository.
 * @throws {LeanPickleError} `usage` for what is none
 */
export function parseSource(from: string): string {
  const isPath = isThere(from);
  const isUrl = URL_OR_HOST.test(from) && !REMOTE_HELPER.test(from) && !/[\s\p{Cc}]/u.test(from);
  if (!isPath && (!isUrl || from.startsWith("-"))) {
    const shown = JSON.stringify(withoutCredentials(from));
    throw new LeanPickleError(
      "usage",
      `${shown} is neither the URL of a git repository nor the path of one.`,
    );
  }
  return isPath ? resolve(from) : from;
}

/** What is looked for. */
export interface WantedRevision {
  /** The Lean that it has to be for. */
  toolchain: string;
  /** A tag, a branch or a commit; undefined for the tag that fits. */
  rev: string | undefined;
}

/**
 * Where what is to be built may be found, the likeliest first: more than one place only for a commit
 * that no tag and no branch is at.
 * @throws {LeanPickleError} `no-repl` where there is no such revision, or no tag that fits: then with
 * the nearest ones
 */
export async function findRevisions(
  sources: readonly string[],
  { toolchain, rev }: WantedRevision,
  options: GitOptions,
): Promise<ReplRevision[]> {
  return rev === undefined
    ? [await chooseByToolchain(sources, toolchain, options)]
    : await findNamed(sources, rev, options);
}

/** The tag that fits a toolchain, in the first of the sources that has one. */
async function chooseByToolchain(
  sources: readonly string[],
  toolchain: string,
  options: GitOptions,
): Promise<ReplRevision> {
  const all: string[] = [];
  for (const url of sources) {
    const refs = await listRefs(url, options);
    const tags = [...refs].flatMap((ref) => /^refs\/tags\/(.*)$/.exec(ref)?.[1] ?? []);
    const name = chooseTag(tags, toolchain);
    if (name !== undefined) {
      return { url, name, ref: `refs/tags/${name}` };
    }
    all.push(...tags);
  }
  const where = sources.map(withoutCredentials).join(" and ");
  const nearest = nearestReleases(all, toolchain);
  const there =
    nearest.length === 0
      ? `In ${where} there is none for any Lean.`
      : `The nearest in ${where} are for ${nearest.join(", ")}.`;
  throw new LeanPickleError("no-repl", `No tag of the REPL fits ${toolchain}. ${there}`, {
    hint: `Use another Lean, or name with --rev a revision whose lean-toolchain is ${toolchain}.`,
  });
}

async function findNamed(
  sources: readonly string[],
  rev: string,
  options: GitOptions,
): Promise<ReplRevision[]> {
  for (const url of sources) {
    const refs = await listRefs(url, options);
    const ref = [rev, `refs/tags/${rev}`, `refs/heads/${rev}`].find((each) => refs.has(each));
    if (ref !== undefined) {
      return [{ url, name: rev, ref }];
    }
  }
  if (!COMMIT.test(rev)) {
    throw noSuchRevision(sources, rev);
  }
  return sources.map((url) => ({ url, name: rev, ref: undefined }));
}

/** There is no such revision. */
export function noSuchRevision(sources: readonly string[], rev: string): LeanPickleError {
  const where = sources.map(withoutCredentials).join(" or ");
  const message = `There is no tag, branch or commit ${JSON.stringify(rev)} in ${where}.`;
  return new LeanPickleError("no-repl", message, {
    hint: "A commit can be named by at least 7 of its hexadecimal digits, in small letters.",
  });
}
