/** Whether what a state stands on has changed since it was made. */
import type { KeyInputs } from "../recipe/key.ts";

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
  const found = [
    ...compareProject(asRecord(then?.project), now.project),
    ...compareImports(asRecord(then?.imports), now.imports),
  ];
  const changes = found.filter((each) => each !== null);
  const isKnown = then !== undefined && !("unknown" in then) && changes.length === found.length;
  const isFresh = isKnown ? false : null;
  return { stale: changes.length > 0 ? true : isFresh, changes };
}

/** What is compared: null for what is not known. */
type Compared = Record<string, unknown> | null;

/** A clause for each change, and null where something is not known. */
function compareProject(then: Compared, now: Basis["project"]): (string | null)[] {
  if (!then || !now) {
    return then || now ? [null] : [];
  }
  return [...new Set([...Object.keys(then), ...Object.keys(now)])]
    .filter((name) => (then[name] ?? null) !== (now[name] ?? null))
    .map((name) => `the ${name} of the project has changed`);
}

function compareImports(then: Compared, now: Basis["imports"]): (string | null)[] {
  if (!then || !now) {
    return [null];
  }
  return Object.entries(then).flatMap(([module, hash]) => {
    const hashNow = now[module] ?? null;
    if (hash === null || hashNow === null) {
      return [null];
    }
    return hash === hashNow ? [] : [`the module ${module} has changed`];
  });
}

function asRecord(value: unknown): Compared {
  return value instanceof Object ? (value as Record<string, unknown>) : null;
}
