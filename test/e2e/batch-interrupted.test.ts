import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it, onTestFailed } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { addBatch, jsonLines, namedLines, requests, TWO_SORRIES } from "../support/batches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { garbage, killAgainAndAgain, readWhole } from "../support/kill-loop.ts";
import { isRunning } from "../support/processes.ts";
import { start } from "../support/program.ts";
import { until } from "../support/wait.ts";

/** How often the batch is killed: more for a long run. */
const KILLS = Number(process.env.LEAN_PICKLE_TEST_KILLS ?? 5);

/** Sixty states, some of which are built on others. */
const SIXTY = Array.from({ length: 12 }, (_, n) => [
  { cmd: `def f${n} := ${n}`, name: `f${n}` },
  { cmd: `theorem t${n} : f${n} = ${n} := by rfl`, from: `f${n}` },
  { cmd: TWO_SORRIES.replaceAll(/theorem (\w)/g, `theorem $1${n}`), sorry: "all", name: `g${n}` },
  { from: `g${n}.1`, tactics: ["exact h"], name: `done${n}` },
]).flat();

describe("an interrupted batch", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("keeps what was done after %s, and goes on from there", async (signal, exitCode) => {
    const cwd = temporaryFolder();
    const LOG = join(cwd, "repl.log");
    const lines = [...namedLines(100), { cmd: "def slow := 1" }, ...namedLines(110).slice(100)];
    writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
    const repl = { LOG, HANG_ON: "def slow" };
    const { child, ended } = start(["add", "--batch", "batch.jsonl"], { cwd, repl });
    const commands = () => requests(readLog(LOG)).filter((kind) => kind === "command");
    // The header, and the lines up to the slow one.
    await until(() => commands().length === 102, "Lean runs the slow line");
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(exitCode);
    expect(stderr).toContain(`Interrupted by ${signal}.`);
    const printed = stdout.trimEnd().split("\n");
    // A few lines are under way at once: behind the slow one, they are not pickled yet.
    expect(printed.length).toBeGreaterThan(90);
    expect(printed).toEqual(printed.map((_, n) => String(-n - 1)));
    expect(readWhole(cwd).states).toHaveLength(printed.length);
    expect(garbage(cwd)).toEqual([]);
    expect(isRunning(readLog(LOG)[0]?.pid ?? 0)).toBe(false);
    const again = await addBatch(cwd, lines);
    expect([again.code, again.printed.length, again.starts]).toEqual([0, 111, 1]);
    const pickled = requests(again.log).filter((kind) => kind === "pickleEnv");
    expect(pickled).toHaveLength(111 - printed.length);
  });

  it("keeps what was printed and more, where it comes in the middle of the work", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "batch.jsonl"), jsonLines(SIXTY));
    const repl = { COMMAND_MS: "40" };
    const { child, ended } = start(["add", "--batch", "batch.jsonl"], { cwd, repl });
    if (child.stdout) {
      createInterface({ input: child.stdout }).once("line", () => child.kill("SIGINT"));
    }
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    const printed = stdout.trimEnd().split(/\s/);
    const { states } = readWhole(cwd);
    expect(states.map(({ sessionId }) => String(sessionId))).toEqual(printed);
    expect(garbage(cwd)).toEqual([]);
    const again = await addBatch(cwd, SIXTY);
    expect([again.code, readWhole(cwd).states.length]).toEqual([0, 60]);
    const pickled = requests(again.log).filter((kind) => kind.startsWith("pickle"));
    expect(pickled).toHaveLength(60 - states.length);
  });

  it("leaves nothing behind where Lean is in the middle of writing a pickle", async () => {
    const cwd = temporaryFolder();
    // Built on each other, they are pickled one after the other.
    const lines = [1, 2, 3].map((n) => ({
      cmd: `def f${n} := ${n}`,
      name: `n${n}`,
      ...(n > 1 && { from: `n${n - 1}` }),
    }));
    writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
    const repl = { HANG_IN_PICKLE_AT: "3" };
    const { child, ended } = start(["add", "--batch", "batch.jsonl"], { cwd, repl });
    const temporary = join(cwd, "session_cache", "tmp");
    let printed = 0;
    child.stdout?.on("data", (chunk: Buffer) => {
      printed += chunk.toString().split("\n").length - 1;
    });
    await until(() => printed === 2, "two states are stored");
    await until(() => readdirSync(temporary).some((name) => name.includes(".tmp.")), "it writes");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 130, stdout: "-1\n-2\n" });
    expect(garbage(cwd)).toEqual([]);
  });
});

describe("a batch that is ended at random instants", () => {
  it.each([
    ["SIGKILL", KILLS],
    ["SIGINT", Math.ceil(KILLS / 2)],
  ] as const)(
    "by %s has all states in the end, once each, also after %i times",
    async (signal, kills) => {
      const cwd = temporaryFolder();
      const seed = Number(process.env.LEAN_PICKLE_TEST_SEED ?? Date.now() % 2 ** 31);
      onTestFailed(() => void process.stderr.write(`LEAN_PICKLE_TEST_SEED=${seed}\n`));
      const repl = { COMMAND_MS: "20" };
      const loop = { cwd, lines: SIXTY, states: 60, kills, seed, repl, signal };
      await killAgainAndAgain(loop);
      const { code, printed } = await addBatch(cwd, SIXTY);
      expect([code, printed.length]).toEqual([0, SIXTY.length]);
      const { states, recipes } = readWhole(cwd);
      expect(states).toHaveLength(60);
      expect(states.filter(({ name }) => name !== null)).toHaveLength(48);
      expect(states.every(({ key }) => recipes[key])).toBe(true);
      const allowed = /^(tmp\/|[0-9a-f]{64}\.[0-9a-f]{8}\.olean$)/;
      expect(garbage(cwd).filter((name) => !allowed.test(name))).toEqual([]);
      const before = readFileSync(join(cwd, "lean-pickle.json"), "utf8");
      expect((await addBatch(cwd, SIXTY, ["--no-run"])).printed).toEqual(printed);
      expect(readFileSync(join(cwd, "lean-pickle.json"), "utf8")).toBe(before);
    },
    60_000 + KILLS * 10_000,
  );
});
