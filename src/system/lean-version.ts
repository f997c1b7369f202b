/** Versions of Lean and names of toolchains: pure text, as elan and Lean write it. */

const RELEASE = /v?\d+\.\d+\.\d+(?:-(?:rc|m)\d+)?/.source;
const NIGHTLY = /nightly-\d{4}-\d{2}-\d{2}(?:-rev\d+)?/.source;
const ORIGIN = /[\w.-]+\/[\w.-]+/.source;
const ONE_LEAN = new RegExp(`^(?:(${ORIGIN}):)?(${RELEASE}|${NIGHTLY})$`);
const CHANNEL = new RegExp(`^(?:(${ORIGIN}):)?(stable|beta|nightly)$`);

/** The origin of a toolchain whose name has none (elan's `DEFAULT_ORIGIN`). */
const DEFAULT_ORIGIN = "leanprover/lean4";

/**
 * Whether a toolchain's name means the same Lean at any time and on any machine: a release, or the
 * nightly build of one day. `stable` and `nightly` move, and a custom name can be linked to anything.
 */
export function namesOneLean(toolchain: string): boolean {
  return ONE_LEAN.test(toolchain.trim());
}

/**
 * The full name of a toolchain, as elan completes it (`lookup_unresolved_toolchain_desc` in its
 * src/elan/toolchain.rs): `4.33.0` and `v4.33.0` are `leanprover/lean4:v4.33.0`, and nightly builds
 * come from `leanprover/lean4-nightly`. White space around it is dropped. A custom name is kept.
 */
export function normalizeToolchain(toolchain: string): string {
  const name = toolchain.trim();
  const [, origin = DEFAULT_ORIGIN, release = ""] = ONE_LEAN.exec(name) ?? CHANNEL.exec(name) ?? [];
  if (release === "") {
    return name;
  }
  const isNightly = release.startsWith("nightly");
  const source = isNightly && !origin.endsWith("-nightly") ? `${origin}-nightly` : origin;
  return `${source}:${/^\d/.test(release) ? `v${release}` : release}`;
}

/** The shortest name of a toolchain: for an official Lean its release, such as `v4.33.0-rc2`. */
export function shortToolchain(toolchain: string): string {
  return officialRelease(toolchain) ?? normalizeToolchain(toolchain);
}

/** The release of an official Lean or nightly build, such as `v4.33.0-rc2`; undefined for others. */
export function officialRelease(toolchain: string): string | undefined {
  return /^leanprover\/lean4(?:-nightly)?:(.+)$/.exec(normalizeToolchain(toolchain))?.[1];
}

/** Whether two names mean the same Lean; undefined if the names do not decide it. */
export function isSameToolchain(one: string, other: string): boolean | undefined {
  if (normalizeToolchain(one) === normalizeToolchain(other)) {
    return true;
  }
  return namesOneLean(one) && namesOneLean(other) ? false : undefined;
}

/** The file of a folder that names its toolchain. */
export const TOOLCHAIN_FILE = "lean-toolchain";

/** The toolchain named by the first line of a text, as elan reads a `lean-toolchain`; or null. */
export function parseToolchainFile(text: string): string | null {
  const name = text.trimStart().split("\n", 1)[0]?.trim() ?? "";
  return /^[\x21-\x7e]{1,200}$/.test(name) ? name : null;
}

/**
 * The version in a toolchain's name, as Lean prints it: `4.33.0-rc2` for
 * `leanprover/lean4:v4.33.0-rc2`. Null for nightly builds, channels and custom names.
 */
export function versionOfToolchain(toolchain: string): string | null {
  return /:v(\d.*)$/.exec(normalizeToolchain(toolchain))?.[1] ?? null;
}

/** The release that a version belongs to: `4.33.0` for `4.33.0-rc2`, and for `4.33.0`. */
export function releaseOfVersion(version: string): string {
  return version.replace(/-.*/, "");
}

/**
 * The toolchain of a Lean that prints `Lean (version 4.33.0-rc2, ...)` or
 * `Lean (version 4.34.0-nightly-2026-01-02, ...)`; undefined for a custom build.
 */
export function parseLeanVersion(text: string): string | undefined {
  const version = /^Lean \(version ([\w.-]+)/.exec(text)?.[1] ?? "";
  const nightly = /nightly-.*$/.exec(version)?.[0];
  const name = normalizeToolchain(nightly ?? version);
  return namesOneLean(name) ? name : undefined;
}

/**
 * Orders versions by number, and a release after its candidates (`v4.9.0-rc2`, `v4.9.0`, `v4.10.0`).
 * Any other text sorts before all versions.
 */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [versionNumbers(one), versionNumbers(other)];
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  // Equal numbers, or none: any fixed order will do.
  return one < other ? -1 : Number(one > other);
}

/** The suffixes of a version, from the oldest to the newest. */
const SUFFIXES = ["m", "rc", "", "rev"];

const VERSION = /^(?:v|nightly-)?(\d+)[.-](\d+)(?:[.-](\d+))?(?:-?(m|rc|rev)(\d+))?$/;

/** `v4.9.0-rc2` as `[4, 9, 0, 1, 2]`; no numbers for any other text. */
function versionNumbers(version: string): number[] {
  const found = VERSION.exec(version);
  if (!found) {
    return [];
  }
  const [, major, minor, patch = 0, suffix = "", count = 0] = found;
  return [major, minor, patch, SUFFIXES.indexOf(suffix), count].map(Number);
}
