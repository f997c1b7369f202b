import { describe, expect, it } from "vitest";
import { listSome } from "../../src/output/lists.ts";

describe("listSome", () => {
  it.each<[string[], number | undefined, string]>([
    [[], undefined, ""],
    [["a"], undefined, "a"],
    [["a", "b", "c"], undefined, "a, b, c"],
    [["a", "b", "c", "d", "e"], undefined, "a, b, c and 2 more"],
    [["a", "b"], 1, "a and 1 more"],
  ])("says %j, at most %s of them, as %j", (names, limit, text) => {
    expect(listSome(names, limit)).toBe(text);
  });
});
