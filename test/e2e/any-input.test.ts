import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folders.ts";
import { run, succeed } from "../support/program.ts";

/** Anything that an argument of a command line can hold, options and control characters among it. */
const argument = fc
  .oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("--json", "-q", "--", "-1", "$(id)", "'; id #", "a\nb", "\u001b[2J", "--help"),
  )
  .filter((text) => !text.includes("\0"));

describe("any code", () => {
  it("reaches Lean and the recipe as it is, from the command line and from standard input", async () => {
    await fc.assert(
      fc.asyncProperty(argument, argument, async (code, input) => {
        const cwd = temporaryFolder();
        const args = ["add", "-q", "--allow-errors", "-", "-c", code];
        await run(args, { cwd, stdin: input });
        const manifest = JSON.parse(readFileSync(join(cwd, "lean-pickle.json"), "utf8"));
        const last = manifest.recipes[manifest.states[0].key];
        const steps = [manifest.recipes[last.base].step, last.step];
        expect(steps).toEqual([{ cmd: input }, { cmd: code }]);
      }),
      { numRuns: 12 },
    );
  });
});

describe("any reference", () => {
  it("is a state, or none, or a wrong command line, and nothing else happens", async () => {
    const cwd = temporaryFolder();
    await succeed(["add", "-c", "def f := 1", "-n", "x"], { cwd });
    await fc.assert(
      fc.asyncProperty(argument, async (reference) => {
        fc.pre(reference !== "-1" && reference !== "x");
        const { code, stderr } = await run(["rm", "--", reference], { cwd });
        expect([2, 4]).toContain(code);
        expect(/[^\P{Cc}\n\t]/u.test(stderr)).toBe(false);
        expect(stderr).not.toMatch(/\bat .*\.js:\d+/);
      }),
      { numRuns: 25, examples: [["-2"], ["X"], ["../x"], [""]] },
    );
    expect(await succeed(["ls", "-q"], { cwd })).toBe("-1");
  });
});
