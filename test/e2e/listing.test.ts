import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addLines, useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { program, run, succeed } from "../support/program.ts";

const THEOREM = "theorem t (p : Prop) (h : p) : p := by sorry";

describe("ls, show, reload and clear", () => {
  const filled = useCache([
    { cmd: "def big := 1\ndef later := 2", name: "zeta" },
    { cmd: THEOREM, sorry: 0, name: "alpha" },
    { from: "alpha", tactics: ["exact h"] },
  ]);

  it("ls shows a table", async () => {
    const lines = (await succeed(["ls"], { cwd: filled() })).split("\n");
    expect(lines[0]).toMatch(/^ID +NAME +KIND +SIZE +AGE +LEAN +SUMMARY$/);
    expect(lines[1]).toMatch(
      /^-1 +zeta +environment +[\d.]+ kB +\d+s +4\.33\.0-rc2 +def later := 2$/,
    );
    expect(lines[2]).toMatch(/^-2 +alpha +proof-state .*⊢ p$/);
    expect(lines[3]).toMatch(/^-3 +- +proof-state .*no goals$/);
  });

  it("ls takes states, a kind and an order", async () => {
    const cwd = filled();
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

  it("ls --tree draws what was built on what, for people and for programs", async () => {
    const cwd = filled();
    addLines(cwd, [
      { from: "zeta", cmd: "def more := 1", name: "beta" },
      { from: "zeta", cmd: "def much := 1" },
      { from: "beta", cmd: "def most := 1" },
    ]);
    const ids = async (...args: string[]) =>
      (await succeed(["ls", "--tree", ...args], { cwd }))
        .split("\n")
        .slice(1)
        .map((line) => /^.*?-\d+/.exec(line)?.[0]);
    const branches = ["-1", "├─ -4", "│  └─ -6", "└─ -5"];
    const goals = ["-2", "└─ -3"];
    const table = await succeed(["ls", "--tree", "--check"], { cwd });
    expect(table.split("\n")[0]).toMatch(/^ID +NAME +KIND .* STATUS +SUMMARY$/);
    expect(table.split("\n")[3]).toMatch(/^│ {2}└─ -6 +- +environment .* loaded +def most := 1$/);
    expect(await ids()).toEqual([...branches, ...goals]);
    expect(await ids("--sort", "name")).toEqual([...goals, ...branches]);
    expect(await ids("--kind", "proof-state")).toEqual(goals);
    expect(await ids("zeta", "-5", "-6")).toEqual(["-1", "├─ -5", "└─ -6"]);
    expect(await succeed(["ls", "--tree", "-q"], { cwd })).toBe("-1\n-4\n-6\n-5\n-2\n-3");
    await succeed(["rm", "beta"], { cwd });
    expect(await ids()).toEqual(["-1", "├─ -5", "└─ -6", ...goals]);
    await succeed(["rm", "zeta"], { cwd });
    const json = JSON.parse(await succeed(["ls", "--tree", "--json"], { cwd }));
    const bases = json.map(({ sessionId, builtOn }: Record<string, unknown>) => [
      sessionId,
      builtOn,
    ]);
    expect(bases).toEqual([
      [-2, null],
      [-3, -2],
      [-5, null],
      [-6, null],
    ]);
  });

  it("ls --check loads the states, and has a column for what came of it", async () => {
    const cwd = filled();
    const { pickleFile } = JSON.parse(await succeed(["show", "alpha", "--json"], { cwd }));
    const repl = { SEGV_ON: pickleFile.slice(-20) };
    const check = ["ls", "--check", "--restore", "pickle"];
    const table = await run(check, { cwd, repl });
    expect(table.code).toBe(3);
    expect(table.stdout).toMatch(/^ID .* STATUS +SUMMARY$/m);
    expect(table.stdout).toMatch(/^-2 .* failed +⊢ p$/m);
    const json = await run([...check, "--json"], { cwd, repl });
    const statuses = JSON.parse(json.stdout).map(({ status }: { status: string }) => status);
    expect(statuses).toEqual(["loaded", "failed", "loaded"]);
  });

  it("ls says whether there are no states at all, or none of the kind", async () => {
    const cwd = filled();
    const none = await run(["ls", "alpha", "--kind", "environment"], { cwd });
    expect([none.code, none.stdout, none.stderr]).toEqual([
      0,
      "",
      `There are no such states in ${cwd}.\n`,
    ]);
    const empty = await run(["ls"], { cwd: join(cwd, "session_cache") });
    expect(empty.stderr).toMatch(/^There are no states in /);
  });

  it("show says that a pickle is missing", async () => {
    const cwd = filled();
    rmSync(await succeed(["show", "alpha", "--path"], { cwd }));
    expect(await succeed(["show", "alpha"], { cwd })).toMatch(/file +\S+\.olean {2}missing/);
  });

  it("reload says why a state did not come back, with -q too, and ls --check does", async () => {
    const cwd = filled();
    rmSync(await succeed(["show", "alpha", "--path"], { cwd }));
    for (const args of [
      ["reload", "-q", "alpha"],
      ["ls", "--check", "alpha"],
    ]) {
      const { code, stderr } = await run(args, { cwd });
      expect(code).toBe(1);
      expect(stderr).toMatch(/error: alpha: Its pickle .* is missing\./);
    }
    const json = await run(["ls", "--check", "--json", "alpha"], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject([{ status: "damaged", message: /missing/ }]);
    expect(json.stderr).toBe("");
  });

  it("reload says why a state did not come back, and exits with 1 where none did", async () => {
    const cwd = filled();
    const { code, stdout, stderr } = await run(["reload", "alpha", "--restore", "pickle"], {
      cwd,
      repl: { SEGV_ON: "unpickleProofStateFrom" },
    });
    expect([code, stdout]).toEqual([1, "-2\tproof-state\t-\tfailed\n"]);
    expect(stderr).toMatch(/alpha: The REPL was killed by SIGSEGV/);
    expect((await run(["reload", "alpha", "nobody"], { cwd })).code).toBe(3);
    expect((await run(["reload", "nobody"], { cwd })).code).toBe(4);
  });

  it("reload and ls write nothing at all", async () => {
    const cwd = filled();
    const look = () =>
      readdirSync(cwd, { recursive: true, encoding: "utf8" }).map((name) => {
        const { ino, mtimeNs, size } = statSync(join(cwd, name), { bigint: true });
        return [name, ino, mtimeNs, size];
      });
    const before = look();
    await succeed(["reload"], { cwd });
    await succeed(["ls", "--check"], { cwd });
    expect(look()).toEqual(before);
  });

  it("show lays out a state, and prints its path alone with --path", async () => {
    const cwd = filled();
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
    const cwd = filled();
    const plan = await run(["clear", "--dry-run"], { cwd });
    expect([plan.code, plan.stdout]).toEqual([0, "-1\n-2\n-3\n"]);
    expect(await succeed(["clear", "--json"], { cwd })).toContain('"removed"');
    expect(await succeed(["ls", "--json"], { cwd })).toBe("[]");
    expect(await succeed(["clear"], { cwd })).toBe("");
  });

  it("say what they could not write, without a stack", async () => {
    const cwd = filled();
    const command = `"${process.execPath}" "${program}" ls > /dev/full`;
    const { status, stderr } = spawnSync("/bin/bash", ["-c", command], { cwd, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: Could not write to standard output: .*ENOSPC.*\n$/);
  });

  it("end quietly where nobody reads on", async () => {
    const cwd = filled();
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
