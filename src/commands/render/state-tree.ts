/** The states as a tree: in which order they stand, and how it is drawn. */

/** A state at its place in the tree. */
export interface TreeRow<S> {
  state: S;
  /** The session id of the state that it was built on; null for a root. */
  builtOn: number | null;
  /** How many states it stands on. */
  depth: number;
  /** Whether no other state that was built on the same one comes after it. */
  isLast: boolean;
}

/** The columns of one level: a branch, a dash and a space. */
const LEVEL_WIDTH = 3;

/** The part of a terminal that the tree may have. */
const SHARE = 1 / 3;

/** Its limit where nothing limits the width: a long chain would take the square of its length. */
const MAX_WIDTH = 100;

/**
 * Puts each state before those that were built on it. Those that were built on the same one, and
 * the roots, keep the order that they come in.
 * @param builtOn session ids by session ids, of these states and without a circle
 */
export function orderAsTree<S extends { sessionId: number }>(
  states: readonly S[],
  builtOn: ReadonlyMap<number, number | null>,
): TreeRow<S>[] {
  const siblings = new Map<number | null, S[]>();
  for (const state of states) {
    const base = builtOn.get(state.sessionId) ?? null;
    const others = siblings.get(base);
    if (others) {
      others.push(state);
    } else {
      siblings.set(base, [state]);
    }
  }
  // Not by recursion: a chain may be longer than the stack is deep.
  const waiting: TreeRow<S>[] = [];
  const putOff = (base: number | null, depth: number) => {
    let isLast = true;
    for (const state of siblings.get(base)?.reverse() ?? []) {
      waiting.push({ state, builtOn: base, depth, isLast });
      isLast = false;
    }
  };
  putOff(null, 0);
  const rows: TreeRow<S>[] = [];
  for (let row = waiting.pop(); row; row = waiting.pop()) {
    rows.push(row);
    putOff(row.state.sessionId, row.depth + 1);
  }
  return rows;
}

/**
 * Draws the column of ids as a tree. Where it is too deep for its share of the terminal, the states
 * from some depth on stand below each other at that depth, and each branch carries the depth that
 * its state has: in this order, that says all.
 * @param rows in the order of the tree
 * @param maxWidth of the terminal, in columns; Infinity where there is none
 * @returns a text for each row, which ends with the whole id
 */
export function drawTree<S extends { sessionId: number }>(
  rows: readonly TreeRow<S>[],
  maxWidth: number,
): string[] {
  const { levels, labelWidth } = fitLevels(rows, maxWidth);
  /** What stands below the branches of the states that lead to the row, from the first level on. */
  const guides: string[] = [];
  return rows.map(({ state, depth, isLast }, at) => {
    const level = Math.min(depth, levels);
    const isFolded = depth >= levels;
    const ends = isFolded ? (rows[at + 1]?.depth ?? 0) < levels : isLast;
    const left = guides.slice(0, Math.max(0, level - 1)).join("");
    if (level > 0) {
      guides[level - 1] = ends ? "   " : "│  ";
    }
    const label = isFolded ? `${String(depth).padStart(labelWidth, "─")}─` : "";
    const branch = level > 0 ? `${ends ? "└" : "├"}─${label} ` : "";
    return `${left}${branch}${state.sessionId}`;
  });
}

/** How many levels are drawn, Infinity for all of them, and the width of the depths of others. */
function fitLevels<S extends { sessionId: number }>(
  rows: readonly TreeRow<S>[],
  maxWidth: number,
): { levels: number; labelWidth: number } {
  const width = Math.min(MAX_WIDTH, Math.floor(maxWidth * SHARE));
  let idWidth = 0;
  let deepest = 0;
  for (const { state, depth } of rows) {
    idWidth = Math.max(idWidth, String(state.sessionId).length);
    deepest = Math.max(deepest, depth);
  }
  const labelWidth = String(deepest).length;
  if (deepest * LEVEL_WIDTH + idWidth <= width) {
    return { levels: Number.POSITIVE_INFINITY, labelWidth };
  }
  // The label and the dash behind it come on top of the last level.
  const room = width - idWidth - labelWidth - 1;
  return { levels: Math.max(1, Math.floor(room / LEVEL_WIDTH)), labelWidth };
}
