import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseHeader, parseImports, splitHeader } from "../../src/recipe/import-header.ts";
import { haveRecordings, readRecordings, WITHOUT_RECORDINGS } from "../support/recordings.ts";

describe("parseImports", () => {
  it.each<[string, string[] | null]>([
    ["", []],
    ["def f := 1", []],
    ["import Lean", ["Lean"]],
    ["import Lean\nimport Mathlib.Tactic\n\ndef f := 1", ["Lean", "Mathlib.Tactic"]],
    ["import A import B", ["A", "B"]],
    ["-- a comment\nimport A -- another\n/- a block\n/- in a block -/ -/ import B", ["A", "B"]],
    ["/- import C -/\nimport A", ["A"]],
    ["/-! a command, not a comment -/\nimport A", []],
    ["/-- likewise -/ import A", []],
    ["/-/ import C -/\nimport A", null],
    ["import A\n/-! module doc -/\nimport B", ["A"]],
    ["import A /- never closed", ["A"]],
    ["import\tA\r\nimport B", ["A", "B"]],
    ["import\u00a0A", []],
    ["import A\u00a0", null],
    ["import A\u2028import B", null],
    ["\u00a0import A", []],
    ["\ufeffimport A", []],
    ["import all\u2003A", null],
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

describe("splitHeader", () => {
  it.each<[string, string, string]>([
    ["", "", ""],
    ["def f := 1", "", "def f := 1"],
    ["import A", "import A", "        "],
    [
      "import A\nimport B.C\n\ndef f := 1",
      "import A\nimport B.C",
      "        \n          \n\ndef f := 1",
    ],
    ["import A import B def f := 1", "import A\nimport B", "                  def f := 1"],
    ["/- é𝕜 -/ import A -- b\ndef f := 1", "import A", `${" ".repeat(17)} -- b\ndef f := 1`],
    ["import A\r\nimport B\r\n", "import A\nimport B", "        \r\n        \r\n"],
    ["import A\n/-- doc -/\ndef f := 1", "import A", "        \n/-- doc -/\ndef f := 1"],
    ["-- import A\ndef f := 1", "", "-- import A\ndef f := 1"],
    ["import «a b».C\n#eval 1", "import «a b».C", "              \n#eval 1"],
  ])("splits %j", (code, header, body) => {
    expect(splitHeader(code)).toEqual({ header, body });
  });

  it.each([
    "module\nimport A",
    "prelude",
    "public import A",
    "import all A",
    "import A.",
    "import 1",
  ])("does not split %j", (code) => {
    expect(splitHeader(code)).toBeUndefined();
  });

  it("gives requests whose answers have the positions of the whole", ({ skip }) => {
    skip(!haveRecordings, WITHOUT_RECORDINGS);
    const recording = readRecordings().find(({ name }) => name === "header_then_body");
    const [whole, header, body] = (recording?.stdin ?? "")
      .split("\n\n")
      .filter((request) => request !== "")
      .map((request) => (JSON.parse(request) as { cmd: string }).cmd);
    const split = splitHeader(whole ?? "");
    expect(split?.header).toBe(header);
    expect(split?.body.replace(/^ +$/gm, "")).toBe(body);
  });

  it("keeps the place of all that is behind the header", () => {
    const gap = fc.constantFrom("\n", " ", "\n-- é𝕜\n", " /- 𝕜\n𝕜 -/ ", "\r\n");
    const imports = fc.array(fc.tuple(gap, fc.constantFrom("A", "«é𝕜».B")), { minLength: 1 });
    fc.assert(
      fc.property(imports, gap, fc.string({ unit: "binary" }), (parts, last, rest) => {
        const header = parts.map(([space, module]) => `${space}import ${module}`).join("");
        const split = splitHeader(`${header}${last}#eval 1${rest}`);
        expect(split?.header).toBe(parts.map(([, module]) => `import ${module}`).join("\n"));
        expect(split?.body.endsWith(`${last}#eval 1${rest}`)).toBe(true);
        const before =
          split?.body.slice(0, split.body.length - `${last}#eval 1${rest}`.length) ?? "";
        expect(before.trim()).toBe("");
        expect(linesOf(before)).toEqual(linesOf(header));
      }),
    );
  });
});

/** How many codepoints each line has. */
function linesOf(text: string): number[] {
  return text.split("\n").map((line) => [...line].length);
}
