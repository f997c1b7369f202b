import { describe, expect, it } from "vitest";
import type { FuzzCase } from "./fuzz-cases.ts";
import { type Ending, findProblems } from "./fuzz-problems.ts";

const fine: Ending = {
  code: 0,
  signal: null,
  hangs: false,
  ms: 1,
  stdout: "",
  stderr: "",
  asked: [],
};
const list: FuzzCase = { kind: "manifest", argv: ["ls", "--json"], stdin: "" };
const flipped = { flipBit: 1, at: 0.5 };

/** What is found of a run that was fine but for this. */
function problemsOf(ending: Partial<Ending>, of: Partial<FuzzCase> = {}, written: string[] = []) {
  return findProblems({ ...list, ...of }, { ...fine, ...ending }, written);
}

describe("findProblems", () => {
  it("finds nothing where all is as it should be", () => {
    expect(problemsOf({ stdout: "[]\n" })).toEqual([]);
    expect(problemsOf({ code: 6, stderr: "error: The manifest /a is damaged.\n" })).toEqual([]);
    const asked = ["unpickleEnv"];
    expect(problemsOf({ asked }, { argv: ["reload"] })).toEqual([]);
    expect(problemsOf({ asked }, { pickle: flipped, argv: ["reload", "--repair"] })).toEqual([]);
    expect(problemsOf({ asked }, { pickle: { mode: 0o444 }, argv: ["reload"] })).toEqual([]);
  });

  it.each<[string, Partial<Ending>, Partial<FuzzCase>, string[]]>([
    ["an unknown exit code", { code: 7 }, {}, []],
    ["a crash", { code: null, signal: "SIGABRT" }, {}, []],
    ["a run that hangs", { hangs: true }, {}, []],
    ["a stack trace", { stderr: "TypeError: x\n    at f (/a/b.cjs:10:20)\n" }, {}, []],
    ["an escape sequence", { stderr: "\u001b[2J" }, {}, []],
    ["a mark of direction", { stdout: '"\u202e"' }, {}, []],
    ["no JSON", { stdout: "nothing" }, {}, []],
    ["a manifest that was written", { code: 6 }, {}, ["lean-pickle.json"]],
    [
      "a damaged pickle that was given to Lean",
      { asked: ["unpickleEnv"] },
      { kind: "pickle", pickle: flipped, argv: ["reload"] },
      [],
    ],
  ])("finds %s", (_, ending, of, written) => {
    expect(problemsOf(ending, of, written)).toHaveLength(1);
  });
});
