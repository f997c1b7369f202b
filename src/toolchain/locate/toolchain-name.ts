/** The names of toolchains, as elan reads them. */

const RELEASE = /v?\d+\.\d+\.\d+(?:-(?:rc|m)\d+)?/.source;
const NIGHTLY = /nightly-\d{4}-\d{2}-\d{2}(?:-rev\d+)?/.source;
const ORIGIN = /[\w.-]+\/[\w.-]+/.source;
const ONE_LEAN = new RegExp(`^(?:(${ORIGIN}):)?(${RELEASE}|${NIGHTLY})$`);
const CHANNEL = new RegExp(`^(?:(${ORIGIN}):)?(stable|beta|nightly)$`);

/** Where Lean comes from where a toolchain's name does not say (elan's `DEFAULT_ORIGIN`). */
const DEFAULT_ORIGIN = "leanprover/lean4";

/**
 * Whether a toolchain's name stands for the same Lean at any time and on any machine: a release or
 * the nightly build of one day. `stable` and `nightly` move, and anything may be linked to a name of
 * one's own.
 */
export function namesOneLean(toolchain: string): boolean {
  return ONE_LEAN.test(toolchain);
}

/**
 * The whole name of a toolchain, as elan completes it (`lookup_unresolved_toolchain_desc` in its
 * src/elan/toolchain.rs): `4.33.0` and `v4.33.0` are `leanprover/lean4:v4.33.0`, and nightly builds
 * come from `leanprover/lean4-nightly`. A name of one's own stays as it is.
 */
export function wholeName(toolchain: string): string {
  const [, origin = DEFAULT_ORIGIN, release = ""] =
    ONE_LEAN.exec(toolchain) ?? CHANNEL.exec(toolchain) ?? [];
  if (release === "") {
    return toolchain;
  }
  const isNightly = release.startsWith("nightly");
  const source = isNightly && !origin.endsWith("-nightly") ? `${origin}-nightly` : origin;
  return `${source}:${/^\d/.test(release) ? `v${release}` : release}`;
}

/** A toolchain's name as short as it can be given: of an official Lean, its version. */
export function versionIn(toolchain: string): string {
  return wholeName(toolchain).replace(/^leanprover\/lean4(?:-nightly)?:/, "");
}

/** Whether two names stand for the same Lean; undefined where that cannot be told from them. */
export function isSameToolchain(one: string, other: string): boolean | undefined {
  if (wholeName(one) === wholeName(other)) {
    return true;
  }
  return namesOneLean(one) && namesOneLean(other) ? false : undefined;
}

/** The name in a text such as a `lean-toolchain`, of which elan reads the first line; or null. */
export function nameIn(text: string): string | null {
  const name = text.trimStart().split("\n", 1)[0]?.trim() ?? "";
  return /^[\x21-\x7e]{1,200}$/.test(name) ? name : null;
}
