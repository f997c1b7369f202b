import { describe, expect, it } from "vitest";
import { addBatch, TWO_SORRIES } from "../support/batches.ts";
import { addLines, useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { readManifest } from "../support/stored-states.ts";

const OLD = { cmd: "def old := 1", name: "x" };
const NEW = { cmd: "def new := 2", name: "x" };
/** Lean takes it only on top of the new state. */
const ON_NEW = { cmd: "theorem t : new = 2 := by rfl", from: "x" };
/** Lean takes it on top of either. */
const ON_ANY = { cmd: "def any := 3", from: "x", name: "any" };

const withOld = useCache([OLD]);

/** The states that have the name x. */
function namedX(cwd: string): number[] {
  return readManifest(cwd)
    .states.filter(({ name }) => name === "x")
    .map(({ sessionId }) => sessionId);
}

describe("a name that a batch takes with --replace", () => {
  it("stands for the new state, also while a line hits the one that had it", async () => {
    const cwd = withOld();
    addLines(cwd, [ON_ANY]);
    const lines = [NEW, { cmd: OLD.cmd }, ON_ANY, ON_NEW, { ...ON_NEW, from: "any" }];
    const { code, printed } = await addBatch(cwd, lines, ["--replace"]);
    expect([code, printed]).toEqual([0, ["-3", "-1", "-4", "-5", "-6"]]);
    expect(namedX(cwd)).toEqual([-3]);
  });

  it("stands for no state where its line failed", async () => {
    const cwd = withOld();
    const lines = [NEW, ON_ANY, { cmd: "def y := 1" }];
    const { code, printed } = await addBatch(cwd, lines, ["--replace"], { CRASH_ON: "def new" });
    expect([code, printed]).toEqual([3, ["-", "-", "-2"]]);
    expect(namedX(cwd)).toEqual([-1]);
  });

  it("stands for the last state where several lines give it", async () => {
    const cwd = temporaryFolder();
    const failing = { cmd: "#check nope", name: "x" };
    const lines = [failing, OLD, NEW, ON_NEW, failing, ON_ANY, NEW, ON_ANY];
    const { code, printed } = await addBatch(cwd, lines, ["--replace"]);
    expect([code, printed]).toEqual([3, ["-", "-1", "-2", "-3", "-", "-", "-2", "-4"]]);
  });

  it("may be that of the state which the line builds on", async () => {
    const cwd = withOld();
    const chain = [
      { cmd: "theorem u : old = 1 := by rfl", from: "x", name: "x" },
      { cmd: "def new := 2", from: "x", name: "x" },
      ON_NEW,
    ];
    const { code, printed } = await addBatch(cwd, chain, ["--replace"]);
    expect([code, printed]).toEqual([0, ["-2", "-3", "-4"]]);
    expect(namedX(cwd)).toEqual([-3]);
  });

  it("stands for no older number where a theorem has fewer sorries than before", async () => {
    const cwd = temporaryFolder();
    const one = "theorem t (p : Prop) (h : p) : p := by sorry";
    addLines(cwd, [{ cmd: TWO_SORRIES, sorry: "all", name: "g" }]);
    const lines = [
      { cmd: one, sorry: "all", name: "g" },
      { from: "g.0", tactics: ["exact h"] },
      { from: "g.1", tactics: ["exact h"] },
    ];
    const { printed, stderr } = await addBatch(cwd, lines, ["--replace"]);
    expect(printed).toEqual(["-3", "-4", "-"]);
    expect(stderr).toContain("line 3: g.1, which it builds on, was not made.");
  });

  it("goes to the last line that wants it, also where that one is a hit", async () => {
    const cwd = withOld();
    const { printed, stdout } = await addBatch(cwd, [NEW, OLD], ["--replace", "--json"]);
    expect(printed.map((line) => JSON.parse(line))).toMatchObject([
      { sessionId: -2, name: "x", cached: false },
      { sessionId: -1, name: "x", cached: true },
    ]);
    expect(stdout).not.toBe("");
    expect(namedX(cwd)).toEqual([-1]);
  });
});

describe("a name that looks like the number of a line's state", () => {
  it("is that of the cache where the line makes only one", async () => {
    const cwd = temporaryFolder();
    addLines(cwd, [{ cmd: "def old := 1", name: "bad.0" }]);
    const lines = [
      { cmd: "#check nope", name: "bad" },
      { cmd: "theorem t : old = 1 := by rfl", from: "bad.0" },
    ];
    expect((await addBatch(cwd, lines)).printed).toEqual(["-", "-2"]);
  });
});
