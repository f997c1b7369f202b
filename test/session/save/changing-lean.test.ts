import { describe, expect, it } from "vitest";
import type { LeanIdentity } from "../../../src/repl/connection.ts";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { Additions, code } from "../../support/additions.ts";

const then: LeanIdentity = { inputs: { repl: "one" }, unknown: [], changedAt: 0 };
const now: LeanIdentity = { inputs: { repl: "two" }, unknown: [], changedAt: 0 };

/** Makes Lean another one at the n-th time, from 1, that it is asked for. */
function changeAt(additions: Additions, n: number): void {
  let asked = 0;
  additions.identify = async () => (++asked < n ? then : now);
}

describe("a state whose Lean changed while it was being made", () => {
  it("is kept, and never counts as a hit of either", async () => {
    const additions = new Additions();
    const asked = { code: code("def f := 1") };
    changeAt(additions, 2);
    const state = await additions.addOne(asked);
    for (const lean of [then, now]) {
      additions.identify = async () => lean;
      expect((await additions.plan(asked)).key).not.toBe(state.key);
    }
    expect(await additions.isHit(asked)).toBe(false);
  });

  it("is known by it where nothing changed", async () => {
    const additions = new Additions();
    changeAt(additions, 9);
    const state = await additions.addOne({ code: code("def f := 1") });
    expect((await additions.plan({ code: code("def f := 1") })).key).toBe(state.key);
  });

  it("is not known where a file that tells is younger than the process", async () => {
    const additions = new Additions();
    additions.lean = { ...then, changedAt: Number.POSITIVE_INFINITY };
    expect(await additions.isHit({ code: code("def f := 1") })).toBe(false);
    expect(await additions.isHit({ code: code("def f := 1") })).toBe(false);
  });
});

describe("a base that is made again while it is being loaded", () => {
  it("is loaded from its new pickle", async () => {
    const additions = new Additions();
    const base = await additions.addOne({ code: code("def f := 1") });
    const other = new Additions();
    other.cache = new PickleSessionCache(additions.cache.workingDir);
    await other.addOne({ code: code("def f := 1") }, { force: true });
    const state = await additions.addOne({ base, code: code("example : f = 1 := by rfl") });
    expect(additions.cache.recipe(state)).toHaveLength(2);
    expect(additions.cache.get(base.sessionId)?.entry.pickleFile).not.toBe(base.pickleFile);
  });
});

describe("recipes that go round in a circle", () => {
  it("keep no addition waiting", async () => {
    const additions = new Additions();
    const state = await additions.addOne({ code: code("def f := 1") });
    const entry = additions.cache.manifest.recipes[state.key];
    Object.assign(entry ?? {}, { base: state.key });
    const plan = await additions.plan({ code: code("def f := 1") });
    expect(additions.findHits(plan)).toMatchObject([{ sessionId: -1 }]);
  });
});
