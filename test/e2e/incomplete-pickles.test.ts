/** Pickles whose end was never written, as Lean leaves them on a full disk without an error. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { jsonLines, namedLines } from "../support/batches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { run, succeed } from "../support/program.ts";
import { idsIn } from "../support/stored-states.ts";

const TRUNCATING = fileURLToPath(new URL("../support/truncating-repl.js", import.meta.url));

/** The environment in which each pickle is cut to so many bytes. */
function cutTo(bytes: number): NodeJS.ProcessEnv {
  return { LEAN_PICKLE_REPL: TRUNCATING, TRUNCATE_PICKLE: String(bytes) };
}

function picklesIn(cwd: string): string[] {
  const names = readdirSync(join(cwd, "session_cache"), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.includes(".olean"));
}

const CODE = ["-c", "def f := 1"];
const GOAL = ["-c", "theorem t (p : Prop) (h : p) : p := by sorry", "--sorry", "0"];

describe("a pickle whose end was never written", () => {
  it.each([
    [0, CODE],
    [60, CODE],
    [1500, CODE],
    [1500, GOAL],
    [8304, CODE],
  ])("of %d bytes is not kept, and the error says so and what to do: %j", async (bytes, args) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await run(["add", ...args], { cwd, env: cutTo(bytes) });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(
      `pickle of the state is incomplete, with ${bytes} bytes (is the disk full?)`,
    );
    expect(stderr).toMatch(/Free disk space where .*session_cache\/tmp is/);
    expect(picklesIn(cwd)).toEqual([]);
    const again = JSON.parse(await succeed(["add", ...args, "--json"], { cwd }));
    expect(again).toMatchObject({ sessionId: -1, cached: false });
  });

  it("is tried for no longer than --timeout", async () => {
    const cwd = temporaryFolder();
    const repl = { TRUNCATE_PICKLE: "1500", HANG_ON: "unpickleEnvFrom" };
    const { code, stderr } = await run(["add", ...CODE, "--timeout", "1"], { cwd, repl });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/incomplete.*within 1 s/)]);
    expect(picklesIn(cwd)).toEqual([]);
  });

  it("fails its line of a batch", async () => {
    const cwd = temporaryFolder();
    const stdin = '{"cmd": "def f := 1"}\n{"cmd": "def g := 1"}\n';
    const { code, stdout, stderr } = await run(["add", "--batch", "-"], {
      cwd,
      stdin,
      env: cutTo(1500),
    });
    expect([code, stdout]).toEqual([1, "-\n-\n"]);
    expect(stderr.match(/is incomplete, with 1500 bytes/g)).toHaveLength(2);
    expect(picklesIn(cwd)).toEqual([]);
    expect(await succeed(["ls", "-q"], { cwd })).toBe("");
  });

  it("replaces none that is whole", async () => {
    const cwd = temporaryFolder();
    await succeed(["add", ...CODE], { cwd, env: { LEAN_PICKLE_REPL: TRUNCATING } });
    const before = picklesIn(cwd);
    const { code } = await run(["add", ...CODE, "--force"], { cwd, env: cutTo(1500) });
    expect([code, picklesIn(cwd)]).toEqual([1, before]);
    expect((await run(["verify"], { cwd })).code).toBe(0);
  });
});

describe("a pickle that is whole", () => {
  /** How many REPLs an addition starts. */
  async function startsOf(cwd: string, args: string[], OLEAN_VERSION: string, stdin = "") {
    const log = join(temporaryFolder(), "repl.log");
    await succeed(["add", ...args], { cwd, stdin, repl: { OLEAN_VERSION, LOG: log } });
    return existsSync(log) ? readLog(log).filter(({ event }) => event === "start").length : 0;
  }

  it.each([["1"], ["2"]])("of format %s is not loaded for that", async (version) => {
    const lines = jsonLines([{ cmd: CODE[1] }, { cmd: GOAL[1], sorry: 0 }]);
    expect(await startsOf(temporaryFolder(), ["--batch", "-"], version, lines)).toBe(1);
  });

  it("of an unknown format is loaded once, and then that format is known in the cache", async () => {
    const cwd = temporaryFolder();
    expect(await startsOf(cwd, GOAL, "3")).toBe(2);
    expect(await startsOf(cwd, CODE, "3")).toBe(1);
    const repl = { OLEAN_VERSION: "3" };
    const { code } = await run(["add", "-c", "def g := 1"], { cwd, repl, env: cutTo(1500) });
    expect(code).toBe(1);
    expect(idsIn(cwd)).toEqual([-1, -2]);
  });

  it("of an unknown format is loaded once for a whole batch", async () => {
    const lines = jsonLines(namedLines(3));
    expect(await startsOf(temporaryFolder(), ["--batch", "-"], "3", lines)).toBe(2);
  });
});
