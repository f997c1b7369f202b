import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readBatch } from "../../../src/commands/input/batch-input.ts";
import { jsonLines } from "../../support/batches.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { run, succeed } from "../../support/program.ts";

async function read(text: string, defaults = {}) {
  const file = join(temporaryFolder(), "batch.jsonl");
  writeFileSync(file, text);
  return await readBatch(file, defaults, new AbortController().signal);
}

/** What is wrong with a batch of one line. */
async function problemOf(line: string): Promise<string | undefined> {
  const { items, bad } = await read(line);
  expect(items.length + bad.length).toBe(1);
  return bad[0]?.problem;
}

describe("readBatch", () => {
  it("counts empty lines, and skips them", async () => {
    const { items, bad } = await read('\n{"cmd": "a"}\n \t\n{"cmd": "b"}\n\n');
    expect([items.map(({ line }) => line), bad]).toEqual([[2, 4], []]);
  });

  it.each([
    ["no line at all", "", 0],
    ["nothing but empty lines", "\n\r\n \n", 0],
    ["no newline at the end", '{"cmd": "a"}\n{"cmd": "b"}', 2],
    ["CRLF", '{"cmd": "a"}\r\n\r\n{"cmd": "b"}\r\n', 2],
    ["a byte order mark", '\uFEFF{"cmd": "a"}\n', 1],
  ])("takes %s", async (_what, text, count) => {
    const { items, bad } = await read(text);
    expect([items.length, bad]).toEqual([count, []]);
  });

  it("says what is wrong with what is nested deeply", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(await problemOf(`{"deep": ${deep}}`)).toMatch(/^"deep" is no field/);
    expect(await problemOf(`{"cmd": ${deep}}`)).toBe('"cmd" must be a text');
  });

  it("has every field mean what the option of that name means", async () => {
    const line = { from: -3, sorry: "all", tactics: ["rfl"], name: "n", allowErrors: false };
    const { items } = await read(jsonLines([line]), { allowErrors: true });
    expect(items).toMatchObject([{ ...line, line: 1, from: "-3" }]);
    expect((await read('{"cmd": "a"}', { allowErrors: true })).items[0]?.allowErrors).toBe(true);
  });

  it.each([
    ["{", /^it is not JSON \(/],
    ["[]", /^it is not a JSON object$/],
    ["null", /^it is not a JSON object$/],
    ['"cmd"', /^it is not a JSON object$/],
    [
      '{"bad": 1}',
      /^"bad" is no field of an addition: cmd, path, from, sorry, tactics, name, allo/,
    ],
    ['{"__proto__": 1}', /^"__proto__" is no field/],
    ['{"cmd": 1}', /^"cmd" must be a text$/],
    ['{"path": ""}', /^"path" must be the name of a file$/],
    ['{"from": ""}', /^"from" must be a name, a session id or a key$/],
    ['{"from": 1.5}', /^"from" must be a name, a session id or a key$/],
    ['{"sorry": "some"}', /^"sorry" must be a number from 0, or "all"$/],
    ['{"sorry": -1}', /^"sorry" must be a number from 0, or "all"$/],
    ['{"tactics": "rfl"}', /^"tactics" must be a list of texts$/],
    ['{"tactics": ["rfl", 1, 2]}', /^"tactics" must be a list of texts$/],
    ['{"name": null}', /^"name" must be a text$/],
    ['{"allowErrors": "yes"}', /^"allowErrors" must be true or false$/],
    ['{"cmd": "a", "path": "b"}', /^it has both a cmd and a path/],
    ['{"path": "-"}', /^"path" cannot be standard input/],
    ['{"cmd": 1, "bad": 2, "name": 3}', /^"bad" is no .*; "cmd" must be a text; "name" must be/],
  ])("says what is wrong with %s", async (line, problem) => {
    expect(await problemOf(line)).toMatch(problem);
  });

  it("remembers the name of a line that is wrong", async () => {
    const { bad } = await read('{"name": "n", "sorry": "all", "bad": 1}\n{"name": 1}');
    expect(bad).toMatchObject([{ line: 1, name: "n", sorry: "all" }, { line: 2 }]);
    expect(bad[1]).not.toHaveProperty("name");
  });
});

describe("the input of add --batch", () => {
  it("is standard input for -, and its paths are relative to the current directory", async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, "code"));
    writeFileSync(join(cwd, "code", "A.lean"), "def a := 1");
    const stdin = jsonLines([
      { path: "code/A.lean", name: "a" },
      { cmd: "def b := a", from: "a" },
    ]);
    expect(await succeed(["add", "-d", "cache", "--batch", "-"], { cwd, stdin })).toBe("-1\n-2");
  });

  it("tells all problems together, and neither starts a REPL nor writes anything", async () => {
    const cwd = temporaryFolder();
    const stdin = `nonsense\n${jsonLines([
      { path: "nowhere.lean", name: "n" },
      { cmd: "def a := 1", from: "n" },
      { cmd: "def a := 1", bad: 1 },
      { cmd: "def a := 1", name: "no name" },
    ])}`;
    const repl = { LOG: join(temporaryFolder(), "repl.log") };
    const { code, stdout, stderr } = await run(["add", "-d", "cache", "--batch", "-"], {
      cwd,
      stdin,
      repl,
    });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.match(/^line \d: .{10}/gm)).toEqual([
      "line 1: it is not ",
      "line 2: Could not ",
      'line 4: "bad" is n',
      'line 5: "no name" ',
    ]);
    expect((await run(["ls", "-d", "cache", "-q"], { cwd })).stdout).toBe("");
  });

  it("may be empty, which is worth a word", async () => {
    const { code, stdout, stderr } = await run(["add", "--batch", "-"], { cwd: temporaryFolder() });
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("The batch is empty.");
  });
});
