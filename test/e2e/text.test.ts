import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type LogEvent, readLog } from "../simulated-repl/index.ts";
import { jsonLines } from "../support/batches.ts";
import { addLines, useCache } from "../support/filled-caches.ts";
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
      expect(await succeed(["add", "other.lean", "--sorry", "0"], surroundings)).toBe("-1");
      const isStarted = ({ event }: LogEvent) => event === "start";
      expect(readLog(LOG).filter(isStarted)).toHaveLength(1);
      expect(await succeed(["add", "-c", text, "--sorry", "0"], surroundings)).toBe("-1");
      const fromInput = await run(["add", "-", "--sorry", "0"], { ...surroundings, stdin: text });
      expect(fromInput.stdout).toBe("-1\n");
      const sources = [{ cmd: text }, { path: "other.lean" }, { cmd: CODE }, { path: "unix.lean" }];
      const stdin = jsonLines(sources.map((source) => ({ ...source, sorry: 0 })));
      const batch = await succeed(["add", "--batch", "-"], { ...surroundings, stdin });
      expect(batch).toBe("-1\n-1\n-1\n-1");
      expect(readLog(LOG).filter(isStarted)).toHaveLength(1);
    },
  );

  it("is the same state after a tactic with CRLF", async () => {
    const cwd = temporaryFolder();
    addLines(cwd, [
      { cmd: CODE, sorry: 0, name: "goal" },
      { from: "goal", tactics: ["exact\n  h"] },
    ]);
    const args = ["add", "--from", "goal", "-t", "exact\r\n  h", "--no-run"];
    expect(await succeed(args, { cwd })).toBe("-2");
  });

  it("keeps its positions in messages", async () => {
    const cwd = temporaryFolder();
    const bad = `${BOM}import Lean\r\n\r\n  #check nope\r\n`;
    const { code, stderr } = await run(["add", "-", "--sorry", "0"], { cwd, stdin: bad });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^<stdin>:3:9: error/m)]);
  });

  it("is warned of if there is none, in files, standard input and -c", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "empty.lean"), "");
    writeFileSync(join(cwd, "blank.lean"), `${BOM} \r\n\t\n`);
    const { code, stderr } = await run(["add", "empty.lean", "blank.lean", "-", "-c", ""], { cwd });
    const names = ["empty.lean", "blank.lean", "Standard input", "<code>"];
    expect(stderr).toBe(names.map((name) => `warning: ${name} is empty.\n`).join(""));
    expect(code).toBe(0);
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

  const filled = useCache(
    NAMES.flatMap((name, at) => [
      { cmd: `def f${at} := 1` },
      { cmd: `theorem a${at} (p : Prop) (h : p) : p := by sorry`, sorry: "all", name: `${name}.x` },
      { from: `${name}.x.0`, tactics: ["exact h"], name: `${name}.y` },
    ]),
  );

  it("can be the names of states, in every command", async () => {
    const cwd = filled();
    const ids = NAMES.map((_, at) => String(-3 * at - 1));
    for (const [at, name] of NAMES.entries()) {
      const add = ["add", "-c", `def f${at} := 1`, "-n", name];
      expect(await succeed(add, { cwd })).toBe(ids[at]);
      expect(await succeed(["show", name], { cwd })).toContain(name);
    }
    const table = (await succeed(["ls"], { cwd })).split("\n");
    const tree = await succeed(["ls", "--tree"], { cwd });
    for (const [at, name] of NAMES.entries()) {
      const cells = table[3 * at + 1]?.trim().split(/ {2,}/);
      expect(cells?.slice(0, 2)).toEqual([ids[at], name]);
      expect(tree).toContain(`${name}.x.0`);
    }
    const steps = NAMES.map((name) => `${name}.y`);
    const listed = await succeed(["ls", "-q", ...NAMES, ...steps], { cwd });
    expect(listed.split("\n")).toEqual(ids.flatMap((id) => [id, String(Number(id) - 2)]));
    expect((await succeed(["rm", ...NAMES], { cwd })).split("\n")).toEqual(ids);
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
