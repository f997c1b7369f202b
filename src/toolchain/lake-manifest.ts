import { parseJson } from "./trace-file.ts";

/** Where the packages of a project are, as far as its `lake-manifest.json` tells. */
export interface PackagePlaces {
  /** The folder that lake clones packages to, from the project's. */
  packagesDir: string | undefined;
  /** The names of all packages, as folders have them: without the `«»` that Lean may need. */
  names: string[];
  /** The names of those that lake clones, to folders of these names. */
  clones: string[];
  /** The folders of packages that lie elsewhere and are used as they are, from the project's. */
  paths: string[];
  /** The packages that are a folder of what was cloned: its name, and that folder in it. */
  parts: { name: string; folder: string }[];
}

/**
 * Reads a `lake-manifest.json`, of any version: entries are `{ "type": "path", "dir": "../x" }` and
 * `{ "type": "git", "name": "x", "subDir": null | "y" }`, and up to version 6 `{ "path": { "dir" } }`
 * and `{ "git": { "name", "subDir?" } }` (Lake's src/lake/Lake/Load/Manifest.lean). What is not
 * understood is left out.
 */
export function readManifest(text: string): PackagePlaces {
  const manifest = fieldsOf(parseJson(text));
  const entries = Array.isArray(manifest.packages) ? manifest.packages.map(fieldsOf) : [];
  const places: PackagePlaces = {
    packagesDir: path(manifest.packagesDir),
    names: [],
    clones: [],
    paths: [],
    parts: [],
  };
  for (const entry of entries) {
    const dir = path(entry.type === "path" ? entry.dir : fieldsOf(entry.path).dir);
    const git = entry.type === undefined ? fieldsOf(entry.git) : entry;
    const name = nameIn(entry.path === undefined ? git : fieldsOf(entry.path));
    const folder = path(git.subDir) ?? path(git["subDir?"]);
    places.names.push(...(name === undefined ? [] : [name]));
    if (dir !== undefined) {
      places.paths.push(dir);
    } else if (name !== undefined && isCloned(entry)) {
      places.clones.push(name);
      places.parts.push(...(folder === undefined ? [] : [{ name, folder }]));
    }
  }
  return places;
}

function isCloned(entry: Record<string, unknown>): boolean {
  return entry.type === "git" || entry.git !== undefined;
}

/** Lake's folders have the names without the quotes (`Name.toString (escape := false)`). */
function nameIn(fields: Record<string, unknown>): string | undefined {
  return path(path(fields.name)?.replace(/[«»]/g, ""));
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return value instanceof Object ? { ...value } : {};
}

/** A path that can be asked for: no file system knows names with a NUL, nor does Node take them. */
function path(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && !value.includes("\0") ? value : undefined;
}
