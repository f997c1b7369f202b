import { chmodSync, existsSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { jsonLines, requests } from "../support/batches.ts";
import { goalAbout, importsPerProcess } from "../support/checks.ts";
import { addLines } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { garbage, readWhole } from "../support/kill-loop.ts";
import { file } from "../support/lean-places.ts";
import { BUILT, LeanProject } from "../support/lean-projects.ts";
import { isRunning } from "../support/processes.ts";
import { run, start } from "../support/program.ts";
import { changedBetween, snapshot } from "../support/snapshots.ts";
import { readManifest } from "../support/stored-states.ts";
import { until } from "../support/wait.ts";

const goal = (name: string) => ({ cmd: `import Lean\n${goalAbout(name)}`, sorry: 0, name });

/** Cuts off the ends of all pickles of a cache. */
function damageAll(cwd: string): void {
  const folder = join(cwd, "session_cache");
  for (const name of readdirSync(folder).filter((each) => each.endsWith(".olean"))) {
    chmodSync(join(folder, name), 0o600);
    truncateSync(join(folder, name), 100);
  }
}

describe("reload --repair", () => {
  it("makes again what is damaged, and add finds it afterwards; without it nothing is written", async () => {
    const place = new LeanProject();
    const cwd = place.cache;
    const base = ["add", "-c", "import Lean\nimport Foo.Bar\ndef f := 1"];
    const child = ["add", "--from", "base", "-c", goalAbout("a"), "--sorry", "0"];
    const stdin = jsonLines([
      { cmd: base[2], name: "base" },
      { from: "base", cmd: goalAbout("a"), sorry: 0, name: "child" },
      { from: "child", tactics: ["exact h"] },
    ]);
    await place.run(["add", "--batch", "-"], { stdin });
    damageAll(cwd);
    const before = snapshot(cwd);
    const plain = await place.run(["reload"]);
    expect(plain.code).toBe(1);
    expect(changedBetween(before, snapshot(cwd))).toEqual({ written: [], touched: [] });
    const { stdout, stderr, code } = await place.run(["reload", "--repair"]);
    expect(stdout).toBe(
      [
        "-1\tenvironment\t-\trepaired",
        "-2\tproof-state\t-\trepaired",
        "-3\tproof-state\t-\trepaired",
        "",
      ].join("\n"),
    );
    expect([stderr, code]).toEqual([expect.stringMatching(/^Loaded 3 states, in /), 0]);
    expect(readWhole(cwd).states.map(({ name }) => name)).toEqual(["base", "child", null]);
    expect(garbage(cwd)).toEqual([]);
    expect(await place.json(base)).toMatchObject({ sessionId: -1, cached: true });
    expect(await place.json(child)).toMatchObject({ sessionId: -2, cached: true });
    expect((await place.run(["reload"])).code).toBe(0);
  });

  it("makes states again for the Lean that there is now, under their new keys", async () => {
    const place = new LeanProject();
    const cwd = place.cache;
    const add = ["add", "-c", `import Foo.Bar\n${goalAbout("a")}`, "--sorry", "0"];
    await place.run([...add, "-n", "goal"]);
    const [was] = readWhole(cwd).states;
    writeFileSync(join(place.project, "lean-toolchain"), "leanprover/lean4:v4.34.0\n");
    const repl = { LOG: place.log, MODULES: "Init,Std,Lean,Foo", LEAN_VERSION: "4.34.0" };
    const plain = await place.run(["reload"], { repl });
    expect([plain.code, plain.stdout]).toEqual([1, "-1\tproof-state\t-\tincompatible\n"]);
    const { code, stdout, stderr } = await place.run(["reload", "--repair"], { repl });
    expect([code, stdout], stderr).toEqual([0, "-1\tproof-state\t-\trepaired\n"]);
    const [now] = readWhole(cwd).states;
    expect(now).toMatchObject({ sessionId: -1, name: "goal", lean: { version: "4.34.0" } });
    expect(now?.key).not.toBe(was?.key);
    expect(existsSync(join(cwd, was?.pickleFile ?? ""))).toBe(false);
    expect(await place.json(add, { repl })).toMatchObject({ sessionId: -1, cached: true });
    expect((await place.run(["reload"], { repl })).code).toBe(0);
  });

  it("makes states again that stand on a project which was built anew", async () => {
    const place = new LeanProject();
    const cwd = place.cache;
    const add = ["add", "-c", "import Foo.Bar\ndef f := 1"];
    await place.run(add);
    damageAll(cwd);
    file(join(place.project, BUILT, "Foo/Bar.trace"), '{"depHash": "13", "log": []}');
    const [was] = readManifest(cwd).states;
    expect((await place.run(["reload", "--repair"])).code).toBe(0);
    const [now] = readWhole(cwd).states;
    expect([now?.sessionId, now?.key === was?.key]).toEqual([-1, false]);
    expect(await place.json(add)).toMatchObject({ sessionId: -1, cached: true });
  });

  it("keeps what it cannot make, says why, and exits as for what was loaded", async () => {
    const cwd = temporaryFolder();
    addLines(cwd, [goal("a"), { cmd: "import Std\ndef b := 1" }]);
    damageAll(cwd);
    const { pickleFile } = readManifest(cwd).states[0] ?? {};
    const repl = { MODULES: "Std" };
    const { stdout, stderr, code } = await run(["reload", "--repair"], { cwd, repl });
    expect([stdout, code]).toEqual([
      "-1\tproof-state\t-\tdamaged\n-2\tenvironment\t-\trepaired\n",
      3,
    ]);
    expect(stderr).toMatch(
      /error: a: .*It was not repaired\. Its recipe no longer gives it: Lean refuses step 1.*'Lean'/,
    );
    expect(existsSync(join(cwd, pickleFile ?? ""))).toBe(true);
    expect((await run(["reload", "--repair", "a"], { cwd, repl })).code).toBe(1);
  });

  it("loses nothing where it is interrupted, and goes on the next time", async () => {
    const cwd = temporaryFolder();
    addLines(cwd, [goal("a"), goal("sleeper"), goal("b")]);
    damageAll(cwd);
    const LOG = join(cwd, "repair.log");
    const repl = { LOG, HANG_ON: "about_sleeper" };
    const { revision } = readManifest(cwd);
    const { child, ended } = start(["reload", "--repair"], { cwd, repl });
    const commands = () =>
      requests(readLog(LOG)).filter((kind) => kind === "command" || kind === "pickleProofState");
    await until(
      () => readManifest(cwd).revision > revision && commands().length > 3,
      "it makes the second",
    );
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
    expect(
      readLog(LOG)
        .map(({ pid }) => pid)
        .filter(isRunning),
    ).toEqual([]);
    expect(readManifest(cwd).states.map(({ name }) => name)).toEqual(["a", "sleeper", "b"]);
    expect(readdirSync(join(cwd, "session_cache", "tmp"))).toEqual([]);
    const { stdout, code } = await run(["reload", "--repair"], { cwd });
    expect([stdout.match(/repaired|loaded/g), code]).toEqual([
      ["loaded", "repaired", "repaired"],
      0,
    ]);
    readWhole(cwd);
    expect(garbage(cwd)).toEqual([]);
  });

  it("imports once for fifty recipes with the same header", async () => {
    const cwd = temporaryFolder();
    addLines(
      cwd,
      Array.from({ length: 50 }, (_, n) => goal(`p${n}`)),
    );
    damageAll(cwd);
    const LOG = join(cwd, "repair.log");
    const { code } = await run(["reload", "--repair"], { cwd, repl: { LOG } });
    const imports = importsPerProcess(readLog(LOG));
    expect([code, imports]).toEqual([0, [1]]);
  });
});
