import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { explainMiss } from "../../../src/session/add/explain-miss.ts";
import { Additions, type Asked, code } from "../../support/additions.ts";
import { THEOREM } from "../../support/states.ts";

const F: Asked = { code: code("def f := 1") };
const TWO =
  "theorem a (p : Prop) (h : p) : p := by sorry\ntheorem b (p : Prop) (h : p) : p := by sorry";
const DIGEST = "0123456789abcdef".repeat(4);

/** The session id of the nearest state, and what differs. */
async function explain(additions: Additions, asked: Asked): Promise<[number | null, string[]]> {
  const { nearest, reasons } = explainMiss(additions.cache, await additions.plan(asked));
  return [nearest?.sessionId ?? null, reasons];
}

function know(additions: Additions, changes: Record<string, unknown>): void {
  const inputs = { ...additions.lean.inputs, ...changes };
  additions.lean = { ...additions.lean, inputs };
}

describe("why an addition is no hit: its steps", () => {
  it("there is nothing in the cache", async () => {
    const reason = "no state of the cache has a step in common";
    expect(await explain(new Additions(), F)).toEqual([null, [reason]]);
  });

  it("nothing that is there has anything in common", async () => {
    const additions = new Additions();
    await additions.add({ code: code("-- a comment") });
    expect((await explain(additions, F))[0]).toBeNull();
  });

  it("there is other code, alike, at that step: where the two part", async () => {
    const additions = new Additions();
    await additions.add({ code: code("def a := 1\ndef b := 2") });
    await additions.add({ code: code("example : 1 = 1 := rfl") });
    expect(await explain(additions, { code: code("def a := 1\ndef c := 2") })).toEqual([
      -1,
      ["step 1, code, differs at line 2, column 4"],
    ]);
  });

  it("the code differs at the first of several steps", async () => {
    const additions = new Additions();
    await additions.add({ code: code(`-- one\n${THEOREM}`), sorry: 0 });
    expect(await explain(additions, { code: code(`-- one\n ${THEOREM}`), sorry: 0 })).toEqual([
      -1,
      ["step 1, code, differs at line 2, column 0"],
    ]);
  });

  it("another tactic, another sorry, or another kind of step comes at that place", async () => {
    const additions = new Additions();
    await additions.add({ code: code(TWO), sorry: 0, tactics: ["have q : p := h"] });
    const asked: Asked = { code: code(TWO), sorry: 0, tactics: ["have r : p := h"] };
    expect((await explain(additions, asked))[1]).toEqual([
      "step 3, a tactic, differs at line 1, column 5",
    ]);
    expect((await explain(additions, { ...asked, sorry: 1 }))[1]).toEqual([
      "step 2 is sorry 0 there, and sorry 1 here",
    ]);
    expect((await explain(additions, { code: code(TWO, "#check a") }))[1]).toEqual([
      "step 2 is sorry 0 there, and code here",
    ]);
  });

  it("what is there has more steps, or fewer: the nearer one of both is told", async () => {
    const additions = new Additions();
    await additions.add({ code: code("def f := 1", "def g := 1") });
    expect(await explain(additions, F)).toEqual([
      -1,
      ["it has more steps than the 1 that are wanted"],
    ]);
    const more = { code: code("def f := 1", "def g := 1", "def h := 1") };
    expect(await explain(additions, more)).toEqual([-1, ["it ends before step 3, code"]]);
    const theorem = { code: code("def f := 1", "def g := 1", THEOREM), sorry: "all" as const };
    await additions.add({ code: code("def f := 1", "def g := 1", THEOREM) });
    expect(await explain(additions, theorem)).toEqual([
      -2,
      ["it ends before step 4, the proof states at all sorries"],
    ]);
  });
});

describe("why an addition is no hit: what Lean is", () => {
  it("inputs differ: which ones, as they were and as they are, digests short", async () => {
    const additions = new Additions();
    know(additions, { project: { lakefile: DIGEST, manifest: "same" }, imports: { A: "1" } });
    await additions.add(F);
    know(additions, { toolchain: "B", project: { lakefile: null, manifest: "same" } });
    know(additions, { imports: { A: "2", B: "3" }, repl: null });
    expect(await explain(additions, F)).toEqual([
      -1,
      [
        "the toolchain differs: A then, B now",
        "the REPL differs: R then, none now",
        "the project differs in lakefile: 0123456789ab then, none now",
        "what is imported differs in A: 1 then, 2 now",
        "what is imported differs in B: none then, 3 now",
      ],
    ]);
  });

  it("of several with the same steps, it tells the one with the fewest differences", async () => {
    const additions = new Additions();
    await additions.add(F);
    know(additions, { repl: "S", toolchain: "B" });
    await additions.add(F);
    know(additions, { repl: "T", toolchain: "A" });
    expect(await explain(additions, F)).toEqual([-1, ["the REPL differs: R then, T now"]]);
  });

  it("something is not known of Lean", async () => {
    const additions = new Additions();
    await additions.add(F);
    additions.lean = { ...additions.lean, unknown: ["what the REPL is"] };
    expect(await explain(additions, F)).toEqual([-1, ["not known: what the REPL is"]]);
    expect((await explain(new Additions(), F))[1]).toHaveLength(1);
  });

  it("something was not known when it was added", async () => {
    const additions = new Additions();
    additions.lean = { ...additions.lean, unknown: ["what the REPL is"] };
    await additions.add(F);
    additions.lean = { ...additions.lean, unknown: [] };
    expect(await explain(additions, F)).toEqual([
      -1,
      ["something about Lean was not known when it was added"],
    ]);
  });

  it("it is to be built on another state that was made by the same steps", async () => {
    const additions = new Additions();
    const child = { code: code("def g := 1") };
    await additions.add({ base: await additions.addOne(F), ...child });
    know(additions, { toolchain: "B" });
    const base = await additions.addOne(F);
    know(additions, { toolchain: "A" });
    expect(await explain(additions, { base, ...child })).toEqual([
      -2,
      ["the toolchain differs: A then, B now"],
    ]);
  });

  it("it is to be built on another state, of which something was not known", async () => {
    const additions = new Additions();
    const child = { code: code("def g := 1") };
    await additions.add({ base: await additions.addOne(F), ...child });
    const { lean } = additions;
    additions.lean = { ...lean, unknown: ["what the REPL is"] };
    const base = await additions.addOne(F);
    additions.lean = lean;
    expect(await explain(additions, { base, ...child })).toEqual([
      -2,
      ["something about Lean was not known when its base was added"],
    ]);
  });
});

describe("why an addition is no hit: what is there is not what is wanted", () => {
  it("its pickle is gone", async () => {
    const additions = new Additions();
    const { pickleFile } = await additions.addOne(F);
    rmSync(join(additions.cache.workingDir, pickleFile));
    const reasons = ["its pickle is missing or has another size"];
    expect(await explain(additions, F)).toEqual([-1, reasons]);
    // The state itself comes nearer than one that was added later with another Lean.
    know(additions, { toolchain: "B" });
    await additions.add(F);
    know(additions, { toolchain: "A" });
    expect(await explain(additions, F)).toEqual([-1, reasons]);
  });

  it("its key has the format of version 0.1", async () => {
    const additions = new Additions();
    const { key } = await additions.addOne(F);
    const path = join(additions.cache.workingDir, "lean-pickle.json");
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(`"${key}"`, `"${DIGEST}"`));
    additions.cache.refresh();
    expect(await explain(additions, F)).toEqual([-1, [expect.stringMatching(/older format/)]]);
  });

  it("Lean found errors in it, and they are not allowed", async () => {
    const additions = new Additions();
    const asked = { code: code("def f : Nat := nope", "def g := 1") };
    await additions.add({ ...asked, allowErrors: true });
    const reasons = ["Lean found errors in it (--allow-errors)"];
    expect(await explain(additions, asked)).toEqual([-1, reasons]);
    know(additions, { toolchain: "B" });
    expect((await explain(additions, { ...asked, allowErrors: true }))[1]).toEqual([
      "the toolchain differs: A then, B now",
    ]);
  });

  it("the code has several sorries, and it is not said which", async () => {
    const additions = new Additions();
    const asked = { code: code(TWO), tactics: ["exact h"] };
    const { pickleFile } = await additions.addOne({ ...asked, sorry: 0 });
    expect(await explain(additions, asked)).toEqual([-1, ["its code has 2 sorries (--sorry)"]]);
    rmSync(join(additions.cache.workingDir, pickleFile));
    expect(await explain(additions, { ...asked, sorry: 0 })).toEqual([
      -1,
      ["its pickle is missing or has another size"],
    ]);
  });

  it("some of the states at all sorries are not there, or not whole", async () => {
    const additions = new Additions();
    const all: Asked = { code: code(`${TWO}\n${THEOREM}`), sorry: "all" };
    const { states } = await additions.add(all);
    await additions.cache.remove(-1);
    rmSync(join(additions.cache.workingDir, states[1]?.pickleFile ?? ""));
    expect(await explain(additions, all)).toEqual([
      -3,
      ["not all of its 3 sorries have a state with a whole pickle"],
    ]);
  });
});
