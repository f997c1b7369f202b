import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { jsonLines } from "../support/batches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { file } from "../support/lean-places.ts";
import { BUILT, LeanProject } from "../support/lean-projects.ts";
import { run, succeed } from "../support/program.ts";
import { readManifest } from "../support/stored-states.ts";

/** What `ls --json` says of each state. */
async function staleIn(project: LeanProject): Promise<(boolean | undefined)[]> {
  const listed = (await project.json(["ls"])) as { stale?: boolean }[];
  return listed.map(({ stale }) => stale);
}

describe("a state whose project or imports have changed since", () => {
  it("is flagged by ls, show and reload, and is no error", async () => {
    const project = new LeanProject();
    const stdin = jsonLines([
      { cmd: "import Foo.Bar\ndef f := 1", name: "uses" },
      { cmd: "def g := 1", name: "alone" },
    ]);
    await project.run(["add", "--batch", "-"], { stdin });
    const before = await project.run(["ls"]);
    expect([before.stdout.includes("stale"), before.stderr]).toEqual([false, ""]);
    expect(await staleIn(project)).toEqual([undefined, undefined]);
    file(join(project.project, BUILT, "Foo/Bar.trace"), '{"depHash": "13", "log": []}');
    const listed = await project.run(["ls"]);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(/^-1 +uses .* 4\.33\.0-rc2 \(stale\) /m);
    expect(listed.stdout).toMatch(/^-2 +alone .* 4\.33\.0-rc2 +def g/m);
    expect(listed.stderr).toMatch(/^1 state is stale \(uses\): .*It may load and mean something/);
    expect(await staleIn(project)).toEqual([true, undefined]);
    const shown = await project.run(["show", "uses"]);
    expect(shown.stdout).toMatch(/^ {2}stale +the module Foo\.Bar has changed$/m);
    expect(await project.json(["show", "uses"])).toMatchObject({ stale: true });
    expect((await project.run(["show", "alone"])).stdout).not.toContain("stale");
    const loaded = await project.run(["reload"]);
    expect([loaded.code, loaded.stdout]).toEqual([
      0,
      expect.stringMatching(/^-1\tenvironment\tenv \d\tloaded\n-2\tenvironment\tenv \d\tloaded\n$/),
    ]);
    expect(loaded.stderr).toContain("1 state is stale (uses)");
    expect(await project.json(["reload"])).toMatchObject({
      states: [{ stale: true }, expect.not.objectContaining({ stale: true })],
      failed: 0,
    });
  });

  it("is flagged where a file of the project has changed, and is not after it was made again", async () => {
    const project = new LeanProject();
    await project.run(["add", "-c", "def g := 1", "-n", "g"]);
    file(join(project.project, "lakefile.toml"), 'name = "bar"\n');
    const { stdout } = await project.run(["show", "g"]);
    expect(stdout).toMatch(/^ {2}stale +the lakefile\.toml of the project has changed$/m);
    await project.run(["add", "-c", "def g := 1", "-n", "g", "--replace"]);
    expect(await project.json(["show", "g"])).toMatchObject({ stale: false });
  });

  it("is not looked for where there is no project, and needs no REPL", async () => {
    const project = new LeanProject();
    await project.run(["add", "-c", "def g := 1"]);
    const env = { LEAN_PICKLE_REPL: undefined, LEAN_PICKLE_PROJECT: "/no/such/project" };
    const cwd = temporaryFolder();
    for (const changes of [{ env, cwd }, { env }]) {
      const { code, stderr } = await project.run(["ls"], changes);
      expect([code, stderr]).toEqual([0, ""]);
    }
    expect(await project.json(["show", "-1"], { env, cwd })).toMatchObject({ stale: null });
  });
});

describe("a pickle of another Lean", () => {
  it("is incompatible without a REPL being started, and both versions are named", async () => {
    const project = new LeanProject();
    const repl = { LOG: project.log, LEAN_VERSION: "4.31.0" };
    await project.run(["add", "-c", "def f := 1", "-n", "f"], { repl });
    const starts = project.starts;
    const { code, stdout, stderr } = await project.run(["reload"]);
    expect([code, stdout]).toEqual([1, "-1\tenvironment\t-\tincompatible\n"]);
    expect(stderr).toMatch(/Another Lean pickled it \(4\.31\.0, and 4\.33\.0 would read it\)/);
    for (const args of [
      ["run", "f", "-c", "#check f"],
      ["add", "--from", "f", "-c", "def g := f"],
    ]) {
      const ended = await project.run(args);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/not restored \(incompatible\).*4\.31\.0.*4\.33\.0/);
    }
    expect(project.starts).toBe(starts);
  });

  it("costs no other state", async () => {
    const project = new LeanProject();
    const repl = { LOG: project.log, LEAN_VERSION: "4.31.0" };
    await project.run(["add", "-c", "def f := 1"], { repl });
    await project.run(["add", "-c", "def g := 1"]);
    const { code, stdout } = await project.run(["reload"]);
    expect([code, stdout]).toEqual([
      3,
      "-1\tenvironment\t-\tincompatible\n-2\tenvironment\tenv 1\tloaded\n",
    ]);
  });
});

describe("a REPL of unknown version, and a pickle with an unknown header", () => {
  it.each(["1", "3"])("just work (format %s)", async (OLEAN_VERSION) => {
    const cwd = temporaryFolder();
    const LOG = join(cwd, "repl.log");
    const repl = { OLEAN_VERSION, LOG };
    await succeed(["add", "-c", "theorem t : True := by sorry", "--sorry", "0"], { cwd, repl });
    expect(readManifest(cwd).states).toMatchObject([{ lean: { version: null, toolchain: null } }]);
    const reload = ["reload", "--restore", "pickle"];
    expect(await succeed(reload, { cwd, repl })).toBe("-1\tproof-state\tproofState 0\tloaded");
    // A pickle of an unknown form is loaded once in a REPL of its own before it is kept.
    const starts = OLEAN_VERSION === "3" ? 3 : 2;
    expect(readLog(LOG).filter(({ event }) => event === "start")).toHaveLength(starts);
    // Of a Lean that is known there is nothing to compare with: Lean itself decides.
    const project = new LeanProject();
    await project.run(["add", "-c", "def f := 1"], { repl });
    expect((await project.run(["reload"], { repl })).code).toBe(0);
    const otherwise = await run(reload, { cwd });
    expect(otherwise.stdout).toBe("-1\tproof-state\t-\tincompatible\n");
  });

  it("just work where the manifest of an older lean-pickle does not say", async () => {
    const project = new LeanProject();
    await project.run(["add", "-c", "def f := 1"]);
    const path = join(project.cache, "lean-pickle.json");
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    manifest.states[0].lean = { toolchain: null, version: null, gitHash: null };
    writeFileSync(path, JSON.stringify(manifest));
    rmSync(join(project.project, "lean-toolchain"));
    expect((await project.run(["reload"])).code).toBe(0);
  });
});
