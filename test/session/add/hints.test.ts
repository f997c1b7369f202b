import { describe, expect, it } from "vitest";
import { hintFor, type Rejection } from "../../../src/session/add/hints.ts";

const any: Rejection = {
  text: "",
  step: { cmd: "" },
  source: "<code>",
  isFirst: true,
  before: [],
};

describe("hintFor", () => {
  it.each<[string, Partial<Rejection>]>([
    [
      "in code on a state",
      { text: "expected command", step: { cmd: "-- one\nimport A\ndef f := 1" }, isFirst: false },
    ],
    [
      "in the middle of code",
      {
        text: "invalid 'import' command, it must be used in the beginning of the file",
        step: { cmd: "def f := 1\nimport A" },
      },
    ],
  ])("says where an import belongs that stands %s", (_what, of) => {
    expect(hintFor({ ...any, ...of })).toMatch(/first code: move the import in line 2 of <code>/);
  });

  it("says nothing of imports if the first code has another error, or none behind the header", () => {
    const text = "expected command";
    expect(hintFor({ ...any, text, step: { cmd: "import A\n)" } })).toBeUndefined();
    expect(hintFor({ ...any, text, step: { cmd: ")" }, isFirst: false })).toBeUndefined();
  });

  it.each([["skip; exact h"], ["skip\nexact h"], ["· exact h"]])(
    "names the ways to give several tactics: %j",
    (tactic) => {
      const text = "Lean error:\n<stdin>:1:5: expected end of input";
      expect(hintFor({ ...any, text, step: { tactic } })).toContain("-t '(skip; exact h)'");
      const atStart = "Lean error:\n<stdin>:1:1: unknown tactic";
      expect(hintFor({ ...any, text: atStart, step: { tactic } })).toBeUndefined();
    },
  );

  it.each(["unknown identifier 'a.b'", "Unknown identifier `a.b`"])(
    "says what to do about a lemma of the same code: %s",
    (text) => {
      const step = { tactic: "exact a.b" };
      const before = ["theorem a.b : True := trivial\nexample : True := by sorry"];
      expect(hintFor({ ...any, text, step, before })).toContain("as two -c");
      expect(hintFor({ ...any, text, step, before: ["theorem a.bc : True"] })).toBeUndefined();
    },
  );
});
