import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatAge,
  formatBytes,
  formatDuration,
  plural,
  printable,
  printableJson,
  printableLine,
} from "../../src/output/text.ts";

describe("printable", () => {
  it("shows what a terminal would act on", () => {
    expect(printable("a\u001b[31mred\u0007\r\u009b1m\u202eb\n\tc")).toBe(
      "a\\u001b[31mred\\u0007\\u000d\\u009b1m\\u202eb\n\tc",
    );
    expect(printable("\u180e\ufff9\u2028\u{e0041}\u00ad")).toBe(
      "\\u180e\\ufff9\\u2028\\udb40\\udc41\\u00ad",
    );
  });

  it("leaves Lean's Unicode as it is", () => {
    const goal = "α : Type u_1\nx✝ : ℕ\nh₁ : ∀ ε > 0, ∃ δ, 𝓝 x ≤ 漢字\n⊢ p ∧ q";
    expect(printable(goal)).toBe(goal);
  });

  it("leaves no control character in any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(/[^\P{Cc}\n\t]|\p{Cf}|[\u2028\u2029]/u.test(printable(text))).toBe(false);
        expect(/\p{Cc}/u.test(printableLine(text))).toBe(false);
      }),
    );
  });
});

describe("printableJson", () => {
  it("is the same value, without characters that a terminal acts on", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" })),
        (value) => {
          const text = printableJson(value);
          expect(JSON.parse(text)).toEqual(value);
          expect(/[^\P{Cc}\n]|\p{Cf}|[\u2028\u2029]/u.test(text)).toBe(false);
        },
      ),
    );
  });
});

describe("units", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [8312, "8.3 kB"],
    [9949, "9.9 kB"],
    [9950, "10 kB"],
    [999_499, "999 kB"],
    [999_500, "1.0 MB"],
    [5.3e9, "5.3 GB"],
    [2e15, "2000 TB"],
  ])("%i bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [-5, "0s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [7_200_000, "2h"],
    [86_400_000 * 40, "40d"],
  ])("%i ms ago is %s", (ms, text) => expect(formatAge(ms)).toBe(text));

  it.each([
    [0.4, "0 ms"],
    [34.4, "34 ms"],
    [1234, "1.2 s"],
    [125_000, "2 m 5 s"],
  ])("%d ms are %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

  it("counts in the singular and the plural", () => {
    expect([0, 1, 2].map((n) => plural(n, "state"))).toEqual(["0 states", "1 state", "2 states"]);
  });
});
