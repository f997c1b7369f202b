/** Whether what a state stands on has changed since it was made. */
import type { KeyInputs } from "./key.ts";

/** What a state stands on, as {@link KeyInputs} hold it: null for what is not known or not there. */
export interface Basis {
  /** By the name of each file of the project. */
  project: Readonly<Record<string, string | null>> | null;
  /** By the name of each module that is imported. */
  imports: Readonly<Record<string, string | null>> | null;
}

/** Whether a state may mean something else by now than when it was made. */
export interface Staleness {
  /** Null where something of it is not known. */
  stale: boolean | null;
  /** What has changed, in clauses such as `the lakefile.toml of the project has changed`. */
  changes: string[];
}

/**
 * Compares what a state stood on with what it would stand on now. What is not known on either side
 * says nothing; nor does a project where there is none now, or was none then: that is another place,
 * not a change.
 */
export function findStaleness(then: KeyInputs | undefined, now: Basis): Staleness {
  const changes: string[] = [];
  const isProjectKnown = compareProject(asRecord(then?.project), now.project, changes);
  const areImportsKnown = compareImports(asRecord(then?.imports), now.imports, changes);
  const isKnown = isProjectKnown && areImportsKnown && then?.unknown === undefined;
  const isFresh = isKnown ? false : null;
  return { stale: changes.length > 0 ? true : isFresh, changes };
}

/** What is compared: null for what is not known. */
type Compared = Record<string, unknown> | null;

// There may be ten thousand states to compare: no more is made than what is told.

/** Adds a clause for each change, and says whether everything is known. */
function compareProject(then: Compared, now: Basis["project"], changes: string[]): boolean {
  if (!then || !now) {
    return then === now;
  }
  for (const name in then) {
    if (then[name] !== (now[name] ?? null)) {
      changes.push(`the ${name} of the project has changed`);
    }
  }
  return true;
}

function compareImports(then: Compared, now: Basis["imports"], changes: string[]): boolean {
  let isKnown = then !== null && now !== null;
  for (const module in then) {
    const [hash, hashNow] = [then[module] ?? null, now?.[module] ?? null];
    if (hash === null || hashNow === null) {
      isKnown = false;
    } else if (hash !== hashNow) {
      changes.push(`the module ${module} has changed`);
    }
  }
  return isKnown;
}

function asRecord(value: unknown): Compared {
  return value instanceof Object ? (value as Record<string, unknown>) : null;
}
