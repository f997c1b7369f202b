import { describe, expect, it } from "vitest";
import { chainTo, walkBack } from "../../src/recipe/chain.ts";

const recipes = { a: { base: null }, b: { base: "a" }, c: { base: "b" } };

describe("walkBack", () => {
  it("goes from a state back to nothing", () => {
    expect([...walkBack(recipes, "c")].map(([key]) => key)).toEqual(["c", "b", "a"]);
  });

  it("ends where a link is missing, and where the chain leads back into itself", () => {
    expect([...walkBack({ c: { base: "b" } }, "c")].map(([key]) => key)).toEqual(["c"]);
    const circle = { a: { base: "b" }, b: { base: "a" } };
    expect([...walkBack(circle, "a")].map(([key]) => key)).toEqual(["a", "b"]);
  });
});

describe("chainTo", () => {
  it("leads from nothing to the state", () => {
    expect(chainTo(recipes, "c")?.map(([key]) => key)).toEqual(["a", "b", "c"]);
  });

  it("is not known if a link is missing, or leads back", () => {
    expect(chainTo({}, "a")).toBeUndefined();
    expect(chainTo({ b: { base: "a" } }, "b")).toBeUndefined();
    expect(chainTo({ a: { base: "b" }, b: { base: "a" } }, "a")).toBeUndefined();
  });
});
