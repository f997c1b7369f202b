import type { Dirent } from "node:fs";
import { join } from "node:path";
import { isFolder, listFolder } from "../locate/observed-files.ts";

/**
 * The `.trace` files anywhere below a folder, as paths from it, in an order that is always the same;
 * and null for each thing that may hold a compiled module of which no trace is found.
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

/** Such a link might lead back here, for ever: lake makes none. */
function leadsToFolder(entry: Dirent, path: string): boolean {
  return entry.isSymbolicLink() && isFolder(path);
}
