import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Addition } from "../../../src/session/add/addition.ts";
import { Additions, type Asked, code } from "../../support/additions.ts";
import { THEOREM } from "../../support/states.ts";

const TWO =
  "theorem a (p : Prop) (h : p) : p := by sorry\ntheorem b (p : Prop) (h : p) : p := by sorry";

/** Adds, and checks that what was derived before is what Lean made, and that it hits after. */
async function addAndCompare(additions: Additions, asked: Asked): Promise<void> {
  const derived = await additions.plan(asked);
  const { states, cached } = await additions.add(asked);
  expect(cached).toBe(false);
  expect(states.map(({ key }) => key)).toEqual(states.map((_, at) => derived.keyAt(at)));
  expect(states[0]?.imports).toEqual(derived.imports);
  if (asked.sorry !== "all") {
    expect(states.map(({ key }) => key)).toEqual([derived.key]);
    const { recipes } = additions.cache.manifest;
    const keys = derived.steps.map(({ key }) => key);
    expect(keys.map((key) => recipes[key]?.step)).toEqual(derived.steps.map(({ step }) => step));
    expect(keys.map((key) => recipes[key]?.base)).toEqual([derived.base, ...keys.slice(0, -1)]);
  }
  const again = await additions.add(asked, { noRun: true });
  expect(again.cached).toBe(true);
  expect(again.states).toEqual(states);
}

describe("what is derived before Lean runs", () => {
  const ENVIRONMENT: Asked = { code: code("import Lean\ndef f := 1") };
  const PROOF_STATE: Asked = { code: code(THEOREM), sorry: 0 };

  it.each<[string, Asked | undefined, Asked]>([
    ["code", undefined, { code: code("def f := 1") }],
    ["code with imports", undefined, { code: code("import Lean\nimport Std.Data\ndef f := 1") }],
    ["several codes", undefined, { code: code("def f := 1", "def g := f", "def h := g") }],
    ["no text at all", undefined, { code: code("") }],
    ["a sorry", undefined, { code: code(TWO), sorry: 1 }],
    ["a sorry of the last of several codes", undefined, { code: code(TWO, THEOREM), sorry: 0 }],
    ["all sorries", undefined, { code: code("def f := 1", TWO), sorry: "all" }],
    ["a tactic at the only sorry", undefined, { code: code(THEOREM), tactics: ["constructor"] }],
    ["tactics at a sorry", undefined, { code: code(TWO), sorry: 1, tactics: ["skip", "exact h"] }],
    ["tactics at all sorries", undefined, { code: code(TWO), sorry: "all", tactics: ["exact h"] }],
    ["code on an environment", ENVIRONMENT, { code: code("theorem g : f = 1 := rfl") }],
    [
      "several codes on an environment",
      ENVIRONMENT,
      { code: code("theorem g : f = 1 := rfl", "theorem h : f = 1 := g") },
    ],
    ["a sorry on an environment", ENVIRONMENT, { code: code(TWO), sorry: 1 }],
    ["tactics on an environment", ENVIRONMENT, { code: code(THEOREM), tactics: ["constructor"] }],
    ["all sorries on an environment", ENVIRONMENT, { code: code(TWO), sorry: "all" }],
    ["a tactic on a proof state", PROOF_STATE, { tactics: ["apply And.intro"] }],
    [
      "several tactics on a proof state",
      PROOF_STATE,
      { tactics: ["apply And.intro", "exact hp", "exact hq"] },
    ],
    [
      "code with errors that are allowed",
      undefined,
      { code: code("def f : Nat := nope", "def g := 1"), allowErrors: true },
    ],
  ])("is what it makes: %s", async (_what, base, asked) => {
    const additions = new Additions();
    await addAndCompare(additions, {
      ...asked,
      base: base && (await additions.addOne(base)),
    });
  });

  it("is what it makes, for additions of any shape on each other", async () => {
    const theorem = (at: number) => `theorem t${at} (p : Prop) (h : p) : p := by sorry`;
    const shapes = fc.record({
      definitions: fc.array(fc.constantFrom("", "-- none", "example : 1 = 1 := rfl"), {
        maxLength: 2,
      }),
      sorries: fc.integer({ min: 1, max: 3 }),
      sorry: fc.constantFrom("all" as const, 0, undefined),
      tactics: fc.array(fc.constantFrom("skip", "have q : p := h"), { maxLength: 2 }),
      after: fc.array(fc.constantFrom("skip", "exact h"), { minLength: 1, maxLength: 1 }),
      isOnEnvironment: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const additions = new Additions();
        const base = shape.isOnEnvironment
          ? await additions.addOne({ code: code("def z := 1") })
          : undefined;
        const isOnlyOne = shape.sorry === undefined;
        const text = Array.from({ length: isOnlyOne ? 1 : shape.sorries }, (_, at) => theorem(at));
        const proof: Partial<Addition> = {
          base,
          code: code(...shape.definitions, text.join("\n")),
          sorry: shape.sorry,
          tactics: shape.tactics,
        };
        await addAndCompare(additions, proof);
        const [first] = (await additions.add(proof)).states;
        if (first?.isProofState) {
          await addAndCompare(additions, { base: first, tactics: shape.after });
        }
      }),
      { numRuns: 12 },
    );
  });
});
