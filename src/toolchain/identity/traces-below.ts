import type { Dirent } from "node:fs";
import { join } from "node:path";
import { isFolder, listFolder } from "../locate/observed-files.ts";

/**
 * The `.trace` files anywhere below a folder, as relative paths in a fixed order; and a null for
 * each file or folder that may hold a compiled module without a trace.
 * @param others folders that are left out, as one root lies below another in `.lake/build/lib`
 */
export function* tracesBelow(
  folder: string,
  others: ReadonlySet<string>,
  below = "",
): Generator<string | null> {
  const entries = listFolder(join(folder, below));
  if (typeof entries === "string") {
    // It may be gone since it was listed.
    yield* entries === "absent" ? [] : [null];
    return;
  }
  const names = new Set(entries.map(({ name }) => name));
  for (const entry of entries) {
    const path = `${below}${entry.name}`;
    if (entry.isDirectory()) {
      yield* others.has(join(folder, path)) ? [] : tracesBelow(folder, others, `${path}/`);
    } else if (entry.name.endsWith(".trace")) {
      yield path;
    } else if (isUntraced(entry.name, names) || leadsToFolder(entry, join(folder, path))) {
      yield null;
    }
  }
}

function isUntraced(name: string, names: ReadonlySet<string>): boolean {
  return name.endsWith(".olean") && !names.has(name.replace(/olean$/, "trace"));
}

/** A link to a folder might lead back here for ever. Lake makes none. */
function leadsToFolder(entry: Dirent, path: string): boolean {
  return entry.isSymbolicLink() && isFolder(path);
}
