import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findExcess, MAX_BYTES } from "../../../src/store/disk/json-limits.ts";

const MIB = 2 ** 20;

describe("findExcess", () => {
  it.each<[string, string, string]>([
    ["lists in lists", "[".repeat(17 * MIB), "it has too many lists and objects"],
    ["objects in objects", '{"a":'.repeat(4 * MIB), "it has too many lists and objects"],
    [
      "a million and more lists",
      `[${"[],".repeat(6 * MIB)}[]]`,
      "it has too many lists and objects",
    ],
    [
      "a long text",
      " ".repeat(MAX_BYTES + 1),
      "it has 134217729 bytes, and a manifest has at most 134217728",
    ],
    ["a text that is long in UTF-8", "⊢".repeat(MAX_BYTES / 2), "it has 201326592 bytes"],
  ])("finds it in %s", (_, text, problem) => {
    expect(findExcess(text)).toContain(problem);
  });

  it("does not count what stands in strings, whatever is escaped there", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("[", "{", ",", '"', "\\", "]", "a") }),
        (text) => {
          const long = JSON.stringify([text.repeat(20), `${'[\\",{'.repeat(4 * MIB)}`, text]);
          expect(findExcess(long)).toBeUndefined();
        },
      ),
      { numRuns: 5 },
    );
  });

  it("takes the manifest of a hundred thousand states", () => {
    const state = { a: [1, 2, 3], b: { c: "x".repeat(500) }, d: ["⊢ p"], e: 1, f: 2, g: 3 };
    expect(findExcess(JSON.stringify(Array(100_000).fill(state)))).toBeUndefined();
  });
});
