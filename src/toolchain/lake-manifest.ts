import { parseJson } from "./trace-file.ts";

/** Where the packages of a project are, as far as its `lake-manifest.json` tells. */
export interface PackagePlaces {
  /** The folder that lake clones packages to, from the project's. */
  packagesDir: string | undefined;
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
  const places: PackagePlaces = { packagesDir: path(manifest.packagesDir), paths: [], parts: [] };
  for (const entry of entries) {
    const dir = path(entry.type === "path" ? entry.dir : fieldsOf(entry.path).dir);
    const git = entry.type === undefined ? fieldsOf(entry.git) : entry;
    const name = path(git.name);
    const folder = path(git.subDir) ?? path(git["subDir?"]);
    if (dir !== undefined) {
      places.paths.push(dir);
    } else if (name !== undefined && folder !== undefined) {
      places.parts.push({ name, folder });
    }
  }
  return places;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return value instanceof Object ? { ...value } : {};
}

/** A path that can be asked for: no file system knows names with a NUL, nor does Node take them. */
function path(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && !value.includes("\0") ? value : undefined;
}
