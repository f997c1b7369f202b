import { chmodSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { goalAbout, importsPerProcess } from "../support/checks.ts";
import { addLines, useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { LeanProject } from "../support/lean-projects.ts";
import { isRunning } from "../support/processes.ts";
import { run, start, succeed } from "../support/program.ts";
import { changedBetween, snapshot } from "../support/snapshots.ts";
import { pickleAt } from "../support/stored-states.ts";
import { until } from "../support/wait.ts";

const goal = (name: string, header = "import Lean\n") => ({
  cmd: `${header}${goalAbout(name)}`,
  sorry: 0,
  name,
});

const environment = (name: string) => ({ cmd: `import Lean\ndef ${name} := 1`, name });

const NAMES = ["sleeper", "killer", "changed", "gone", "a"];

const withGoals = useCache(NAMES.map((name) => goal(name)));

/** Leaves nothing in the pickle of one of these states. */
function empty(name: string, cwd: string): void {
  const path = pickleAt(cwd, NAMES.indexOf(name));
  chmodSync(path, 0o600);
  truncateSync(path, 0);
}

describe("reload", () => {
  it("gives the verdicts in the order of the ids, whatever becomes of which REPL", async () => {
    const cwd = temporaryFolder();
    const lines = ["a", "killer", "b", "c", "d"].flatMap((name) => [
      environment(`${name}_env`),
      goal(name, name === "b" ? "import Std\n" : "import Lean\n"),
    ]);
    addLines(cwd, lines);
    const { stdout, stderr, code } = await run(["reload", "-j", "2"], {
      cwd,
      repl: { SEGV_ON: "killer : Prop" },
    });
    const rows = stdout.trimEnd().split("\n");
    expect(rows.map((row) => row.split("\t")[0])).toEqual(lines.map((_, n) => String(-1 - n)));
    expect(rows.filter((row) => !row.endsWith("loaded"))).toEqual(["-4\tproof-state\t-\tfailed"]);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^Loaded 9 states, 1 not, in /m);
  });

  it("ends in order where it is interrupted, and leaves no process behind", async () => {
    const cwd = temporaryFolder();
    addLines(cwd, [environment("sleeper_a"), environment("b"), environment("sleeper_c")]);
    const LOG = join(cwd, "check.log");
    const repl = { LOG, HANG_ON: "sleeper" };
    const { child, ended } = start(["reload", "--restore", "pickle", "-j", "2"], { cwd, repl });
    await until(
      () => readLog(LOG).filter(({ detail }) => detail === "unpickleEnv").length === 3,
      "two sleep",
    );
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ code: 130, stdout: "" });
    const pids = readLog(LOG).map(({ pid }) => pid);
    expect([new Set(pids).size, pids.filter(isRunning)]).toEqual([2, []]);
  });

  it("shows what came back and what was added, with -v and in JSON", async () => {
    const cwd = withGoals();
    const repl = { CHANGED_GOALS: "changed : Prop" };
    const pickle = ["changed", "a", "--restore", "pickle"];
    const json = await run(["reload", ...pickle, "--json"], { cwd, repl });
    expect(json.code).toBe(3);
    const changed = {
      status: "goals-changed",
      found: { goals: ["changed : Prop\nh : changed\n⊢ False"] },
      expected: {
        goals: ["changed : Prop\nh : changed\n⊢ changed"],
        proofStatus: expect.any(String),
      },
    };
    expect(JSON.parse(json.stdout).states).toMatchObject([changed, { status: "loaded" }]);
    const listed = await run(["ls", ...pickle, "--check", "--json"], { cwd, repl });
    expect(JSON.parse(listed.stdout)).toMatchObject([changed, { status: "loaded" }]);
    const { stderr } = await run(["reload", ...pickle, "-v"], { cwd, repl });
    expect(stderr).toContain("What came back:\nchanged : Prop\nh : changed\n⊢ False");
    expect(stderr).toContain("What was added:\nchanged : Prop\nh : changed\n⊢ changed");
    const table = await run(["ls", ...pickle, "--check"], { cwd, repl });
    expect([table.code, table.stdout]).toEqual([
      3,
      expect.stringMatching(/ goals-changed +⊢ changed$/m),
    ]);
  });

  it("names both versions where a pickle is of another Lean, without asking that", async () => {
    const place = new LeanProject();
    await place.run(["add", "-c", "def f := 1"]);
    const before = place.starts;
    const other = "leanprover/lean4:v4.99.0";
    const { stdout, stderr, code } = await place.run(["reload"], {
      env: { ELAN_TOOLCHAIN: other },
    });
    expect([stdout, code]).toEqual(["-1\tenvironment\t-\tincompatible\n", 1]);
    expect(stderr).toMatch(/4\.33\.0-rc2, and 4\.99\.0 would read it/);
    expect(place.starts).toBe(before);
  });

  it("ends with a table of what is not good, the worst first, and with a note alone else", async () => {
    const cwd = withGoals();
    const all = await run(["reload"], { cwd });
    expect([all.code, all.stderr]).toEqual([
      0,
      expect.stringMatching(/^Loaded 5 states, in .*\n$/),
    ]);
    empty("gone", cwd);
    const repl = { SEGV_ON: "killer", HANG_ON: "sleeper", CHANGED_GOALS: "changed : Prop" };
    const args = ["reload", "--restore", "pickle", "--timeout-per-state", "2"];
    const { stderr } = await run(args, { cwd, repl });
    const lines = stderr.trimEnd().split("\n");
    const table = lines.slice(lines.findIndex((line) => line.startsWith("ID ")));
    expect(table[0]).toMatch(/^ID +NAME +KIND +STATUS +WHY$/);
    expect(table.slice(1, -1).map((row) => row.split(/ +/).slice(0, 4))).toEqual([
      ["-4", "gone", "proof-state", "damaged"],
      ["-3", "changed", "proof-state", "goals-changed"],
      ["-2", "killer", "proof-state", "failed"],
      ["-1", "sleeper", "proof-state", "timeout"],
    ]);
    expect(table.at(-1)).toMatch(/^Loaded 1 state, 4 not, in /);
    expect((await run(["reload", "-q", "gone"], { cwd })).stderr).toMatch(/^error: gone: .*\n$/);
    expect((await run(["reload", "--json", "gone"], { cwd })).stderr).toBe("");
  });

  it("holds one import for forty environments by recipe, and at most four in a REPL by pickle", async () => {
    const cwd = temporaryFolder();
    const lines = Array.from({ length: 40 }, (_, n) => environment(`e${n}`));
    addLines(cwd, lines);
    const LOG = join(cwd, "check.log");
    const repl = { LOG, IMPORT_MIB: "20" };
    const { loaded } = JSON.parse(await succeed(["reload", "--json"], { cwd, repl }));
    expect([loaded, importsPerProcess(readLog(LOG))]).toEqual([40, [1]]);
    const some = lines.slice(0, 12).map(({ name }) => name);
    await succeed(["reload", "--restore", "pickle", ...some], { cwd, repl });
    expect(importsPerProcess(readLog(LOG))).toEqual([1, 4, 4, 4]);
  });
});

/** A user who may write nothing here: the tester, or nobody where the tester may do anything. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined;

describe.skipIf(process.platform === "win32")("a cache that cannot be written to", () => {
  it("is reloaded, and nothing in it is written, with --repair neither", async () => {
    const cwd = withGoals();
    empty("gone", cwd);
    const names = ["", ...readdirSync(cwd, { recursive: true, encoding: "utf8" })];
    for (const name of names) {
      const each = join(cwd, name);
      chmodSync(each, statSync(each).isDirectory() ? 0o555 : 0o444);
    }
    const before = snapshot(cwd);
    const plain = await run(["reload"], { cwd, uid });
    const repair = await run(["reload", "--repair"], { cwd, uid });
    expect(changedBetween(before, snapshot(cwd))).toEqual({ written: [], touched: [] });
    for (const name of names) {
      chmodSync(join(cwd, name), 0o755);
    }
    expect([plain.code, repair.code]).toEqual([3, 3]);
    expect(repair.stdout).toMatch(/^(.*\tloaded\n){3}-4\t.*\tdamaged\n-5\t.*\tloaded\n$/);
    expect(repair.stderr).toMatch(/gone: .*It was not repaired\. Could not write to .*EACCES/);
  });
});
