import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseStates,
  orderOfGoing,
  type PruneRules,
  type StateOnDisk,
} from "../../../src/store/maintenance/prune-rules.ts";
import { anyState } from "../../support/manifests.ts";

const NOW = 1_000_000;

type BuiltOn = ReadonlyMap<number, number | null>;

/** States with the ids -1, -2, ... that take so much and were used then, and what each is built on. */
interface Forest {
  states: StateOnDisk[];
  builtOn: BuiltOn;
}

function forest(
  parts: readonly { bytes: number; lastUsedMs: number; isDamaged?: boolean; base: number }[],
): Forest {
  return {
    states: parts.map(({ bytes, lastUsedMs, isDamaged = false }, at) => ({
      state: anyState(-1 - at),
      bytes,
      lastUsedMs,
      isDamaged,
    })),
    // On one that was made before it, or on none.
    builtOn: new Map(
      parts.map(({ base }, at) => [-1 - at, at === 0 ? null : -(base % (at + 1)) || null]),
    ),
  };
}

const part = fc.record({
  bytes: fc.nat(20),
  lastUsedMs: fc.nat(15),
  isDamaged: fc.boolean(),
  base: fc.nat(100),
});
const forests = fc.array(part, { maxLength: 25 }).map(forest);
const rules: fc.Arbitrary<PruneRules> = fc.record(
  {
    damaged: fc.boolean(),
    olderThanMs: fc.integer({ min: NOW - 15, max: NOW }),
    maxBytes: fc.nat(300),
  },
  { requiredKeys: [] },
);

function ids(states: readonly StateOnDisk[]): number[] {
  return states.map(({ state }) => state.sessionId);
}

function size(states: readonly StateOnDisk[]): number {
  return states.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What the order means: again and again the least recently used that nothing left is built on. */
function removeOneByOne(states: readonly StateOnDisk[], builtOn: BuiltOn): number[] {
  const left = [...states];
  const gone: number[] = [];
  while (left.length > 0) {
    const bases = new Set(left.map(({ state }) => builtOn.get(state.sessionId)));
    const free = left.filter(({ state }) => !bases.has(state.sessionId));
    const next = free.reduce((a, b) => (b.lastUsedMs < a.lastUsedMs ? b : a));
    left.splice(left.indexOf(next), 1);
    gone.push(next.state.sessionId);
  }
  return gone;
}

describe("orderOfGoing", () => {
  it("holds each state once, after all that was built on it", () => {
    const property = fc.property(forests, ({ states, builtOn }) => {
      const order = ids(orderOfGoing(states, builtOn));
      expect([...order].sort((a, b) => b - a)).toEqual(ids(states));
      for (const [at, id] of order.entries()) {
        const base = builtOn.get(id);
        expect(base == null || order.indexOf(base) > at).toBe(true);
      }
    });
    fc.assert(property);
  });

  it("is that of removing the least recently used that nothing is built on, again and again", () => {
    const distinct = fc
      .uniqueArray(fc.nat(1000), { maxLength: 25 })
      .chain((times) =>
        fc.tuple(fc.constant(times), fc.array(fc.nat(100), { minLength: times.length })),
      )
      .map(([times, bases]) =>
        forest(times.map((lastUsedMs, at) => ({ bytes: 1, lastUsedMs, base: bases[at] ?? 0 }))),
      );
    const property = fc.property(distinct, ({ states, builtOn }) => {
      expect(ids(orderOfGoing(states, builtOn))).toEqual(removeOneByOne(states, builtOn));
    });
    fc.assert(property);
  });

  it("of those used at the same time, begins with what was built on most, then with the oldest", () => {
    const same = { bytes: 1, lastUsedMs: 5 };
    const { states, builtOn } = forest([
      { ...same, base: 0 },
      { ...same, base: 0 },
      { ...same, base: 1 },
      { ...same, base: 3 },
    ]);
    expect([...builtOn.values()]).toEqual([null, null, -1, -3]);
    expect(ids(orderOfGoing(states, builtOn))).toEqual([-4, -3, -1, -2]);
  });

  it("ends where states are said to be built on each other", () => {
    const { states } = forest([
      { bytes: 1, lastUsedMs: 2, base: 0 },
      { bytes: 1, lastUsedMs: 1, base: 0 },
    ]);
    const circle = new Map([
      [-1, -2],
      [-2, -1],
    ]);
    expect(ids(orderOfGoing(states, circle)).sort()).toEqual([-1, -2]);
  });
});

describe("chooseStates", () => {
  it("chooses nothing without a rule", () => {
    const property = fc.property(forests, ({ states, builtOn }) => {
      expect(chooseStates(states, {}, builtOn, NOW)).toEqual([]);
    });
    fc.assert(property);
  });

  it("never leaves more than the size, and takes no state for it that need not go", () => {
    const property = fc.property(forests, rules, ({ states, builtOn }, given) => {
      const chosen = chooseStates(states, given, builtOn, NOW);
      const { maxBytes } = given;
      if (maxBytes === undefined) {
        expect(chosen.every(({ reasons }) => !reasons.includes("size"))).toBe(true);
        return;
      }
      const left = size(states) - size(chosen);
      expect(left).toBeLessThanOrEqual(maxBytes);
      const forSize = chosen.filter(({ reasons }) => reasons.includes("size"));
      const order = ids(orderOfGoing(states, builtOn));
      const last = forSize.reduce<StateOnDisk | undefined>((a, b) => {
        const isLater = !a || order.indexOf(b.state.sessionId) > order.indexOf(a.state.sessionId);
        return isLater ? b : a;
      }, undefined);
      expect(!last || left + last.bytes > maxBytes).toBe(true);
    });
    fc.assert(property);
  });

  it("takes what was built on a state before the state, and the least recently used first", () => {
    const property = fc.property(forests, fc.nat(300), ({ states, builtOn }, maxBytes) => {
      const chosen = new Set(ids(chooseStates(states, { maxBytes }, builtOn, NOW)));
      const order = ids(orderOfGoing(states, builtOn));
      expect([...chosen].sort()).toEqual(order.slice(0, chosen.size).sort());
    });
    fc.assert(property);
  });

  it("takes what any other rule is for, and says which", () => {
    const property = fc.property(forests, rules, ({ states, builtOn }, given) => {
      const chosen = chooseStates(states, given, builtOn, NOW);
      const reasons = new Map(chosen.map((each) => [each.state.sessionId, each.reasons]));
      for (const { state, lastUsedMs, isDamaged } of states) {
        const { damaged = false, olderThanMs = Number.POSITIVE_INFINITY } = given;
        const wanted = [
          ...(damaged && isDamaged ? ["damaged"] : []),
          ...(NOW - lastUsedMs > olderThanMs ? ["unused"] : []),
        ];
        const found = reasons.get(state.sessionId) ?? [];
        expect(found.filter((reason) => reason !== "size")).toEqual(wanted);
        expect(found.includes("size") && wanted.length > 0).toBe(false);
      }
      expect(ids(chosen)).toEqual([...ids(chosen)].sort((a, b) => b - a));
    });
    fc.assert(property);
  });

  it.each([
    ["leanprover/lean4:v4.33.0-rc2", [-1, -4]],
    ["v4.33.0-rc2", [-1, -4]],
    ["4.33.0-rc2", [-1, -4]],
    ["v4.32.0", [-2]],
    ["somebody/lean4:v4.32.0", [-3]],
    ["4.33", []],
    ["", []],
  ])("takes the states of the toolchain %s", (toolchain, expected) => {
    const leans = [
      { toolchain: "leanprover/lean4:v4.33.0-rc2", version: "4.33.0", gitHash: null },
      { toolchain: "leanprover/lean4:v4.32.0", version: null, gitHash: null },
      { toolchain: "somebody/lean4:v4.32.0", version: null, gitHash: null },
      { toolchain: null, version: "4.33.0-rc2", gitHash: null },
      { toolchain: null, version: null, gitHash: null },
    ];
    const states = leans.map((lean, at) => ({
      state: anyState(-1 - at, { lean }),
      bytes: 1,
      lastUsedMs: 0,
      isDamaged: false,
    }));
    expect(ids(chooseStates(states, { toolchain }, new Map(), NOW))).toEqual(expected);
  });
});
