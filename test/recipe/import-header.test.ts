import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHeader, parseImports } from "../../src/recipe/import-header.ts";

describe("parseImports", () => {
  it.each<[string, string[] | null]>([
    ["", []],
    ["def f := 1", []],
    ["import Lean", ["Lean"]],
    ["import Lean\nimport Mathlib.Tactic\n\ndef f := 1", ["Lean", "Mathlib.Tactic"]],
    ["import A import B", ["A", "B"]],
    ["-- a comment\nimport A -- another\n/- a block\n/- in a block -/ -/ import B", ["A", "B"]],
    ["/-! import C -/\nimport A", ["A"]],
    ["import «weird name».B'₁", ["«weird name».B'₁"]],
    ["import A.Ünïcode", ["A.Ünïcode"]],
    ["def import_later := 1\nimport A", []],
    ["importA", []],
    ["import\n  A", ["A"]],
    ["prelude\nimport A", ["A"]],
    ["module\npublic import A\nimport B", ["A", "B"]],
    ["module prelude public meta import all A", ["A"]],
    ["public meta import A", ["A"]],
    ["import all A import runtime B", ["A", "B"]],
    ["import all", null],
    ["import all/- x -/ B", ["B"]],
    ["import A.\nimport B", null],
    ["import A(", null],
    ["import A--x\nimport B/-y-/import C", ["A", "B", "C"]],
    ["import allA", ["allA"]],
    ["import Lean\nprivate theorem x : True := trivial", ["Lean"]],
    ["private def f := 1", []],
    ["public section", []],
    ["def module := 1", []],
    ["modules", []],
    ["prelude", []],
    ["module", []],
    ["module /- m -/ -- n\n\npublic section", []],
    ["import ", null],
    ["import 1", null],
    ["/- never closed", []],
  ])("of %j is %j", (code, imports) => {
    expect(parseImports(code)).toEqual(imports);
  });

  it.each<[string, boolean]>([
    ["import A\nimport B", true],
    ["def f := 1", true],
    ["public section", true],
    ["private def f := 1", true],
    ["prelude", false],
    ["module\nimport A", false],
    ["import A\npublic import B", false],
    ["import all A", false],
    ["import A\npublic def f := 1", true],
  ])("knows whether %j holds plain imports only", (code, isPlain) => {
    expect(parseHeader(code)?.isPlain).toBe(isPlain);
  });

  it("gives the imports of any header, whatever lies between them", () => {
    const name = fc.constantFrom("A", "Mathlib.Tactic", "Foo.Bar'", "«x y»");
    const space = fc.constantFrom("\n", " ", "\n-- import X\n", " /- import Y -/ ", "\t\n\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, space)), (parts) => {
        const code = parts.map(([module, gap]) => `import ${module}${gap}`).join("");
        expect(parseImports(`${code}\ndef f := 1`)).toEqual(parts.map(([module]) => module));
      }),
    );
  });

  it("ends on any text", () => {
    fc.assert(fc.property(fc.string(), (code) => void parseImports(code)));
  });
});
