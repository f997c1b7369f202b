import { parseJson } from "./json.ts";

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
  for (const { name, dir, isCloned, subDir } of entries.map(readEntry)) {
    if (name !== undefined) {
      places.names.push(name);
    }
    if (dir !== undefined) {
      places.paths.push(dir);
    } else if (name !== undefined && isCloned) {
      places.clones.push(name);
      places.parts.push(...(subDir === undefined ? [] : [{ name, folder: subDir }]));
    }
  }
  return places;
}

function readEntry(entry: Record<string, unknown>): {
  name: string | undefined;
  dir: string | undefined;
  isCloned: boolean;
  subDir: string | undefined;
} {
  // Older ones have what is of them in a field that is named as their type.
  const oldType = entry.path === undefined ? "git" : "path";
  const type = entry.type ?? oldType;
  const fields = entry.type === undefined ? fieldsOf(entry[oldType]) : entry;
  return {
    name: nameIn(fields),
    dir: type === "path" ? path(fields.dir) : undefined,
    isCloned: type === "git",
    subDir: path(fields.subDir) ?? path(fields["subDir?"]),
  };
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
