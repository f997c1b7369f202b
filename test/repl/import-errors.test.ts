import { describe, expect, it } from "vitest";
import { ReplDiedError } from "../../src/repl/errors.ts";
import { findFailedImport } from "../../src/repl/import-errors.ts";
import { judge } from "../../src/session/restore/verdict.ts";

const NO_PREFIX = "unknown module prefix 'Foo'\n\nNo directory 'Foo' or file 'Foo.olean' in ...";
const PICKLE = "session_cache/abc.12345678.olean";

/** What is made of the end of a REPL that said this while it loaded a state. */
function verdict(stderr: string): { status: string; message: string } {
  const exit = { code: 1, signal: null };
  const details = { asked: "{}", turn: "run", exit, stderr, hasAnswered: true } as const;
  const lean = { toolchain: null, version: "4.33.0", gitHash: null };
  const launch = { command: "repl", adviceOnImports: "Build it." };
  return judge(new ReplDiedError(details), { lean, pickleFile: PICKLE }, launch);
}

describe("findFailedImport", () => {
  it.each([
    NO_PREFIX,
    "unknown package 'Foo'",
    "object file '/p/.lake/build/lib/Foo.olean' of module Foo does not exist",
  ])("knows an import that was not found: %s", (text) => {
    expect(findFailedImport(text, "<code>", "Build it.")).toEqual({
      what: "Lean did not find what <code> imports",
      hint: "Build it.",
    });
  });

  it("knows one that another Lean compiled", () => {
    const text = "failed to read file '/p/Foo.olean', incompatible header";
    expect(findFailedImport(text, "A.lean", "Build it.")).toMatchObject({
      what: "What A.lean imports was compiled by another Lean than that of the REPL",
    });
  });

  it.each(["", "unknown identifier 'Foo'", "The object file is old."])(
    "knows no other: %j",
    (text) => {
      expect(findFailedImport(text, "<code>", "Build it.")).toBeUndefined();
    },
  );
});

describe("judge", () => {
  it("tells an import that fails from a pickle that does", () => {
    expect(verdict(`uncaught exception: ${NO_PREFIX}`)).toMatchObject({
      status: "failed",
      message:
        "Lean did not find what it imports: uncaught exception: unknown module prefix 'Foo' Build it.",
    });
    const refused = (path: string) =>
      verdict(`uncaught exception: failed to read file '${path}', incompatible header`);
    expect(refused("/p/.lake/build/lib/lean/Foo.olean")).toMatchObject({
      status: "failed",
      message: expect.stringMatching(/^What it imports was compiled by another Lean/),
    });
    expect(refused(`/home/me/${PICKLE}`)).toMatchObject({
      status: "incompatible",
      message: expect.stringMatching(/^Another Lean pickled it \(4\.33\.0\)/),
    });
  });
});
