/** The files of elan, which installs Leans and chooses one. They are only read here. */
import { basename, dirname, join, resolve } from "node:path";
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

const STRING = /"(?:[^"\\]|\\.)*"|'[^']*'/.source;
const ENTRY = new RegExp(`^\\s*(${STRING}|[\\w-]+)\\s*=\\s*(${STRING})\\s*(?:#.*)?$`);
const TABLE = /^\s*\[([^\]]*)\]/;

/** Reads elan's settings, in its `settings.toml`; none if there is no elan. */
export function readElanSettings(): ElanSettings {
  const home = elanHome();
  const found = home === undefined ? "absent" : readObserved(join(home, "settings.toml"));
  return parseElanSettings(typeof found === "string" ? "" : found.toString());
}

/**
 * Understands a `settings.toml` in the form in which elan writes it (its src/elan/settings.rs):
 * `default_toolchain = "..."` at the top, and in `[overrides]` a line for each folder.
 */
export function parseElanSettings(text: string): ElanSettings {
  const overrides = new Map<string, string>();
  let defaultToolchain: string | null = null;
  let table = "";
  for (const line of text.split("\n")) {
    table = TABLE.exec(line)?.[1]?.trim() ?? table;
    const [, key = "", value = ""] = ENTRY.exec(line) ?? [];
    const name = parseToolchainFile(unquote(value));
    if (table === "overrides" && name !== null) {
      overrides.set(unquote(key), name);
    } else if (table === "" && unquote(key) === "default_toolchain") {
      defaultToolchain = name;
    }
  }
  return { defaultToolchain, overrides };
}

/**
 * A string of TOML: `'...'` is as it stands; in `"..."` there are escapes, nearly those of JSON.
 */
function unquote(text: string): string {
  if (!text.startsWith('"')) {
    return text.replace(/^'(.*)'$/, "$1");
  }
  const inJson = text.replace(/\\U([0-9a-fA-F]{8})/g, (_, digits: string) =>
    String.fromCodePoint(Math.min(Number.parseInt(digits, 16), 0x10ffff)),
  );
  try {
    return JSON.parse(inJson) as string;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return "";
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
  if (home === undefined || !namesOneLean(toolchain) || !isThere(join(home, "bin"))) {
    return undefined;
  }
  const folder = (name: string): string =>
    join(home, "toolchains", name.replace("/", "--").replace(":", "---"));
  // Older versions of elan know no origins, and use the name as it was given.
  return isThere(folder(normalizeToolchain(toolchain))) || isThere(folder(toolchain));
}

/** Whether elan would download the toolchain before it runs a program. */
export function wouldDownload(program: string, toolchain: string): boolean {
  return isElans(program) && isInstalled(toolchain) === false;
}
