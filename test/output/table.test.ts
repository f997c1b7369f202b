import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { renderTable, textWidth, truncate } from "../../src/output/table.ts";

const columns = [
  { title: "ID", align: "right" as const },
  { title: "NAME", minWidth: 4 },
  { title: "WHAT", minWidth: 6 },
];

describe("renderTable", () => {
  it("lays out columns as wide as they need to be", () => {
    const rows = [
      ["-1", "base", "def f := 42"],
      ["-12", "-", "⊢ p ∧ q"],
    ];
    expect(renderTable(columns, rows, Number.POSITIVE_INFINITY)).toBe(
      [" ID  NAME  WHAT", " -1  base  def f := 42", "-12  -     ⊢ p ∧ q"].join("\n"),
    );
  });

  it("counts wide characters twice, and marks on a letter not at all", () => {
    const rows = [
      ["-1", "漢字", "x"],
      ["-2", "e\u0301e\u0301", "x"],
    ];
    const [, wide = "", marked = ""] = renderTable(columns, rows, 100).split("\n");
    expect(textWidth(wide)).toBe(textWidth(marked));
  });

  it("fits any terminal that has room for what must not be cut, and cuts the last column first", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "⊢", "漢", "𝓝", "e\u0301", " ") });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, text)),
        fc.integer({ min: 20, max: 80 }),
        (cells, width) => {
          const rows = cells.map(([name, what], index) => [String(-index - 1), name, what]);
          const lines = renderTable(columns, rows, width).split("\n");
          expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(width);
        },
      ),
    );
    const cut = renderTable(columns, [["-1", "a-name-to-keep", "something that is long"]], 30);
    expect(cut.split("\n")[1]).toBe("-1  a-name-to-keep  something…");
  });

  it("leaves columns out where cutting is not enough, the lowest number first", () => {
    const many = [
      { title: "ID" },
      { title: "KIND", leaveOut: 2 },
      { title: "LEAN", leaveOut: 1 },
      { title: "WHAT", minWidth: 5 },
    ];
    const row = ["-1", "proof", "4.33", "something"];
    const titles = (width: number) => renderTable(many, [row], width).split("\n")[0];
    expect(titles(26)).toBe("ID  KIND   LEAN  WHAT");
    expect(titles(21)).toBe("ID  KIND   WHAT");
    expect(titles(13)).toBe("ID  WHAT");
    expect(titles(1)).toBe("ID  WHAT");
  });

  it("styles cells without counting the style, and leaves the titles alone", () => {
    const styled = [{ title: "A", style: (text: string) => `<${text}>` }, { title: "B" }];
    expect(renderTable(styled, [["x", "y"]], 80)).toBe("A  B\n<x>  y");
  });
});

describe("truncate", () => {
  it("leaves what fits, and ends what does not with an ellipsis", () => {
    expect(truncate("⊢ p ∧ q", 7)).toBe("⊢ p ∧ q");
    expect(truncate("⊢ p ∧ q", 6)).toBe("⊢ p ∧…");
  });
});
