import { chmodSync, existsSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import type { ManifestState } from "../../../src/store/manifest/schema.ts";
import { Additions, type Asked, code } from "../../support/additions.ts";
import { THEOREM } from "../../support/states.ts";

const TWO =
  "theorem a (p : Prop) (h : p) : p := by sorry\ntheorem b (p : Prop) (h : p) : p := by sorry";
const WRONG = "def f : Nat := nope";

function pathOf({ cache }: Additions, { pickleFile }: ManifestState): string {
  return join(cache.workingDir, pickleFile);
}

describe("an addition that the cache holds", () => {
  it("is the answer in another process of lean-pickle too", async () => {
    const additions = new Additions();
    const state = await additions.addOne({ code: code("def f := 1") });
    additions.cache = new PickleSessionCache(additions.cache.workingDir);
    expect(await additions.add({ code: code("def f := 1") })).toEqual({
      states: [state],
      cached: true,
      unknown: [],
      messages: [],
      sorries: [],
    });
  });

  it("is none where anything of what Lean is differs, and is one again when that is back", async () => {
    const additions = new Additions();
    const asked = { code: code("def f := 1") };
    await additions.add(asked);
    const { lean } = additions;
    additions.lean = { ...lean, inputs: { ...lean.inputs, toolchain: "B" } };
    expect(await additions.isHit(asked)).toBe(false);
    expect(await additions.isHit(asked)).toBe(true);
    additions.lean = lean;
    expect(await additions.isHit(asked)).toBe(true);
    expect([...additions.cache.keys()]).toEqual([-1, -2]);
  });

  it("never is one where something is not known, and is another state each time", async () => {
    const additions = new Additions();
    additions.lean = { ...additions.lean, unknown: ["what it imports"] };
    const asked = { code: code("def f := 1") };
    const states = [await additions.addOne(asked), await additions.addOne(asked)];
    expect(additions.starts).toBe(2);
    expect(states.map(({ sessionId }) => sessionId)).toEqual([-1, -2]);
    expect(new Set(states.map(({ key }) => key)).size).toBe(2);
    // What is built on it is not known either, and nor is it once all of Lean is known.
    const child = { base: states[0], code: code("def g := 1") };
    expect(await additions.isHit(child)).toBe(false);
    expect(await additions.isHit(child)).toBe(false);
    additions.lean = { ...additions.lean, unknown: [] };
    expect(await additions.isHit(asked)).toBe(false);
    expect(await additions.isHit(asked)).toBe(true);
    // Nor is what was added when all was known, even where all else looks the same.
    additions.lean = { ...additions.lean, unknown: ["what it imports"] };
    expect(await additions.isHit(asked)).toBe(false);
  });

  it("is none where Lean could not be identified at all", async () => {
    const additions = new Additions();
    const asked = { code: code("def f := 1") };
    additions.lean = { inputs: {}, unknown: ["what the REPL is"], changedAt: 0 };
    expect(await additions.isHit(asked)).toBe(false);
    expect(await additions.isHit(asked)).toBe(false);
  });

  it("is not what was made while the files that tell what Lean is were changed", async () => {
    const additions = new Additions();
    const asked = { code: code("def f := 1") };
    additions.lean = { ...additions.lean, changedAt: Number.MAX_SAFE_INTEGER };
    expect(await additions.isHit(asked)).toBe(false);
    additions.lean = { ...additions.lean, changedAt: 0 };
    expect(await additions.isHit(asked)).toBe(false);
    expect(await additions.isHit(asked)).toBe(true);
  });
});

describe("an addition with errors", () => {
  it("is a hit only where errors are allowed", async () => {
    const additions = new Additions();
    const asked = { code: code(WRONG) };
    expect(await additions.isHit({ ...asked, allowErrors: true })).toBe(false);
    expect(await additions.isHit({ ...asked, allowErrors: true })).toBe(true);
    await expect(additions.add(asked)).rejects.toMatchObject({ code: "lean-error" });
    expect([...additions.cache.keys()]).toEqual([-1]);
  });

  it.each<[string, Asked]>([
    ["code before the last", { code: code(WRONG, "def g := 1") }],
    ["the code of a sorry", { code: code(`${WRONG}\n${THEOREM}`), sorry: 0 }],
    ["a tactic before the last", { code: code(THEOREM), tactics: ["exact nope", "skip"] }],
    ["the code of all sorries", { code: code(`${WRONG}\n${TWO}`), sorry: "all" }],
  ])("is none where Lean found them in %s", async (what, asked) => {
    const additions = new Additions();
    // After `exact nope` no goal is left, so that nothing can follow.
    const allowed = what.startsWith("a tactic") ? { ...asked, tactics: ["exact nope"] } : asked;
    await additions.add({ ...allowed, allowErrors: true });
    expect(await additions.isHit({ ...allowed, allowErrors: true })).toBe(true);
    await expect(additions.add(allowed)).rejects.toMatchObject({ code: "lean-error" });
  });

  it("is none where it leads to the same state as a child of the one with errors", async () => {
    const additions = new Additions();
    const base = await additions.addOne({ code: code(WRONG), allowErrors: true });
    const child = { base, code: code("def g := 1") };
    expect(await additions.isHit(child)).toBe(false);
    expect(await additions.isHit(child)).toBe(true);
    const whole = { code: code(WRONG, "def g := 1") };
    expect(await additions.isHit({ ...whole, allowErrors: true })).toBe(true);
    await expect(additions.add(whole)).rejects.toMatchObject({ code: "lean-error" });
  });
});

describe("an addition at a sorry", () => {
  it("that is not named hits only where the code has exactly one", async () => {
    const additions = new Additions();
    const one = { code: code(THEOREM), tactics: ["constructor"] };
    expect(await additions.isHit(one)).toBe(false);
    expect(await additions.isHit(one)).toBe(true);
    expect(await additions.isHit({ ...one, sorry: 0 })).toBe(true);
    const two = { code: code(TWO), tactics: ["exact h"] };
    expect(await additions.isHit({ ...two, sorry: 0 })).toBe(false);
    await expect(additions.add(two)).rejects.toMatchObject({ code: "no-sorry" });
  });

  it("hits for all of them only where all of them are there", async () => {
    const additions = new Additions();
    const all: Asked = { code: code(TWO), sorry: "all" };
    await additions.add({ ...all, sorry: 0 });
    expect(await additions.isHit(all)).toBe(false);
    expect([...additions.cache.keys()]).toEqual([-1, -2]);
    expect(await additions.isHit(all)).toBe(true);
    expect(await additions.isHit({ ...all, sorry: 1 })).toBe(true);
    await additions.cache.remove(-1);
    expect(await additions.isHit(all)).toBe(false);
    expect([...additions.cache.keys()]).toEqual([-2, -3]);
    const { states, cached } = await additions.add(all);
    expect([cached, ...states.map(({ sessionId }) => sessionId)]).toEqual([true, -3, -2]);
  });

  it("is no hit for all sorries of code of which their number is not known", async () => {
    const additions = new Additions();
    await additions.add({ code: code("def f := 1") });
    const asked: Asked = { code: code("def f := 1"), sorry: "all" };
    await expect(additions.add(asked)).rejects.toMatchObject({ code: "no-sorry" });
  });
});

describe("a state whose pickle is not whole", () => {
  it.each<[string, (path: string) => void]>([
    ["is missing", (path) => rmSync(path)],
    [
      "has another size",
      (path) => {
        chmodSync(path, 0o600);
        truncateSync(path, 100);
      },
    ],
  ])(
    "is made again where it %s, in a new file, with its session id and its name",
    async (_what, harm) => {
      const additions = new Additions();
      const asked = { code: code("def f := 1") };
      const state = await additions.addOne(asked, { name: "x" });
      const path = pathOf(additions, state);
      harm(path);
      await expect(additions.add(asked, { noRun: true })).rejects.toMatchObject({
        code: "not-cached",
      });
      const again = await additions.addOne(asked);
      expect(again).toMatchObject({ sessionId: -1, name: "x", key: state.key });
      expect(again.pickleFile).not.toBe(state.pickleFile);
      expect([existsSync(path), existsSync(pathOf(additions, again))]).toEqual([false, true]);
      expect(additions.cache.manifest.states).toEqual([again]);
      expect(await additions.isHit(asked)).toBe(true);
    },
  );
});

describe("how an addition is made", () => {
  it("makes it again where that is forced: the same state, with its name, in a new file", async () => {
    const additions = new Additions();
    const asked = { code: code("def f := 1") };
    const state = await additions.addOne(asked, { name: "x" });
    expect(await additions.isHit(asked, { force: true })).toBe(false);
    const [again, ...others] = additions.cache.manifest.states;
    expect(others).toEqual([]);
    expect(again).toMatchObject({ sessionId: -1, name: "x", key: state.key });
    expect(again?.pickleFile).not.toBe(state.pickleFile);
    expect(existsSync(pathOf(additions, state))).toBe(false);
  });

  it("starts no Lean where that is forbidden, hit or not", async () => {
    const additions = new Additions();
    const asked = { code: code("def f := 1") };
    const adding = additions.add(asked, { noRun: true });
    await expect(adding).rejects.toMatchObject({ code: "not-cached" });
    expect(additions.starts).toBe(0);
    expect(existsSync(join(additions.cache.workingDir, "session_cache"))).toBe(false);
    await additions.add(asked);
    expect((await additions.add(asked, { noRun: true })).cached).toBe(true);
    expect(additions.starts).toBe(1);
  });

  it("tells what was looked up where it is a miss, and nothing where it is not", async () => {
    const additions = new Additions();
    const asked = { code: code("def f := 1") };
    const missed: string[] = [];
    const onMiss = async ({ key }: { key: string }) => void missed.push(key);
    const { key } = await additions.addOne(asked, { onMiss });
    await additions.add(asked, { onMiss });
    await additions.add(asked, { onMiss, force: true });
    expect(missed).toEqual([key]);
  });
});
