import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellWordAt, splitLine } from "../../src/commands/complete/shell-words.ts";

describe("a line of bash", () => {
  it.each([
    ["lean-pickle", [], "", false],
    ["lean-pickle ", [], "", false],
    ["lean-pickle rm g", ["rm"], "g", false],
    ["lean-pickle  rm\tgoal ", ["rm", "goal"], "", false],
    ["lean-pickle add -c 'import A' --from=g", ["add", "-c", "import A"], "--from=g", false],
    ['lean-pickle -d "my dir" rm \'g', ["-d", "my dir", "rm"], "g", true],
    ["lean-pickle rm Nat.le\\' «my\\ le", ["rm", "Nat.le'"], "«my le", false],
    ['lean-pickle -c "a \\"b\\" \\$c" "', ["-c", 'a "b" $c'], "", true],
    ["lean-pickle rm ''", ["rm"], "", false],
  ])("%s", (line, before, current, isQuoted) => {
    expect(splitLine(line)).toEqual({ before, current, isQuoted });
  });

  it("has the words that are given to it, as bash quotes them", () => {
    const word = fc.string({ unit: "grapheme", minLength: 1 });
    fc.assert(
      fc.property(word, word, (first, last) => {
        const [given, current] = [first, last].map((each) => shellWordAt("bash", each, false));
        fc.pre(given !== undefined && current !== undefined);
        const { before, ...rest } = splitLine(`lean-pickle ${given} ${current}`);
        expect([before, rest]).toEqual([[first], { current: last, isQuoted: false }]);
      }),
    );
  });
});

describe("a word at the cursor", () => {
  it("is left out where it cannot be given: in quotes, or if nobody can read it", () => {
    expect(shellWordAt("bash", "Nat.le", true)).toBe("Nat.le");
    expect(shellWordAt("bash", "Nat.le'", true)).toBeUndefined();
    expect(shellWordAt("zsh", "a\u001b[2J", false)).toBeUndefined();
    expect(shellWordAt("fish", "a\nb", false)).toBeUndefined();
  });

  it("is quoted for PowerShell", () => {
    expect(shellWordAt("powershell", "goal.0", false)).toBe("goal.0");
    expect(shellWordAt("powershell", "-1", false)).toBe("-1");
    expect(shellWordAt("powershell", "Nat.le'", false)).toBe("'Nat.le'''");
  });
});
