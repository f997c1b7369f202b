import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folders.ts";
import { program, run, succeed } from "../support/program.ts";

const COMMANDS = ["add", "rm", "ls", "reload", "clear", "show"];
const THEOREM = "theorem t (p : Prop) (h : p) : p := by sorry";

describe("help", () => {
  it("lists the commands, on standard output", async () => {
    const cwd = temporaryFolder();
    const text = await succeed(["--help"], { cwd });
    expect(COMMANDS.filter((command) => !new RegExp(`^  ${command} `, "m").test(text))).toEqual([]);
  });

  it.each(COMMANDS)("of %s has an example, and every option of all commands", async (command) => {
    const cwd = temporaryFolder();
    const text = await succeed([command, "--help"], { cwd });
    expect(text).toMatch(new RegExp(`^ {2}\\$ lean-pickle ${command}`, "m"));
    expect(text).toContain("--working-dir");
    expect(await succeed(["help", command], { cwd })).toBe(text);
  });

  it("is shown, as an error, where there is no command", async () => {
    const { code, stdout, stderr } = await run([], { cwd: temporaryFolder() });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: lean-pickle <command>");
    expect(stderr).not.toContain("error:");
  });

  it("tells the version of the package", async () => {
    const { version } = JSON.parse(
      readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
    );
    expect(await succeed(["--version"], { cwd: temporaryFolder() })).toBe(version);
  });
});

describe("a wrong command line", () => {
  it.each<[string[], RegExp]>([
    [["ad"], /unknown command 'ad'\s+\(Did you mean add\?\)/],
    [["relaod"], /Did you mean reload\?/],
    [
      ["add", "--alow-errors"],
      /unknown option '--alow-errors'\s+\(Did you mean --allow-errors\?\)/,
    ],
    [["ls", "--jsn"], /Did you mean --json\?/],
    [["ls", "--kind", "proof"], /Allowed choices are environment, proof-state/],
    [["rm"], /missing required argument 'states'/],
    [["show"], /missing required argument 'state'/],
    [["show", "-1", "-2"], /too many arguments/],
    [["add"], /nothing to add/],
    [["add", "-c", "x", "-n", "9"], /"9" cannot be the name/],
    [["add", "-c", "x", "-n", ""], /"" cannot be the name/],
    [["add", "-c", "x", "--replace"], /give it with -n/],
    [["add", "-c", "x", "--sorry", "-1"], /number from 0/],
    [["add", "-", "-"], /can be read once/],
    [["add", "-t", "rfl"], /needs a proof state/],
    [["ls", "--timeout", "0"], /number of seconds/],
    [["ls", "--timeout", "1e3"], /number of seconds/],
    [["ls", "--memory-limit", "1.5"], /whole number of MiB/],
    [["ls", "-d", ""], /It is empty/],
  ])("%j is answered with what is wrong, and exit code 2", async (args, message) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await run(args, { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("is told as JSON where that is wanted", async () => {
    const { stderr } = await run(["ls", "--json", "--nope"], { cwd: temporaryFolder() });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "usage", message: /nope/ } });
  });
});

describe("options", () => {
  it("count before and behind the command, and before the environment", async () => {
    const [cwd, other] = [temporaryFolder(), temporaryFolder()];
    await succeed(["add", "-c", "def f := 1", "-d", other], { cwd });
    expect(readdirSync(cwd)).toEqual([]);
    expect(await succeed(["-d", other, "ls", "-q"], { cwd })).toBe("-1");
    expect(await succeed(["ls", "-q"], { cwd, env: { LEAN_PICKLE_DIR: other } })).toBe("-1");
    const env = { LEAN_PICKLE_DIR: cwd };
    expect(await succeed(["-d", other, "ls", "-q"], { cwd, env })).toBe("-1");
    expect(await succeed(["ls", "-d", other, "-q"], { cwd, env })).toBe("-1");
  });

  it("of the environment are checked, and are not there where they are empty", async () => {
    const cwd = temporaryFolder();
    const wrong = await run(["ls"], { cwd, env: { LEAN_PICKLE_TIMEOUT: "soon" } });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("LEAN_PICKLE_TIMEOUT");
    await succeed(["ls"], { cwd, env: { LEAN_PICKLE_TIMEOUT: "", LEAN_PICKLE_DIR: "" } });
  });

  it("are values where a value is due, even if they look like options", async () => {
    const cwd = temporaryFolder();
    const { code, stderr } = await run(["add", "-c", "-q"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/<code>:1:0: error/);
  });
});

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
      sorries: [{ proofState: 0, goal: "p : Prop\nh : p\n⊢ p" }],
    });
    const all = JSON.parse(
      await succeed(["add", "--json", "-c", THEOREM, "--sorry", "all"], { cwd }),
    );
    expect(all).toMatchObject([{ sessionId: -2 }]);
    const bad = await run(["add", "--json", "-c", "#check nope"], { cwd });
    expect([bad.code, bad.stdout]).toEqual([1, ""]);
    const json = bad.stderr.slice(bad.stderr.indexOf("{"));
    expect(JSON.parse(json)).toMatchObject({
      error: { code: "lean-error", messages: [{ severity: "error" }] },
    });
  });

  it("refuses a name that is taken before Lean is started, and takes it with --replace", async () => {
    const cwd = temporaryFolder();
    await succeed(["add", "-c", "def f := 1", "-n", "x"], { cwd });
    const log = join(cwd, "repl.log");
    const args = ["add", "-c", "def g := 1", "-n", "x"];
    const refused = await run(args, { cwd, repl: { LOG: log } });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("State -1 has the name x already");
    expect(readdirSync(cwd)).not.toContain("repl.log");
    expect(await succeed([...args, "--replace"], { cwd })).toBe("-2");
    expect(JSON.parse(await succeed(["show", "x", "--json"], { cwd })).sessionId).toBe(-2);
    expect(JSON.parse(await succeed(["show", "-1", "--json"], { cwd })).name).toBeNull();
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
    expect(stderr).toContain('> {"cmd":"def f := 1"}\n< {"env":0}\n> {"pickleTo":');
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
    const cwd = temporaryFolder();
    await succeed(["add", "-c", "def f := 1", "-n", "x"], { cwd });
    const partly = await run(["rm", "nobody", "x", "-7"], { cwd });
    expect([partly.code, partly.stdout]).toEqual([3, "-1\n"]);
    expect(partly.stderr).toContain("nobody, -7");
    const none = await run(["rm", "x"], { cwd });
    expect([none.code, none.stdout]).toEqual([4, ""]);
    expect((await run(["rm", "-f", "x"], { cwd })).code).toBe(0);
  });

  it("takes ids, names and keys, and each state once", async () => {
    const cwd = temporaryFolder();
    await succeed(["add", "-c", "def f := 1", "-n", "x"], { cwd });
    const { key } = JSON.parse(await succeed(["show", "x", "--json"], { cwd }));
    const removed = await succeed(["rm", "x", "-1", key.slice(0, 7), "--json"], { cwd });
    expect(JSON.parse(removed)).toEqual({ removed: [-1], bytes: expect.any(Number) });
  });

  it("makes no folders in a directory without a cache", async () => {
    const cwd = temporaryFolder();
    for (const args of [["rm", "x"], ["rm", "-f", "x"], ["clear"], ["ls"], ["reload"]]) {
      await run(args, { cwd });
      expect(readdirSync(cwd)).toEqual([]);
    }
  });
});

describe("ls, show, reload and clear", () => {
  async function filled(): Promise<string> {
    const cwd = temporaryFolder();
    await succeed(["add", "-c", "def big := 1\ndef later := 2", "-n", "zeta"], { cwd });
    await succeed(["add", "-c", THEOREM, "--sorry", "0", "-n", "alpha"], { cwd });
    await succeed(["add", "--from", "alpha", "-t", "exact h"], { cwd });
    return cwd;
  }

  it("ls shows a table", async () => {
    const lines = (await succeed(["ls"], { cwd: await filled() })).split("\n");
    expect(lines[0]).toMatch(/^ID +NAME +KIND +SIZE +AGE +LEAN +SUMMARY$/);
    expect(lines[1]).toMatch(
      /^-1 +zeta +environment +[\d.]+ kB +\d+s +4\.33\.0-rc2 +def later := 2$/,
    );
    expect(lines[2]).toMatch(/^-2 +alpha +proof-state .*⊢ p$/);
    expect(lines[3]).toMatch(/^-3 +- +proof-state .*no goals$/);
  });

  it("ls takes states, a kind and an order", async () => {
    const cwd = await filled();
    const ids = async (...args: string[]) =>
      (await succeed(["ls", "-q", ...args], { cwd })).split("\n");
    expect(await ids("--kind", "proof-state")).toEqual(["-2", "-3"]);
    expect(await ids("--kind", "environment")).toEqual(["-1"]);
    expect(await ids("--sort", "name")).toEqual(["-2", "-1", "-3"]);
    expect(await ids("--sort", "age")).toEqual(["-3", "-2", "-1"]);
    expect(await ids("-1", "alpha")).toEqual(["-1", "-2"]);
    const partly = await run(["ls", "alpha", "nobody"], { cwd });
    expect(partly.code).toBe(3);
    expect((await run(["ls", "nobody"], { cwd })).code).toBe(4);
  });

  it("ls --check loads the states, and has a column for what came of it", async () => {
    const cwd = await filled();
    const { pickleFile } = JSON.parse(await succeed(["show", "alpha", "--json"], { cwd }));
    const repl = { SEGV_ON: pickleFile.slice(-20) };
    const table = await run(["ls", "--check"], { cwd, repl });
    expect(table.code).toBe(3);
    expect(table.stdout).toMatch(/^ID .* STATUS +SUMMARY$/m);
    expect(table.stdout).toMatch(/^-2 .* failed +⊢ p$/m);
    const json = await run(["ls", "--check", "--json"], { cwd, repl });
    const statuses = JSON.parse(json.stdout).map(({ status }: { status: string }) => status);
    expect(statuses).toEqual(["loaded", "failed", "loaded"]);
  });

  it("reload says why a state did not come back, and exits with 1 where none did", async () => {
    const cwd = await filled();
    const { code, stdout, stderr } = await run(["reload", "alpha"], {
      cwd,
      repl: { SEGV_AT: "1" },
    });
    expect([code, stdout]).toEqual([1, "-2\tproof-state\t-\tfailed\n"]);
    expect(stderr).toMatch(/alpha: The REPL was killed by SIGSEGV/);
    expect((await run(["reload", "alpha", "nobody"], { cwd })).code).toBe(3);
    expect((await run(["reload", "nobody"], { cwd })).code).toBe(4);
  });

  it("reload works on a cache that cannot be written to", async () => {
    const cwd = await filled();
    const before = readFileSync(join(cwd, "lean-pickle.json"), "utf8");
    await succeed(["reload"], { cwd });
    expect(readFileSync(join(cwd, "lean-pickle.json"), "utf8")).toBe(before);
  });

  it("show lays out a state, and prints its path alone with --path", async () => {
    const cwd = await filled();
    const text = await succeed(["show", "-3"], { cwd });
    for (const part of [
      /^-3$/m,
      /status +no goals; Completed/,
      /lean +4\.33\.0-rc2, git d117b78f17e6/,
      /1\. code/,
      /3\. tactic/,
      /exact h/,
    ]) {
      expect(text).toMatch(part);
    }
    const path = await succeed(["show", "-3", "--path"], { cwd });
    expect(readFileSync(path).toString("latin1", 0, 5)).toBe("olean");
    expect((await run(["show", "nobody"], { cwd })).code).toBe(4);
  });

  it("clear lists with --dry-run, and removes without asking in a script", async () => {
    const cwd = await filled();
    const plan = await run(["clear", "--dry-run"], { cwd });
    expect([plan.code, plan.stdout]).toEqual([0, "-1\n-2\n-3\n"]);
    expect(await succeed(["clear", "--json"], { cwd })).toContain('"removed"');
    expect(await succeed(["ls", "--json"], { cwd })).toBe("[]");
    expect(await succeed(["clear"], { cwd })).toBe("");
  });

  it("end quietly where nobody reads on", async () => {
    const cwd = await filled();
    const command = `"${process.execPath}" "${program}" ls --json | head -c 1`;
    expect(execFileSync("/bin/bash", ["-o", "pipefail", "-c", command], { cwd }).toString()).toBe(
      "[",
    );
  });
});

describe("text from outside", () => {
  it("is shown without what a terminal would act on", async () => {
    const cwd = temporaryFolder();
    await succeed(["add", "-c", "def f := 1 -- \u001b[31mred\u0007"], { cwd });
    for (const args of [["ls"], ["show", "-1"], ["ls", "--json"], ["reload"]]) {
      const { stdout, stderr } = await run(args, { cwd });
      expect(/[^\P{Cc}\n\t]/u.test(stdout + stderr)).toBe(false);
    }
    const { stderr } = await run(["add", "-c", "#check \u001b[2J"], { cwd });
    expect(/[^\P{Cc}\n\t]/u.test(stderr)).toBe(false);
    const named = await run(["add", "-c", "x", "-n", "a\u001b[31m"], { cwd });
    expect(/[^\P{Cc}\n\t]/u.test(named.stderr)).toBe(false);
  });
});
