/** Which states are to go, by rules: nothing is looked at here, and nothing is changed. */
import { totalBytes } from "../../output/text.ts";
import {
  normalizeToolchain,
  officialRelease,
  versionOfToolchain,
} from "../../system/lean-version.ts";
import type { ManifestState } from "../manifest/schema.ts";

/** Which states are to go: those that any of the rules is for. Without one, none is. */
export interface PruneRules {
  /** Those whose pickle is missing, or not what was written. */
  damaged?: boolean | undefined;
  /** Those that were not used for this long, in milliseconds. */
  olderThanMs?: number | undefined;
  /** Of the others, as few as possible so that their pickles have no more than so many bytes. */
  maxBytes?: number | undefined;
  /** Those of this Lean: the name of a toolchain, with or without what comes before its version. */
  toolchain?: string | undefined;
}

/** Which rule a state goes by. */
export type PruneReason = "damaged" | "toolchain" | "unused" | "size";

/** A state, and what its pickle is on the disk. */
export interface StateOnDisk {
  state: ManifestState;
  /** Of the pickle as it is; 0 where there is none. */
  bytes: number;
  /** When it was used last, in milliseconds since 1970: when it was made, where there is no pickle. */
  lastUsedMs: number;
  isDamaged: boolean;
}

/** A state that is to go, and why. */
export interface Doomed extends StateOnDisk {
  reasons: PruneReason[];
}

/**
 * The states that are to go, in the order in which they came.
 * @param now in milliseconds since 1970
 */
export function chooseStates(
  states: readonly StateOnDisk[],
  rules: PruneRules,
  builtOn: ReadonlyMap<number, number | null>,
  now: number,
): Doomed[] {
  const { damaged = false, olderThanMs, maxBytes, toolchain } = rules;
  const doomed = states.map((each): Doomed => {
    const reasons: PruneReason[] = [];
    if (damaged && each.isDamaged) {
      reasons.push("damaged");
    }
    if (toolchain !== undefined && isOfToolchain(each.state, toolchain)) {
      reasons.push("toolchain");
    }
    if (olderThanMs !== undefined && now - each.lastUsedMs > olderThanMs) {
      reasons.push("unused");
    }
    return { ...each, reasons };
  });
  if (maxBytes !== undefined) {
    for (const each of chooseForSize(doomed, maxBytes, builtOn)) {
      each.reasons.push("size");
    }
  }
  return doomed.filter(({ reasons }) => reasons.length > 0);
}

/** Of those that stay so far, the first ones to go without which the others are small enough. */
function chooseForSize(
  states: readonly Doomed[],
  maxBytes: number,
  builtOn: ReadonlyMap<number, number | null>,
): Doomed[] {
  const staying = orderOfGoing(states, builtOn).filter(({ reasons }) => reasons.length === 0);
  let left = totalBytes(staying);
  const end = staying.findIndex(({ bytes }) => {
    const isEnough = left <= maxBytes;
    left -= bytes;
    return isEnough;
  });
  return end === -1 ? staying : staying.slice(0, end);
}

/**
 * States in the order in which they go: the least recently used first, but each one after what was
 * built on it; so one counts as used when anything built on it was. Of those that were used at the
 * same time, what was built on more goes first, and then what was made first.
 */
export function orderOfGoing<T extends StateOnDisk>(
  states: readonly T[],
  builtOn: ReadonlyMap<number, number | null>,
): T[] {
  const used = new Map(states.map(({ state, lastUsedMs }) => [state.sessionId, lastUsedMs]));
  const depth = new Map<number, number>();
  for (const { state } of states) {
    depthOf(state.sessionId, builtOn, depth);
  }
  const of = (map: ReadonlyMap<number, number>, { state }: StateOnDisk): number =>
    map.get(state.sessionId) ?? 0;
  // From the deepest up: what is built on a state has told it all when its turn comes.
  for (const { state } of [...states].sort((a, b) => of(depth, b) - of(depth, a))) {
    const base = builtOn.get(state.sessionId) ?? 0;
    const since = used.get(state.sessionId) ?? 0;
    const known = used.get(base);
    if (known !== undefined) {
      used.set(base, Math.max(known, since));
    }
  }
  return [...states].sort(
    (a, b) =>
      of(used, a) - of(used, b) ||
      of(depth, b) - of(depth, a) ||
      b.state.sessionId - a.state.sessionId,
  );
}

/** How many states one is built on, noted for all of them. */
function depthOf(
  sessionId: number,
  builtOn: ReadonlyMap<number, number | null>,
  known: Map<number, number>,
): void {
  const path: number[] = [];
  const seen = new Set<number>();
  for (
    let at: number | null = sessionId;
    at !== null && !known.has(at) && !seen.has(at);
    at = builtOn.get(at) ?? null
  ) {
    seen.add(at);
    path.push(at);
  }
  for (const each of path.reverse()) {
    const base = builtOn.get(each) ?? null;
    known.set(each, base === null ? 0 : (known.get(base) ?? 0) + 1);
  }
}

/** Whether a state is of a Lean: by the name of its toolchain, or the version in its pickle. */
function isOfToolchain({ lean }: ManifestState, wanted: string): boolean {
  const version = versionOfOfficial(wanted);
  const isByName =
    lean.toolchain !== null && normalizeToolchain(lean.toolchain) === normalizeToolchain(wanted);
  return isByName || (version !== null && lean.version === version);
}

/** Only an official Lean is known by its version: another origin may build it differently. */
function versionOfOfficial(toolchain: string): string | null {
  return officialRelease(toolchain) === undefined ? null : versionOfToolchain(toolchain);
}
