/** Chooses the states to remove by rules. It reads no files and changes nothing. */
import { totalBytes } from "../../output/text.ts";
import {
  normalizeToolchain,
  officialRelease,
  versionOfToolchain,
} from "../../system/lean-version.ts";
import type { ManifestState } from "../manifest/schema.ts";

/** The rules. A state is removed if any of them holds for it; without rules, none is. */
export interface PruneRules {
  /** States whose pickle is missing or damaged. */
  damaged?: boolean | undefined;
  /** States that were not used for this long, in milliseconds. */
  olderThanMs?: number | undefined;
  /** As few of the remaining states as possible, until all pickles have at most this many bytes. */
  maxBytes?: number | undefined;
  /** States of this Lean: the name of a toolchain, with or without the part before its version. */
  toolchain?: string | undefined;
}

/** The rule that removes a state. */
export type PruneReason = "damaged" | "toolchain" | "unused" | "size";

/** A state, and its pickle as it is on disk. */
export interface StateOnDisk {
  state: ManifestState;
  /** Of the pickle on disk; 0 if there is none. */
  bytes: number;
  /** The last use, in milliseconds since 1970; without a pickle, the time when it was made. */
  lastUsedMs: number;
  isDamaged: boolean;
}

/** A state to remove, and why. */
export interface Doomed extends StateOnDisk {
  reasons: PruneReason[];
}

/**
 * The states to remove, in the order in which they were given.
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

/**
 * The first states in the order of removal, as many as it takes for the rest to be small enough.
 */
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
 * States in the order of removal: the least recently used first, but each after the states that
 * were built on it. So a state counts as used when a state built on it was. Among states used at
 * the same time, the one with the longer chain of bases goes first, then the older one.
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
  // From the deepest up: each state passes its last use on to its base.
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

/** How many states a state is built on, recorded for each of them on the way. */
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

/** A version alone names only an official Lean: another origin may build it differently. */
function versionOfOfficial(toolchain: string): string | null {
  return officialRelease(toolchain) === undefined ? null : versionOfToolchain(toolchain);
}
