import { describe, expect, it } from "vitest";
import { errorMessages, isErrorAnswer, type ReplRequest } from "../../src/repl/protocol.ts";
import { checkAnswer, checkRequest } from "../../src/repl/protocol-check.ts";
import { haveRecordings, readRecordings, WITHOUT_RECORDINGS } from "../support/recordings.ts";

describe("checkRequest", () => {
  it.each<[ReplRequest, string]>([
    [{ tactic: "rfl", proofState: 0 }, "tactic"],
    [{ pickleTo: "/x", env: 0 }, "pickleEnvironment"],
    [{ pickleTo: "/x", env: 0, proofState: 0 }, "pickleEnvironment"],
    [{ unpickleEnvFrom: "/x" }, "unpickleEnvironment"],
    [{ pickleTo: "/x", proofState: 0 }, "pickleProofState"],
    [{ unpickleProofStateFrom: "/x" }, "unpickleProofState"],
    [{ unpickleProofStateFrom: "/x", env: 0 }, "unpickleProofState"],
    [{ cmd: "def f := 1" }, "command"],
    [{ cmd: "def f := 1", env: 0, allTactics: true }, "command"],
    [{ path: "x.lean" }, "file"],
    [{ cmd: "x", path: "x.lean" }, "command"],
    [{ cmd: "x", fork: { field: 1 } } as ReplRequest, "command"],
  ])("takes %j for what the REPL takes it for: %s", (request, kind) => {
    expect(checkRequest(request)).toBe(kind);
  });

  it.each([
    {},
    { foo: 1 },
    { cmd: 1 },
    { cmd: "x", env: "0" },
    { cmd: "x", env: 0.5 },
    { tactic: "rfl" },
  ])("refuses %j, of which the REPL would die", (request) => {
    expect(() => checkRequest(request as unknown as ReplRequest)).toThrow(/knows no such request/);
  });

  it("refuses a session id, which the REPL would die of", () => {
    expect(() => checkRequest({ cmd: "x", env: -1 })).toThrow(/AutoLeanServer|state in a cache/);
    expect(() => checkRequest({ tactic: "x", proofState: -2 })).toThrow(/state in a cache/);
  });
});

describe("checkAnswer", () => {
  it.skipIf(!haveRecordings)(
    `takes every recorded answer, and keeps all of it ${haveRecordings ? "" : WITHOUT_RECORDINGS}`,
    () => {
      let checked = 0;
      for (const { name, stdin, stdout } of readRecordings()) {
        const requests = stdin
          .split(/\n\s*\n/)
          .map((text) => text.replaceAll("\n", "").trim())
          .filter((text) => text !== "" && !text.startsWith("#") && !text.startsWith("--"));
        const answers = stdout.split(/\n\n+/).filter((text) => text.trim() !== "");
        for (const [index, text] of answers.entries()) {
          // What a child prints can stand before an answer.
          const answer: unknown = JSON.parse(text.slice(text.search(/^\{/m)));
          const request = JSON.parse(requests[index] ?? "") as ReplRequest;
          const result = checkAnswer(checkRequest(request), answer);
          expect(result, `${name} ${index}`).toEqual({ ok: true, answer });
          checked++;
        }
      }
      expect(checked).toBeGreaterThan(100);
    },
  );

  it("keeps the fields that a fork adds, in messages and sorries too", () => {
    const answer = {
      env: 0,
      time: 0.5,
      messages: [{ severity: "info", data: "x", pos: { line: 1, column: 0 }, kind: "new" }],
      sorries: [{ goal: "⊢ True", proofState: 0, parentDecl: "t" }],
    };
    expect(checkAnswer("command", answer)).toEqual({ ok: true, answer });
  });

  it("takes null for what is not there", () => {
    const sorries = [{ goal: "⊢ True", proofState: null, pos: null }];
    const checked = checkAnswer("command", { env: 0, messages: null, sorries });
    expect(checked).toMatchObject({ ok: true, answer: { env: 0 } });
    expect(checked.ok && "proofState" in checked.answer).toBe(false);
  });

  it("takes a refusal for an answer to anything", () => {
    const answer = { message: "Unknown environment." };
    expect(checkAnswer("pickleEnvironment", answer)).toEqual({ ok: true, answer });
    expect(isErrorAnswer(answer)).toBe(true);
  });

  it.each([
    ["command", { proofState: 0, goals: [] }, "env"],
    ["tactic", { env: 0 }, "proofState"],
    ["command", { env: "0" }, "env"],
    ["command", [], "env"],
    ["tactic", { proofState: 0, goals: [1] }, "goals.0"],
  ] as const)("says what is wrong with an answer to %s of %j", (kind, answer, part) => {
    const checked = checkAnswer(kind, answer);
    expect(checked).toMatchObject({ ok: false, problem: expect.stringContaining(part) });
  });
});

describe("errorMessages", () => {
  it("gives the errors, and neither warnings nor news", () => {
    const messages = ["error", "warning", "info", "trace"].map((severity) => ({
      severity,
      data: severity,
    }));
    expect(errorMessages({ env: 0, messages }).map(({ data }) => data)).toEqual(["error"]);
    expect(errorMessages({ env: 0 })).toEqual([]);
  });
});
