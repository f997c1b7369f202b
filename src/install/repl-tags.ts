/** Which tag of a repository of the REPL fits a toolchain. Pure: it knows names, and no repository. */
import { compareVersions, officialRelease } from "../system/lean-version.ts";

/** A tag of a repository of the REPL. */
interface ReplTag {
  /** As in `refs/tags/`. */
  name: string;
  /** The release of Lean that it is for, such as `v4.33.0-rc1` or `nightly-2026-01-02`. */
  release: string;
  /** The revision of LeanInteract's fork; undefined for upstream's tags. */
  revision: string | undefined;
}

const RELEASE = /v\d+\.\d+\.\d+(?:-(?:rc|m)\d+)?|nightly-\d{4}-\d{2}-\d{2}(?:-rev\d+)?/.source;
const UPSTREAM = new RegExp(`^(${RELEASE})$`);
const FORK = new RegExp(`^(.+)_lean-toolchain-(${RELEASE})$`);

/** How many are named on either side where there is none that fits. */
const NEAREST = 2;

/**
 * Reads a tag: upstream's are named as the release of Lean, LeanInteract's
 * `{revision}_lean-toolchain-{release}`. Undefined for other names.
 */
function parseTag(name: string): ReplTag | undefined {
  const [, upstream] = UPSTREAM.exec(name) ?? [];
  if (upstream !== undefined) {
    return { name, release: upstream, revision: undefined };
  }
  const [, revision, release] = FORK.exec(name) ?? [];
  return release === undefined ? undefined : { name, release, revision };
}

/**
 * The tag that fits a toolchain: upstream's own, else that of the newest revision of the fork.
 * Undefined where there is none.
 */
export function chooseTag(names: readonly string[], toolchain: string): string | undefined {
  const release = officialRelease(toolchain);
  const fitting = parseAll(names).filter((tag) => tag.release === release);
  const upstream = fitting.find(({ revision }) => revision === undefined);
  const newest = fitting.sort((a, b) => compareVersions(a.revision ?? "", b.revision ?? "")).at(-1);
  return (upstream ?? newest)?.name;
}

/**
 * The releases of Lean nearest to a toolchain that there are tags for: at most two before it and two
 * after it, in order; the last ones where it is no release.
 */
export function nearestReleases(names: readonly string[], toolchain: string): string[] {
  const wanted = officialRelease(toolchain);
  const isNightly = wanted?.startsWith("nightly-") === true;
  const all = [...new Set(parseAll(names).map(({ release }) => release))].sort(compareVersions);
  const kin = all.filter((release) => release.startsWith("nightly-") === isNightly);
  const known = kin.length > 0 ? kin : all;
  const isBefore = (release: string): boolean =>
    kin.length === 0 || wanted === undefined || compareVersions(release, wanted) < 0;
  const before = known.filter(isBefore).slice(-NEAREST);
  return [...before, ...known.filter((release) => !isBefore(release)).slice(0, NEAREST)];
}

function parseAll(names: readonly string[]): ReplTag[] {
  return names.flatMap((name) => parseTag(name) ?? []);
}
