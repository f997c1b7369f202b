import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { addBatch, jsonLines, namedLines, requests, TWO_SORRIES } from "../support/batches.ts";
import { useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { garbage } from "../support/kill-loop.ts";
import { run, start, succeed } from "../support/program.ts";
import { until } from "../support/wait.ts";

describe("code on a base that kills the REPL each time", () => {
  const filled = useCache([
    { cmd: "def f := 1", name: "base" },
    { cmd: "theorem t (p : Prop) (h : p) : p := by sorry", sorry: 0, name: "goal" },
  ]);

  it.each([
    ["add", ["add", "--from", "base", "-c", "def crash := 1"], 1],
    ["run", ["run", "base", "-c", "def crash := 1"], 1],
    ["a tactic", ["add", "--from", "goal", "-t", "exact crash"], 1],
  ])("fails once, and is not begun again and again: %s", async (_what, args, code) => {
    const cwd = filled();
    const LOG = join(cwd, "repl.log");
    const ended = await run(args, { cwd, repl: { LOG, CRASH_ON: "crash" } });
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining("simulated crash")]);
    expect(readLog(LOG).filter(({ event }) => event === "start").length).toBeLessThanOrEqual(2);
  });

  it("costs no other line of a batch", async () => {
    const cwd = filled();
    const lines = Array.from({ length: 12 }, (_, n) => ({
      from: "base",
      cmd: n % 3 === 1 ? `def crash${n} := 1` : `def g${n} := f`,
    }));
    const { code, printed, starts } = await addBatch(cwd, lines, [], { CRASH_ON: "crash" });
    expect([code, printed.map((each) => each === "-")]).toEqual([
      3,
      lines.map(({ cmd }) => cmd.includes("crash")),
    ]);
    expect(starts).toBeLessThanOrEqual(12);
  });
});

describe("a line of a batch that fails", () => {
  it("prints -, costs no other but those that build on it, and exits with 3", async () => {
    const cwd = temporaryFolder();
    const lines = [
      { cmd: "def a := 1" },
      { cmd: "#check nope", name: "bad" },
      { cmd: "def b := 1", from: "bad", name: "worse" },
      { cmd: "def c := 1", from: "worse" },
      { cmd: TWO_SORRIES, sorry: 2 },
      { cmd: "def d := 1" },
    ];
    const { code, printed, stderr, starts } = await addBatch(cwd, lines);
    expect([code, printed, starts]).toEqual([3, ["-1", "-", "-", "-", "-", "-2"], 1]);
    expect(stderr).toMatch(
      /^<line 2>:1:7: error: .*\nerror: batch.jsonl, line 2: Lean found errors/m,
    );
    expect(stderr).toContain("error: batch.jsonl, line 3: bad, which it builds on, was not made.");
    expect(stderr).toContain(
      "error: batch.jsonl, line 4: worse, which it builds on, was not made.",
    );
    expect(stderr).toContain("error: batch.jsonl, line 5: The code has no sorry 2");
    expect(stderr).toContain("2 of 6 lines went well.");
    expect((await addBatch(cwd, lines.slice(1, 3))).code).toBe(1);
  });

  it("is a JSON document with --json, and nothing on standard error", async () => {
    const lines = [
      { cmd: "#check nope", name: "bad" },
      { cmd: "def b := 1", from: "bad" },
    ];
    const { code, printed, stderr } = await addBatch(temporaryFolder(), lines, ["--json"]);
    expect([code, stderr]).toEqual([1, ""]);
    expect(printed.map((line) => JSON.parse(line))).toMatchObject([
      { line: 1, error: { code: "lean-error", messages: [{ severity: "error" }] } },
      { line: 2, error: { code: "no-such-state", message: expect.stringContaining("bad") } },
    ]);
  });

  it.each([
    ["a crash", { CRASH_ON: "def f2" }, [], "exited with code 1"],
    ["a segmentation fault", { SEGV_ON: "def f2" }, [], "was killed by SIGSEGV"],
    [
      "an answer that is none",
      { GARBAGE_ON: "def f2" },
      ["--timeout", "2"],
      "did not answer within 2 s",
    ],
    ["a hang", { HANG_ON: "def f2" }, ["--timeout", "1"], "did not answer within 1 s"],
    ["a closure", { CLOSURES_ON: "f2" }, [], "It holds a closure|Lean cannot pickle this"],
  ])(
    "is the only one where it is %s, and what builds on lines before is restored",
    async (_what, repl, args, message) => {
      const cwd = temporaryFolder();
      const lines = [
        ...namedLines(4),
        { cmd: "theorem t : f1 = 1 := by rfl", from: "n1" },
        { cmd: "theorem u : f1 = 1 := by rfl", from: "n1" },
        { cmd: "def g := 1", from: "n2" },
      ];
      const { code, printed, stderr, log, starts } = await addBatch(cwd, lines, args, repl);
      expect([code, printed]).toEqual([3, ["-1", "-2", "-", "-3", "-4", "-5", "-"]]);
      expect(stderr).toMatch(new RegExp(`error: batch.jsonl, line 3: .*(${message})`));
      // A line that ends a REPL is tried once more, in the next one; one that hangs has had its time.
      expect(starts).toBe("HANG_ON" in repl ? 2 : 3);
      expect(requests(log).filter((kind) => kind.startsWith("unpickle"))).toEqual([]);
      expect(garbage(cwd)).toEqual([]);
      const again = await addBatch(cwd, lines);
      expect([again.code, again.starts]).toEqual([0, 1]);
      expect(again.printed).toEqual(["-1", "-2", "-6", "-3", "-4", "-5", "-7"]);
    },
  );

  it("leaves none of its states where the REPL dies between two of them", async () => {
    const cwd = temporaryFolder();
    const lines = [{ cmd: "def a := 1" }, { cmd: TWO_SORRIES, sorry: "all", name: "g" }];
    const { printed } = await addBatch(cwd, lines, [], { CLOSURES_ON: "q : Prop" });
    expect([printed, garbage(cwd)]).toEqual([["-1", "-"], []]);
    expect(await succeed(["ls", "-q"], { cwd })).toBe("-1");
  });
});

describe("a batch that cannot go on", () => {
  it("exits with 11 where the lock is held for too long, and leaves nothing behind", async () => {
    const cwd = temporaryFolder();
    await addBatch(cwd, namedLines(1));
    const lock = join(cwd, "session_cache", "manifest.lock");
    mkdirSync(lock);
    // As its holder does, so that it does not count as that of a process that has died.
    const refresh = setInterval(() => utimesSync(lock, new Date(), new Date()), 500);
    const { code, printed, stderr } = await addBatch(cwd, namedLines(700), [
      "--lock-timeout",
      "0.3",
    ]);
    clearInterval(refresh);
    expect([code, printed]).toEqual([11, ["-1"]]);
    expect(stderr).toContain("was locked for 0.3 s");
    rmdirSync(lock);
    expect(garbage(cwd)).toEqual([]);
  });

  it("exits with 6 where the manifest is damaged in the middle, and leaves that alone", async () => {
    const cwd = temporaryFolder();
    writeFileSync(
      join(cwd, "batch.jsonl"),
      jsonLines([{ cmd: "def slow := 1" }, ...namedLines(2)]),
    );
    const LOG = join(cwd, "repl.log");
    const args = ["add", "--batch", "batch.jsonl", "--timeout", "3"];
    const { ended } = start(args, { cwd, repl: { LOG, HANG_ON: "def slow" } });
    const manifest = join(cwd, "lean-pickle.json");
    await until(() => requests(readLog(LOG)).length > 0, "Lean runs the first line");
    writeFileSync(manifest, "junk");
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([6, "-\n"]);
    expect(stderr).toContain("it is not JSON");
    expect(readFileSync(manifest, "utf8")).toBe("junk");
    expect(readdirSync(join(cwd, "session_cache", "tmp"))).toEqual([]);
  });

  it("exits with 5 where what is run as a REPL dies before it answers anything", async () => {
    const cwd = temporaryFolder();
    const { code, printed, stderr, starts } = await addBatch(cwd, namedLines(50), [], {
      CRASH_AT: "1",
    });
    // The second one was asked for something harmless.
    expect([code, printed, starts]).toEqual([5, [], 2]);
    expect(stderr).toMatch(/is no Lean REPL that works: .* exited with code 1\.\nThe end of/);
  });
});
