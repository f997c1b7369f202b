import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { jsonLines } from "../support/batches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { run, succeed } from "../support/program.ts";

const CODE = "import Lean\n-- a note\ntheorem t (p : Prop) (h : p) : p := by\n  sorry\n";
const BOM = "\uFEFF";

describe("code as editors and git write it", () => {
  it.each([
    ["CRLF", CODE.replaceAll("\n", "\r\n")],
    ["a byte order mark", `${BOM}${CODE}`],
    ["both", `${BOM}${CODE.replaceAll("\n", "\r\n")}`],
  ])(
    "is the same state with %s: in a file, -c, standard input, and a batch",
    async (_what, text) => {
      const cwd = temporaryFolder();
      const LOG = join(cwd, "repl.log");
      const surroundings = { cwd, repl: { LOG } };
      writeFileSync(join(cwd, "unix.lean"), CODE);
      writeFileSync(join(cwd, "other.lean"), text);
      const lines = [
        { cmd: text, sorry: 0 },
        { path: "other.lean", sorry: 0 },
      ];
      writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
      expect(await succeed(["add", "other.lean", "--sorry", "0"], surroundings)).toBe("-1");
      const starts = readLog(LOG).length;
      const again = [
        ["add", "unix.lean", "--sorry", "0"],
        ["add", "-c", text, "--sorry", "0"],
        ["add", "-c", CODE, "--sorry", "0"],
      ];
      for (const args of again) {
        expect(await succeed(args, surroundings)).toBe("-1");
      }
      const fromInput = await run(["add", "-", "--sorry", "0"], { ...surroundings, stdin: text });
      expect(fromInput.stdout).toBe("-1\n");
      expect(await succeed(["add", "--batch", "batch.jsonl"], surroundings)).toBe("-1\n-1");
      await succeed(["add", "--from", "-1", "-t", "exact\n  h"], surroundings);
      expect(await succeed(["add", "--from", "-1", "-t", "exact\r\n  h"], surroundings)).toBe("-2");
      expect(
        readLog(LOG)
          .slice(0, starts)
          .some(({ event }) => event === "start"),
      ).toBe(true);
      expect(readLog(LOG).filter(({ event }) => event === "start")).toHaveLength(2);
    },
  );

  it("keeps its positions in messages", async () => {
    const cwd = temporaryFolder();
    const bad = `${BOM}import Lean\r\n\r\n  #check nope\r\n`;
    const { code, stderr } = await run(["add", "-", "--sorry", "0"], { cwd, stdin: bad });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^<stdin>:3:9: error/m)]);
  });

  it.each([
    ["-c ''", ["-c", ""], "<code> is empty."],
    ["an empty file", ["empty.lean"], "empty.lean is empty."],
    ["a file of white space", ["blank.lean"], "blank.lean is empty."],
    ["standard input", ["-"], "Standard input is empty."],
  ])("is warned of if there is none: %s", async (_what, args, warning) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "empty.lean"), "");
    writeFileSync(join(cwd, "blank.lean"), `${BOM} \r\n\t\n`);
    const { code, stderr } = await run(["add", ...args], { cwd });
    expect([code, stderr]).toEqual([0, expect.stringContaining(`warning: ${warning}`)]);
  });

  it.each([
    ["code", { cmd: "-- \ud800" }],
    ["a tactic", { from: "g", tactics: ["exact h", "-- \udc00"] }],
    ["a name", { cmd: "def f := 1", name: "\ud800" }],
    ["a base", { from: "\ud800", cmd: "def f := 1" }],
  ])("is refused with the number of its line if it is no Unicode: %s", async (_what, line) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "batch.jsonl"), jsonLines([{ cmd: "def a := 1" }, line]));
    const { code, stderr } = await run(["add", "--batch", "batch.jsonl"], { cwd });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/line 2: it holds half of a surrogate/),
    ]);
  });
});

describe("Lean's own names", () => {
  const NAMES = ["Nat.sub_one_lt'", "foo₁", "α_pos", "café", "add!", "«my lemma»", "定理"];

  it.each(NAMES)("can be the name of a state, in every command: %s", async (name) => {
    const cwd = temporaryFolder();
    expect(await succeed(["add", "-c", "def f := 1", "-n", name], { cwd })).toBe("-1");
    const lines = [
      { cmd: "theorem a (p : Prop) (h : p) : p := by sorry", sorry: "all", name: `${name}.x` },
      { from: `${name}.x.0`, tactics: ["exact h"], name: `${name}.y` },
    ];
    writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
    expect(await succeed(["add", "--batch", "batch.jsonl"], { cwd })).toBe("-2\n-3");
    expect(await succeed(["ls", "-q", name, `${name}.y`], { cwd })).toBe("-1\n-3");
    expect(await succeed(["ls"], { cwd })).toContain(`-1  ${name}`);
    expect(await succeed(["ls", "--tree"], { cwd })).toContain(`${name}.x.0`);
    expect(await succeed(["show", name], { cwd })).toContain(name);
    expect(await succeed(["rm", name], { cwd })).toBe("-1");
  });

  it("are one name in all forms of Unicode", async () => {
    const cwd = temporaryFolder();
    const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"];
    await succeed(["add", "-c", "def f := 1", "-n", decomposed], { cwd });
    const shown = JSON.parse(await succeed(["show", composed, "--json"], { cwd }));
    expect(shown.name).toBe(composed);
    expect(await succeed(["ls", "-q", decomposed], { cwd })).toBe("-1");
    writeFileSync(join(cwd, "batch.jsonl"), jsonLines([{ from: decomposed, cmd: "def g := 1" }]));
    expect(await succeed(["add", "--batch", "batch.jsonl"], { cwd })).toBe("-2");
  });

  it.each(["-5x", "abcdef1", "a b", "«a", "x\u202ey"])("refuse what is none: %j", async (name) => {
    const cwd = temporaryFolder();
    const { code, stderr } = await run(["add", "-c", "def f := 1", `-n${name}`], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/cannot be the name of a state/)]);
  });
});
