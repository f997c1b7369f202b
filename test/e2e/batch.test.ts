import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addBatch, jsonLines, namedLines, requests, TWO_SORRIES } from "../support/batches.ts";
import { useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { run } from "../support/program.ts";
import { readManifest } from "../support/stored-states.ts";

const THEOREM = "theorem t (p : Prop) (h : p) : p := by sorry";

const FIVE_LINES = [
  { cmd: "def a := 1", name: "base" },
  { cmd: THEOREM, from: "base", sorry: 0, name: "goal" },
  { from: "goal", tactics: ["exact h"], name: "done" },
  { cmd: TWO_SORRIES, sorry: "all", name: "all" },
  { from: "all.1", tactics: ["skip", "exact h"] },
];

const filled = useCache(FIVE_LINES);

describe("add --batch", () => {
  it("makes all states in one REPL, and loads none that it has made", async () => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr, log, starts } = await addBatch(cwd, FIVE_LINES);
    expect([code, stdout, stderr]).toEqual([0, "-1\n-2\n-3\n-4 -5\n-6\n", ""]);
    expect(starts).toBe(1);
    // Besides the lines: the header that they share, and two that ask the REPL about its sorries.
    expect(requests(log).sort()).toEqual([
      ...Array(5).fill("command"),
      "pickleEnv",
      ...Array(5).fill("pickleProofState"),
      ...Array(4).fill("tactic"),
    ]);
    const [, , done, ...others] = readManifest(cwd).states;
    expect(done).toMatchObject({ name: "done", proofStatus: "Completed", goals: [] });
    expect(others.map(({ name }) => name)).toEqual(["all.0", "all.1", null]);
  });

  it("runs nothing that it finds, starts no REPL then, and writes nothing", async () => {
    const cwd = filled();
    const ids = "-1\n-2\n-3\n-4 -5\n-6\n";
    const manifest = join(cwd, "lean-pickle.json");
    const before = [statSync(manifest).ino, readdirSync(join(cwd, "session_cache"))];
    const second = await addBatch(cwd, FIVE_LINES, ["--no-run"]);
    expect([second.code, second.stdout, second.log]).toEqual([0, ids, []]);
    expect([statSync(manifest).ino, readdirSync(join(cwd, "session_cache"))]).toEqual(before);
    const forced = await addBatch(cwd, FIVE_LINES, ["--force"]);
    expect([forced.code, forced.stdout, forced.starts]).toEqual([0, ids, 1]);
  });

  it("prints JSON Lines, of a line with all sorries an array", async () => {
    const cwd = temporaryFolder();
    const lines = [{ cmd: "def a := 1\n#check a" }, {}, { cmd: TWO_SORRIES, sorry: "all" }];
    const { printed } = await addBatch(cwd, [...lines.slice(0, 1), ...lines.slice(2)], ["--json"]);
    expect(printed.map((line) => JSON.parse(line))).toMatchObject([
      {
        line: 1,
        sessionId: -1,
        cached: false,
        messages: [{ data: "a : Nat", source: "<line 1>" }],
      },
      [
        { line: 2, sessionId: -2, sorries: [{}, {}] },
        { line: 2, sessionId: -3 },
      ],
    ]);
    const [hit] = (await addBatch(cwd, lines.slice(0, 1), ["--json"])).printed;
    expect(JSON.parse(hit ?? "")).toMatchObject({ line: 1, sessionId: -1, cached: true });
  });

  it("makes one state of lines that ask for the same, and gives it the last name", async () => {
    const cwd = temporaryFolder();
    const cmd = "def a := 1";
    const lines = [{ cmd }, { cmd, name: "n" }, { cmd, name: "n" }, { cmd, name: "m" }, { cmd }];
    const { code, printed, log } = await addBatch(cwd, lines);
    expect([code, printed]).toEqual([0, ["-1", "-1", "-1", "-1", "-1"]]);
    expect(requests(log)).toEqual(["command", "command", "pickleEnv"]);
    expect(readManifest(cwd).states.map(({ name }) => name)).toEqual(["m"]);
  });

  it("keeps a state with errors where the line, or the command line, allows that", async () => {
    const cwd = temporaryFolder();
    const cmd = 'def a : Nat := "x"';
    const lines = [{ cmd, allowErrors: true }, { cmd }, { cmd: `${cmd} `, allowErrors: false }];
    expect((await addBatch(cwd, lines)).printed).toEqual(["-1", "-", "-"]);
    expect((await addBatch(cwd, lines, ["--allow-errors"])).printed).toEqual(["-1", "-1", "-"]);
  });

  it("says why with --explain, and which lines it misses with --no-run", async () => {
    const { code, printed, stderr, log } = await addBatch(
      filled(),
      [...FIVE_LINES.slice(0, 1), ...namedLines(1), { cmd: "def g := f0", from: "n0" }],
      ["--no-run", "--explain"],
    );
    expect([code, printed, log]).toEqual([3, ["-1", "-", "-"], []]);
    expect(stderr).toMatch(
      /^line 2: miss: .*\n.*\n?.*error: batch.jsonl, line 2: The cache does not hold it/ms,
    );
    expect(stderr).toContain("error: batch.jsonl, line 3: n0, which it builds on, was not made.");
    expect(stderr).toContain("1 of 3 lines went well.");
  });

  it("takes a new REPL after some hundred commands, and restores a base in it", async () => {
    const cwd = temporaryFolder();
    const lines = namedLines(450);
    const last = { cmd: "theorem last : f0 = 0 := by rfl", from: "n0" };
    const { code, printed, log, starts } = await addBatch(cwd, [...lines, last]);
    expect(code).toBe(0);
    expect(printed).toEqual(Array.from({ length: 451 }, (_, n) => String(-n - 1)));
    expect(starts).toBe(2);
    expect(requests(log).filter((kind) => kind.startsWith("unpickle"))).toEqual([]);
  });

  it("takes a new REPL where what was done before takes too much memory", async () => {
    const cwd = temporaryFolder();
    const lines = namedLines(6).map(({ cmd, name }) => ({
      cmd: `import Lean.${name}\n${cmd}`,
      name,
    }));
    const args = ["--memory-limit", "400"];
    const { code, printed, starts } = await addBatch(cwd, lines, args, { IMPORT_MIB: "120" });
    expect([code, printed]).toEqual([0, ["-1", "-2", "-3", "-4", "-5", "-6"]]);
    expect(starts).toBeGreaterThan(1);
  });
});

describe("key --batch", () => {
  it("prints the key of each line, and which would hit, without a REPL", async () => {
    const empty = temporaryFolder();
    const cwd = filled();
    const stdin = jsonLines([...FIVE_LINES, { from: "all.0", tactics: ["exact h"] }]);
    const repl = { LOG: join(empty, "repl.log") };
    const missed = await run(["key", "--batch", "-"], { cwd: empty, stdin, repl });
    expect([missed.code, missed.stderr]).toEqual([0, "0 of 6 lines would hit.\n"]);
    expect(readdirSync(empty)).toEqual([]);
    const hit = await run(["key", "--batch", "-", "--json"], { cwd, stdin });
    const told = hit.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(told).toMatchObject([1, 2, 3, 4, 5, 6].map((line) => ({ line, hit: line < 6 })));
    expect(told.map(({ key }) => key)).toEqual(missed.stdout.trimEnd().split("\n"));
    const keys = readManifest(cwd).states.map(({ key }) => key);
    expect(keys.slice(0, 3)).toEqual(told.slice(0, 3).map(({ key }) => key));
  });

  it.each([
    ["text", []],
    ["JSON", ["--json"]],
  ])("prints no %s where a line is wrong", async (_what, flags) => {
    const stdin = jsonLines([{ cmd: "def a := 1" }, { cmd: "x", from: "no" }]);
    const args = ["key", "--batch", "-", ...flags];
    const { code, stdout, stderr } = await run(args, { cwd: temporaryFolder(), stdin });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("line 2: There is no state no");
  });
});
