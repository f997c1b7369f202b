import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { run, succeed } from "../support/program.ts";

const THEOREM = "theorem t (p : Prop) (h : p) : p := by sorry";

const filled = useCache([
  { cmd: "def f := 1", name: "x" },
  { cmd: THEOREM.replace("theorem t", "theorem u"), sorry: 0, name: "x.1" },
]);

describe("add", () => {
  it("runs files in order, then standard input, then code, each with its own positions", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "A.lean"), "def a := 1\n");
    const args = ["add", "A.lean", "-", "-c", "example : a = 1 := by rfl", "-c", "#check b"];
    await succeed(args, { cwd, stdin: "def b := 2\n" });
    const failing = await run([...args, "-c", "#check nope"], { cwd, stdin: "def b := 2\n" });
    expect(failing.stderr).toMatch(/^<code 3>:1:7: error: /m);
  });

  it("prints Lean's news on standard error, and not with -q", async () => {
    const cwd = temporaryFolder();
    const args = ["add", "-c", "def f := 1\n#check f"];
    const { stdout, stderr } = await run(args, { cwd });
    expect(stdout).toBe("-1\n");
    expect(stderr).toContain("<code>:2:0: info: f : Nat");
    expect((await run([...args, "-q"], { cwd })).stderr).toBe("");
  });

  it("gives one JSON document, with what Lean said", async () => {
    const cwd = temporaryFolder();
    const one = JSON.parse(
      await succeed(["add", "--json", "-c", THEOREM, "--sorry", "0"], { cwd }),
    );
    expect(one).toMatchObject({
      sessionId: -1,
      cached: false,
      isProofState: true,
      messages: [{ severity: "warning", pos: { line: 1 }, source: "<code>" }],
      sorries: [{ proofState: expect.any(Number), goal: "p : Prop\nh : p\n⊢ p" }],
    });
    const all = JSON.parse(
      await succeed(["add", "--json", "-c", THEOREM, "--sorry", "all"], { cwd }),
    );
    expect(all).toMatchObject([{ sessionId: -1, cached: true }]);
    const bad = await run(["add", "--json", "-c", "#check nope"], { cwd });
    expect([bad.code, bad.stdout]).toEqual([1, ""]);
    expect(JSON.parse(bad.stderr)).toMatchObject({
      error: { code: "lean-error", messages: [{ severity: "error" }] },
    });
  });

  it("refuses a name that is taken before Lean is started, and takes it with --replace", async () => {
    const cwd = filled();
    const log = join(cwd, "repl.log");
    const args = ["add", "-c", "def g := 1", "-n", "x"];
    const refused = await run(args, { cwd, repl: { LOG: log } });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("State -1 has the name x already");
    expect(readdirSync(cwd)).not.toContain("repl.log");
    const numbered = ["add", "-c", THEOREM, "--sorry", "all", "-n", "x"];
    const all = await run(numbered, { cwd, repl: { LOG: log } });
    expect(all.stderr).toContain("has the name x.1 already");
    expect(readdirSync(cwd)).not.toContain("repl.log");
    expect(await succeed([...args, "--replace"], { cwd })).toBe("-3");
    expect(JSON.parse(await succeed(["ls", "--json"], { cwd }))).toMatchObject([
      { sessionId: -1, name: null },
      { sessionId: -2, name: "x.1" },
      { sessionId: -3, name: "x" },
    ]);
  });

  it("refuses what is no UTF-8, and a file that is not there", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "latin1.lean"), Buffer.from([0x64, 0xe9]));
    const latin1 = await run(["add", "latin1.lean"], { cwd });
    expect([latin1.code, latin1.stderr]).toEqual([
      1,
      expect.stringContaining("latin1.lean is not UTF-8"),
    ]);
    for (const name of ["nowhere.lean", "."]) {
      const missing = await run(["add", name], { cwd });
      expect(missing.code).toBe(1);
      expect(missing.stderr).toMatch(/^error: Could not (open|read) .*\(E[A-Z]+\)\.$/m);
    }
  });

  it("runs the REPL under lake env, in the project, from wherever", async () => {
    const [cwd, project] = [temporaryFolder(), temporaryFolder()];
    writeFileSync(join(project, "lakefile.toml"), "");
    writeFileSync(join(project, "lean-toolchain"), "leanprover/lean4:v4.33.0-rc2\n");
    mkdirSync(join(project, "bin"));
    const lake = join(project, "bin", "lake");
    writeFileSync(lake, '#!/bin/sh\necho "$PWD $1" > lake.log\nshift\n"$@"\n', { mode: 0o755 });
    const args = ["add", "--project", project, "--lake", lake, "-c", "def f := 1"];
    expect(await succeed(args, { cwd })).toBe("-1");
    expect(readFileSync(join(project, "lake.log"), "utf8")).toBe(`${project} env\n`);
    const { lean } = JSON.parse(await succeed(["show", "-1", "--json"], { cwd }));
    expect(lean.toolchain).toBe("leanprover/lean4:v4.33.0-rc2");
  });

  it("shows the conversation with -v, one line each way", async () => {
    const { stderr } = await run(["add", "-v", "-c", "def f := 1"], { cwd: temporaryFolder() });
    // The header, even without imports, is a request of its own, which others can share.
    expect(stderr).toContain('> {"cmd":""}\n< {"env":0}\n');
    expect(stderr).toContain('> {"cmd":"def f := 1","env":0}\n< {"env":1}\n> {"pickleTo":');
  });

  it("ends a REPL that takes too much memory, and says so", async () => {
    const cwd = temporaryFolder();
    const { code, stderr } = await run(["add", "-c", "import Lean", "--memory-limit", "200"], {
      cwd,
      repl: { IMPORT_MIB: "300", IMPORT_MS: "60000" },
    });
    expect(code).toBe(1);
    expect(stderr).toContain("past its limit of 200 MiB");
  });
});

describe("rm", () => {
  it("goes on after a state that is not there, and says which", async () => {
    const cwd = filled();
    const partly = await run(["rm", "nobody", "x", "-7"], { cwd });
    expect([partly.code, partly.stdout]).toEqual([3, "-1\n"]);
    expect(partly.stderr).toContain("nobody, -7");
    const none = await run(["rm", "x"], { cwd });
    expect([none.code, none.stdout]).toEqual([4, ""]);
    expect((await run(["rm", "-f", "x"], { cwd })).code).toBe(0);
  });

  it("tells what is not there as JSON where that is wanted", async () => {
    const cwd = filled();
    for (const command of ["ls", "reload", "rm"]) {
      const { code, stdout, stderr } = await run([command, "-1", "nobody", "--json"], { cwd });
      expect(code).toBe(3);
      expect(() => JSON.parse(stdout)).not.toThrow();
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: "no-such-state" } });
    }
  });

  it("takes ids, names and keys, and each state once", async () => {
    const cwd = filled();
    const { key } = JSON.parse(await succeed(["show", "x", "--json"], { cwd }));
    const removed = await succeed(["rm", "x", "-1", key.slice(0, 7), "--json"], { cwd });
    expect(JSON.parse(removed)).toEqual({ removed: [-1], bytes: expect.any(Number), leftOver: [] });
  });

  it("makes no folders in a directory without a cache", async () => {
    const cwd = temporaryFolder();
    for (const args of [["rm", "x"], ["rm", "-f", "x"], ["clear"], ["ls"], ["reload"]]) {
      await run(args, { cwd });
      expect(readdirSync(cwd)).toEqual([]);
    }
  });
});
