import { describe, expect, it } from "vitest";
import { addTrail, originOfState, type RecipeTrail } from "../../../src/session/state/origin.ts";
import type { RecipeEntry } from "../../../src/store/manifest/schema.ts";

function entry(base: string | null, cmd: string): RecipeEntry {
  return { base, step: { cmd }, inputs: {} };
}

const first: RecipeTrail = { steps: { a: entry(null, "a"), b: entry("a", "b") } };
const second: RecipeTrail = { steps: { c: entry("b", "c") }, before: first };

describe("addTrail", () => {
  it("adds the recipes of a whole chain, from nothing on", () => {
    const recipes = {};
    addTrail(recipes, second);
    expect(Object.entries(recipes)).toEqual([
      ["a", entry(null, "a")],
      ["b", entry("a", "b")],
      ["c", entry("b", "c")],
    ]);
  });

  it("adds those of the base of a state that took no step", () => {
    const recipes = {};
    addTrail(recipes, { steps: {}, before: second });
    expect(Object.keys(recipes)).toEqual(["a", "b", "c"]);
  });

  it("replaces what is there by what was learned since, and looks no further", () => {
    const recipes = { a: entry(null, "old"), b: entry("a", "old"), c: entry("b", "old") };
    addTrail(recipes, second);
    expect(recipes.c).toEqual(entry("b", "c"));
    expect(recipes.b).toEqual(entry("a", "old"));
  });
});

describe("originOfState", () => {
  it("leads over all that a state was built on, as far as there are recipes", () => {
    const recipes = { b: entry("a", "b"), c: entry("b", "c") };
    const origin = originOfState(recipes, { key: "c", imports: [] });
    const found: string[] = [];
    for (let at: RecipeTrail | undefined = origin.recipes; at; at = at.before) {
      found.push(Object.keys(at.steps).join());
    }
    // Of a there is no recipe.
    expect(found).toEqual(["c", "b", ""]);
  });
});
