import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawTree, orderAsTree } from "../../../src/commands/render/state-tree.ts";
import { textWidth } from "../../../src/output/table.ts";

/** Of each state -1, -2, ... the one before it that it was built on: by how far back that one is. */
const forests = fc.array(fc.nat(4), { maxLength: 80 }).map(
  (back) =>
    new Map(
      back.map((distance, at): [number, number | null] => {
        const base = -(at + 1) + distance;
        return [-(at + 1), distance > 0 && base < 0 ? base : null];
      }),
    ),
);

const widths = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.constant(Number.POSITIVE_INFINITY));

function treeOf(builtOn: ReadonlyMap<number, number | null>) {
  const states = [...builtOn.keys()].map((sessionId) => ({ sessionId }));
  return orderAsTree(states, builtOn);
}

function chain(length: number): Map<number, number | null> {
  return new Map(Array.from({ length }, (_, at) => [-at - 1, at === 0 ? null : -at]));
}

describe("orderAsTree", () => {
  it("has each state once, after the one that it was built on and one level below it", () => {
    fc.assert(
      fc.property(forests, (builtOn) => {
        const depths = new Map<number | null, number>([[null, -1]]);
        for (const { state, builtOn: base, depth } of treeOf(builtOn)) {
          expect(base).toBe(builtOn.get(state.sessionId));
          expect(depths.get(base)).toBe(depth - 1);
          expect(depths.has(state.sessionId)).toBe(false);
          depths.set(state.sessionId, depth);
        }
        expect(depths.size).toBe(builtOn.size + 1);
      }),
    );
  });

  it("keeps the order of those that were built on the same state", () => {
    fc.assert(
      fc.property(forests, (builtOn) => {
        const last = new Map<number | null, { id: number; isLast: boolean }>();
        for (const { state, builtOn: base, isLast } of treeOf(builtOn)) {
          const before = last.get(base);
          expect(before === undefined || before.id > state.sessionId).toBe(true);
          expect(before?.isLast ?? false).toBe(false);
          last.set(base, { id: state.sessionId, isLast });
        }
        expect([...last.values()].every(({ isLast }) => isLast)).toBe(true);
      }),
    );
  });

  it("takes a chain that is longer than the stack is deep, and as many roots", () => {
    const rows = treeOf(chain(200_000));
    expect(rows.at(-1)).toMatchObject({ builtOn: -199_999, depth: 199_999 });
    const roots = Array.from({ length: 200_000 }, (_, at): [number, null] => [-at - 1, null]);
    expect(treeOf(new Map(roots))).toHaveLength(200_000);
  });
});

describe("drawTree", () => {
  const branching = new Map([
    [-1, null],
    [-2, -1],
    [-3, -2],
    [-4, -3],
    [-5, -2],
    [-6, -1],
    [-7, null],
  ]);

  it("draws branches", () => {
    expect(drawTree(treeOf(branching), 80)).toEqual([
      "-1",
      "├─ -2",
      "│  ├─ -3",
      "│  │  └─ -4",
      "│  └─ -5",
      "└─ -6",
      "-7",
    ]);
  });

  it("writes the depth on the branches of levels that have no room", () => {
    expect(drawTree(treeOf(branching), 30)).toEqual([
      "-1",
      "├─ -2",
      "│  ├─2─ -3",
      "│  ├─3─ -4",
      "│  └─2─ -5",
      "└─ -6",
      "-7",
    ]);
    expect(drawTree(treeOf(chain(12)), 10).slice(8)).toEqual([
      "├──8─ -9",
      "├──9─ -10",
      "├─10─ -11",
      "└─11─ -12",
    ]);
  });

  it("says what was built on what on a terminal of any width", () => {
    fc.assert(
      fc.property(forests, widths, (builtOn, width) => {
        const above: string[] = [];
        for (const text of drawTree(treeOf(builtOn), width)) {
          const [, left = "", label, id = ""] = /^([│├└─ ]*)(?:(\d+)─ )?(-\d+)$/.exec(text) ?? [];
          const depth = Number(label ?? left.length / 3);
          expect(Number(above[depth - 1] ?? 0) || null).toBe(builtOn.get(Number(id)));
          above[depth] = id;
        }
      }),
    );
  });

  it("draws lines that go on from row to row, and end at a last branch", () => {
    fc.assert(
      fc.property(forests, widths, (builtOn, width) => {
        const texts = drawTree(treeOf(builtOn), width);
        texts.forEach((text, at) => {
          const [above = "", below = ""] = [texts[at - 1], texts[at + 1]];
          [...text].forEach((character, column) => {
            if ("│├".includes(character)) {
              expect("│├└").toContain(below[column] ?? "nothing");
            }
            if ("│├└".includes(character)) {
              const isBelowId = above.search(/-\d+$/) === column;
              expect(isBelowId || "│├".includes(above[column] ?? "nothing")).toBe(true);
            }
          });
        });
      }),
    );
  });

  it("takes a third of a terminal at most, but for one level and the whole id", () => {
    fc.assert(
      fc.property(forests, widths, (builtOn, width) => {
        const drawn = Math.max(0, ...drawTree(treeOf(builtOn), width).map(textWidth));
        expect(drawn).toBeLessThanOrEqual(Math.max(width / 3, "├─79─ -80".length));
      }),
    );
    const long = drawTree(treeOf(chain(20_000)), Number.POSITIVE_INFINITY);
    expect(Math.max(...long.map(textWidth))).toBeLessThanOrEqual(100);
    expect(long.at(-1)).toMatch(/^ +└─19999─ -20000$/);
  });
});
