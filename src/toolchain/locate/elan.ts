/** The files of elan, which installs Leans and chooses one. They are only read here. */
import { basename, dirname, join, resolve } from "node:path";
import { parse, TomlError, type TomlTable, type TomlValue } from "smol-toml";
import { namesOneLean, normalizeToolchain, parseToolchainFile } from "../../system/lean-version.ts";
import { followLinks, isExecutable, isThere, readObserved } from "./observed-files.ts";
import { homeFolder } from "./user-cache.ts";

/** The folder of elan: `$ELAN_HOME`, else `~/.elan`. Undefined if the user has no home. */
export function elanHome(): string | undefined {
  const { ELAN_HOME } = process.env;
  if (ELAN_HOME !== undefined && ELAN_HOME !== "") {
    return resolve(ELAN_HOME);
  }
  const home = homeFolder();
  return home && join(home, ".elan");
}

/** What `elan default` and `elan override set` have chosen. */
export interface ElanSettings {
  /** The default toolchain; null for none. */
  defaultToolchain: string | null;
  /** By folder, the toolchain in it and below it. */
  overrides: ReadonlyMap<string, string>;
}

/** Reads elan's settings, in its `settings.toml`; none if there is no elan. */
export function readElanSettings(): ElanSettings {
  const home = elanHome();
  const found = home === undefined ? "absent" : readObserved(join(home, "settings.toml"));
  return parseElanSettings(typeof found === "string" ? "" : found.toString());
}

/**
 * Understands a `settings.toml` (elan, src/elan/settings.rs): `default_toolchain = "..."` at the top,
 * and in `[overrides]` a toolchain for each folder. What is no TOML chooses nothing: elan itself
 * refuses it.
 */
export function parseElanSettings(text: string): ElanSettings {
  const { default_toolchain: chosen, overrides = {} } = parseToml(text);
  const isTable = typeof overrides === "object" && !Array.isArray(overrides);
  const byFolder = isTable ? Object.entries(overrides) : [];
  const named = byFolder.flatMap(([folder, value]): [string, string][] => {
    const name = toolchainIn(value);
    return name === null ? [] : [[folder, name]];
  });
  return { defaultToolchain: toolchainIn(chosen), overrides: new Map(named) };
}

function toolchainIn(value: TomlValue | undefined): string | null {
  return typeof value === "string" ? parseToolchainFile(value) : null;
}

function parseToml(text: string): TomlTable {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof TomlError) {
      return {};
    }
    throw error;
  }
}

/** The toolchain that was set for a folder itself, which elan knows by its path without links. */
export function overrideFor({ overrides }: ElanSettings, folder: string): string | undefined {
  if (overrides.size === 0) {
    return undefined;
  }
  const real = followLinks(folder);
  return overrides.get(real === "absent" || real === "unreadable" ? folder : real);
}

/**
 * Whether a program is one of elan's proxies for Lean: links to elan or copies of it, which lie
 * beside it and may be linked from elsewhere.
 */
export function isElans(path: string): boolean {
  const real = followLinks(path);
  const isBesideElan = (program: string): boolean => isExecutable(join(dirname(program), "elan"));
  return basename(real) === "elan" || isBesideElan(path) || isBesideElan(real);
}

/**
 * Whether elan has a toolchain installed: its folder is the whole name with `--` for `/` and `---`
 * for `:`. Undefined if that cannot be told: there is no elan, or the name stands for another
 * Lean each time.
 */
export function isInstalled(toolchain: string): boolean | undefined {
  const home = elanHome();
  return home !== undefined && isThere(join(home, "bin"))
    ? hasToolchain(home, toolchain)
    : undefined;
}

function hasToolchain(home: string, toolchain: string): boolean | undefined {
  if (!namesOneLean(toolchain)) {
    return undefined;
  }
  const folder = (name: string): string =>
    join(home, "toolchains", name.replace("/", "--").replace(":", "---"));
  // Older versions of elan know no origins, and use the name as it was given.
  return isThere(folder(normalizeToolchain(toolchain))) || isThere(folder(toolchain));
}

/**
 * Whether elan would download the toolchain before it runs a program. Its home is made by its first
 * download, if it comes from a package of the system.
 */
export function wouldDownload(program: string, toolchain: string): boolean {
  const home = elanHome();
  return home !== undefined && isElans(program) && hasToolchain(home, toolchain) === false;
}
