import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTokens, skipBlank } from "../../src/recipe/lean-tokens.ts";

/** Kind and text of each token. */
function briefly(code: string): string[] {
  return readTokens(code).map(({ kind, text }) => `${kind} ${text}`);
}

const texts = (code: string) => readTokens(code).map(({ text }) => text);

describe("readTokens", () => {
  it.each<[string, string[]]>([
    ["", []],
    ["theorem t : p", ["theorem", "t", ":", "p"]],
    ["a -- b\nc", ["a", "c"]],
    ["a--b\nc", ["a", "c"]],
    ["a /- b /- c -/ d -/ e", ["a", "e"]],
    ["a/- b --/ c", ["a", "c"]],
    ["h' h₁ h.1 Foo.bar.«x y» x? x!", ["h'", "h₁", "h", ".", "1", "Foo.bar.«x y»", "x?", "x!"]],
    ["α ℝ 𝓝 ℕ_ λx Σx", ["α", "ℝ", "𝓝", "ℕ_", "λ", "x", "Σ", "x"]],
    [
      "1 0x1F 0b01 1.5 1e-5 1_000 x.1.2",
      ["1", "0x1F", "0b01", "1.5", "1e-5", "1_000", "x", ".", "1.2"],
    ],
    ["a := b => c :: d -> e <;> f", ["a", ":=", "b", "=>", "c", "::", "d", "->", "e", "<;>", "f"]],
    ["f '' s ∪ g ⁻¹' t", ["f", "''", "s", "∪", "g", "⁻¹'", "t"]],
    ["∑' i, f i", ["∑'", "i", ",", "f", "i"]],
    ["Gᵒᵖ x² M →ₗ[R] N", ["G", "ᵒ", "ᵖ", "x", "²", "M", "→", "ₗ", "[", "R", "]", "N"]],
    ["('a') '\"' '\\'' '\\u03bb'", ["(", "'a'", ")", "'\"'", "'\\''", "'\\u03bb'"]],
    ['"a -- b" "\\"\\\\" "/-"', ['"a -- b"', '"\\"\\\\"', '"/-"']],
    ['"a\nb" c', ['"a\nb"', "c"]],
    ["`a ``b `(x)", ["`", "a", "`", "`", "b", "`", "(", "x", ")"]],
    ["n %2", ["n", "%", "2"]],
  ])("of %j are %j", (code, expected) => {
    expect(texts(code)).toEqual(expected);
    expect(readTokens(code).some(({ kind }) => kind === "unknown")).toBe(false);
  });

  it.each([
    ["a comment that does not end", "/- b\nc"],
    ["a nested comment that does not end", "/- b /- c -/"],
    ["a comment whose beginning is read in two ways", "/-/ b -/"],
    ["a doc comment", "/-- b -/ c"],
    ["a module doc", "/-! b -/ c"],
    ["a tab", "\tb"],
    ["a carriage return", "\r\nb"],
    ["white space that is none in Lean", "\u00a0b"],
    ["a line separator", "\u2028b"],
    ["a byte order mark", "\ufeffb"],
    ["a string that does not end", '"b'],
    ["a string with an escape that is none", '"\\q"'],
    ["a string with a gap", '"b\\\n  c"'],
    ["a raw string", 'r"b\\"'],
    ["a string with code in it", 's!"{b}"'],
    ["a character that is two", "'bc'"],
    ["a lonely quote", "' "],
    ["three quotes", "'''"],
    ["a name that does not end", "«b"],
    ["a name over two lines", "«b\nc»"],
    ["a letter that older versions do not know", "é"],
    ["a number that runs into a name", "2x"],
    ["a number of no digits", "0x"],
    ["a comment that may be part of a symbol", "<--> b"],
    ["a block comment that may be part of a symbol", "+/- b -/"],
    ["a string that may be part of a symbol", '+"b"'],
    ["half a character", "\ud835"],
  ])("do not go on behind %s", (_what, code) => {
    const tokens = readTokens(`a ${code}`);
    expect(tokens.at(-1)?.kind).toBe("unknown");
    expect(`a ${code}`.endsWith(tokens.at(-1)?.text ?? "")).toBe(true);
  });

  it("tell literals from words", () => {
    expect(briefly("h' 'h' 1 \"s\" ∈")).toEqual([
      "word h'",
      "char 'h'",
      "number 1",
      'string "s"',
      "symbol ∈",
    ]);
  });

  it("know their places, in codepoints, and whether they begin a line", () => {
    const code = '𝕜 := x /- a\n b -/ y\n  "s\n t" z -- c\n\nw';
    expect(
      readTokens(code).map(({ text, line, column, startsLine }) => [
        text,
        line,
        column,
        startsLine,
      ]),
    ).toEqual([
      ["𝕜", 1, 0, true],
      [":=", 1, 2, false],
      ["x", 1, 5, false],
      ["y", 2, 6, true],
      ['"s\n t"', 3, 2, true],
      ["z", 4, 4, false],
      ["w", 6, 0, true],
    ]);
  });

  it("are pieces of the code in its order, with blanks between them", () => {
    fc.assert(
      fc.property(leanLike, (code) => {
        let at = 0;
        for (const token of readTokens(code)) {
          // What is unknown may begin with what looks like a comment.
          expect([skipBlank(code, at), ...(token.kind === "unknown" ? [at] : [])]).toContain(
            token.at,
          );
          expect(code.startsWith(token.text, token.at)).toBe(true);
          expect(token.text).not.toBe("");
          at = token.at + token.text.length;
        }
        expect(skipBlank(code, at)).toBe(code.length);
      }),
    );
  });

  it.each([
    "a",
    "a.",
    "«",
    "/-",
    '"\\n',
    "''",
    "1_",
    "`",
    "-",
    "\n",
    "/- -/",
    "(",
    "𝕜 ",
    "a'b\"",
    "é",
  ])("of %j, over and over, are read in linear time", (piece) => {
    const started = performance.now();
    readTokens(piece.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

const leanLike = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "a",
        ".",
        "1",
        '"',
        "'",
        "\\",
        "-",
        "/",
        "!",
        "«",
        "»",
        " ",
        "\n",
        "𝕜",
        "(",
        "λ",
      ),
      fc.string({ unit: "binary", maxLength: 2 }),
    ),
  )
  .map((parts) => parts.join(""));
