import { describe, expect, it } from "vitest";
import { addToCache } from "../../../src/session/add/add-to-cache.ts";
import { type Addition, checkAddition } from "../../../src/session/add/addition.ts";
import { LeanRejectedError } from "../../../src/session/add/lean-rejected.ts";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { anyState } from "../../support/manifests.ts";
import { simulate } from "../../support/servers.ts";

const code = (text: string) => [{ source: "<code>", text }];
const environment = anyState(-1, { name: "base" });
const proofState = anyState(-2, { isProofState: true });
const TWO =
  "theorem a (p : Prop) (h : p) : p := by sorry\ntheorem b (q : Prop) (h : q) : q := by sorry";

describe("checkAddition", () => {
  it.each<[string, Partial<Addition>]>([
    ["code", { code: code("x") }],
    ["code on an environment", { base: environment, code: code("x") }],
    ["a sorry of code", { code: code("x"), sorry: 0 }],
    ["tactics on a sorry of code", { base: environment, code: code("x"), tactics: ["rfl"] }],
    ["a tactic on a proof state", { base: proofState, tactics: ["rfl"] }],
    ["a sorry of a tactic", { base: proofState, sorry: 0, tactics: ["have h : p := by sorry"] }],
  ])("takes %s", (_what, addition) => {
    expect(() => checkAddition({ code: [], tactics: [], ...addition })).not.toThrow();
  });

  it.each<[string, Partial<Addition>, RegExp]>([
    ["nothing", {}, /nothing to do/],
    ["a base alone", { base: environment }, /nothing to do/],
    ["a tactic on nothing", { tactics: ["rfl"] }, /A tactic needs a proof state/],
    [
      "a tactic on an environment",
      { base: environment, tactics: ["rfl"] },
      /base is an environment/,
    ],
    ["a sorry of nothing", { sorry: 0 }, /--sorry needs/],
    ["code on a proof state", { base: proofState, code: code("x") }, /-2 is a proof state/],
    [
      "a sorry of a proof state without a tactic",
      { base: proofState, sorry: 0 },
      /-2 is a proof state/,
    ],
  ])("refuses %s", (_what, addition, message) => {
    const check = () => checkAddition({ code: [], tactics: [], ...addition });
    expect(check).toThrow(expect.objectContaining({ code: "usage" }));
    expect(check).toThrow(message);
  });
});

describe("addToCache", () => {
  async function add(addition: Partial<Addition>, options = {}, cache?: PickleSessionCache) {
    const { launch, log } = simulate();
    const target = cache ?? new PickleSessionCache(temporaryFolder());
    const result = await addToCache(
      launch,
      target,
      { code: [], tactics: [], ...addition },
      options,
    );
    return { ...result, cache: target, log };
  }

  it("runs code in order, and keeps what it ends with", async () => {
    const sources = ["def f := 1", "def g := f"].map((text, n) => ({ source: `${n}`, text }));
    const { states, cache } = await add({ code: sources });
    expect(states.map((state) => cache.recipe(state))).toEqual([
      [{ cmd: "def f := 1" }, { cmd: "def g := f" }],
    ]);
  });

  it("takes the one sorry there is where a tactic needs it", async () => {
    const { states } = await add({
      code: code("theorem t (p : Prop) (h : p) : p := by sorry"),
      tactics: ["skip", "exact h"],
    });
    expect(states).toMatchObject([{ goals: [], proofStatus: "Completed" }]);
  });

  it("makes one state for each sorry, with names of their own", async () => {
    const { states } = await add({ code: code(TWO), sorry: "all" }, { name: "goal" });
    expect(states).toMatchObject([
      { name: "goal.0", goals: ["p : Prop\nh : p\n⊢ p"] },
      { name: "goal.1", goals: ["q : Prop\nh : q\n⊢ q"] },
    ]);
  });

  it("runs the tactics on each of all sorries", async () => {
    const { states } = await add({ code: code(TWO), sorry: "all", tactics: ["exact h"] });
    expect(states.map(({ proofStatus }) => proofStatus)).toEqual(["Completed", "Completed"]);
  });

  it("adds none of several where Lean rejects one", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    const both = `${TWO}\ntheorem c (r : Prop) : r := by sorry`;
    const adding = add({ code: code(both), sorry: "all", tactics: ["assumption"] }, {}, cache);
    await expect(adding).rejects.toBeInstanceOf(LeanRejectedError);
    expect(cache.isEmpty()).toBe(true);
  });

  it.each<[string, Partial<Addition>, RegExp]>([
    ["there is no sorry", { code: code("def f := 1"), sorry: 0 }, /has no sorry/],
    ["there is no such sorry", { code: code(TWO), sorry: 2 }, /no sorry 2.*2 sorries/s],
    ["it is not said which sorry", { code: code(TWO), tactics: ["exact h"] }, /1 at 2:\d+ {2}⊢ q/],
  ])("says that %s", async (_what, addition, message) => {
    await expect(add(addition)).rejects.toMatchObject({
      code: "no-sorry",
      message: expect.stringMatching(message),
    });
  });

  it("gives Lean's errors with their source, and stops there", async () => {
    const sources = ["def f : Nat := nope", "def g := 1"].map((text, n) => ({
      source: `${n}.lean`,
      text,
    }));
    const error = await add({ code: sources }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LeanRejectedError);
    expect((error as LeanRejectedError).messages).toMatchObject([
      { source: "0.lean", severity: "error", pos: { line: 1, column: 15 } },
    ]);
  });

  it("gives Lean's word on a tactic that it does not know", async () => {
    const adding = add({
      code: code("theorem t (p : Prop) (h : p) : p := by sorry"),
      tactics: ["exat h"],
    });
    await expect(adding).rejects.toMatchObject({
      messages: [
        { severity: "warning" },
        { source: "<tactic>", data: expect.stringContaining("unknown tactic") },
      ],
    });
  });

  it("loads no state but the one that it builds on", async () => {
    const { cache } = await add({ code: code("def f := 1") });
    await add({ code: code("def other := 1") }, {}, cache);
    const base = cache.get(-1)?.entry;
    const { log } = await add({ base, code: code("example : f = 1 := by rfl") }, {}, cache);
    // The header that all share, the code of the base, and what is added.
    expect(log().filter(({ detail }) => detail === "command")).toHaveLength(3);
  });
});
