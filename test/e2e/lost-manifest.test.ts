/** The manifest is gone, and the pickles are there: what "git clean -fd" and "git stash -u" leave. */
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/all.ts";
import { addLines, useFolder } from "../support/filled-caches.ts";
import { run, succeed } from "../support/program.ts";
import { program, programEnvironment } from "../support/program-environment.ts";
import { changedBetween, snapshot } from "../support/snapshots.ts";

function git(cwd: string, ...args: string[]): void {
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
  execFileSync("git", [...identity, ...args], { cwd, stdio: "ignore" });
}

/** A cache in a git repository, with the states -1 and -2, after -3 was removed. */
const inRepository = useFolder((cwd) => {
  git(cwd, "init");
  git(cwd, "commit", "--allow-empty", "-m", "first");
  addLines(
    cwd,
    ["a", "b", "c"].map((name) => ({ cmd: `def ${name} := 1`, name })),
  );
  execFileSync(process.execPath, [program, "rm", "c"], { cwd, env: programEnvironment() });
});

const ARGUMENTS: Record<string, string[]> = {
  add: ["-c", "def a := 1"],
  key: ["-c", "def a := 1"],
  rm: ["a"],
  show: ["a"],
  run: ["a", "-c", "#check a"],
};

describe("a manifest that was lost", () => {
  it("is an error of every command that uses the cache, which names what restores it", async () => {
    const cwd = inRepository();
    git(cwd, "clean", "-fd");
    expect(existsSync(join(cwd, "lean-pickle.json"))).toBe(false);
    const before = snapshot(cwd);
    const others = ["doctor", "setup", "completion"];
    const reading = Object.keys(COMMANDS).filter((name) => !others.includes(name));
    for (const name of reading) {
      const { code, stdout, stderr } = await run([name, ...(ARGUMENTS[name] ?? [])], { cwd });
      expect([name, code, stdout]).toEqual([name, 6, ""]);
      expect(stderr).toContain(`${join(cwd, "lean-pickle.json")} is missing, but its pickles are`);
      expect(stderr).toContain('is good: "lean-pickle verify --repair" restores it.');
    }
    expect(changedBetween(before, snapshot(cwd))).toEqual({ written: [], touched: [] });
  });

  it.each([
    ["clean", "-fd"],
    ["stash", "-u"],
  ])(
    "by git %s %s is restored with the states whose pickles are there, and no id comes twice",
    async (...args) => {
      const cwd = inRepository();
      git(cwd, ...args);
      const { code, stderr } = await run(["verify", "--repair"], { cwd });
      expect([code, stderr]).toEqual([0, expect.stringContaining("with 2 states, from")]);
      expect(stderr).toContain("Left out 1 state whose pickles are gone: c.");
      expect(await succeed(["ls", "-q"], { cwd })).toBe("-1\n-2");
      expect(Number(await succeed(["add", "-c", "def d := 1"], { cwd }))).toBeLessThan(-3);
      expect(await succeed(["add", "-c", "def a := 1"], { cwd })).toBe("-1");
    },
  );

  it("together with its backup says which folder to remove, and then the cache is empty", async () => {
    const cwd = inRepository();
    git(cwd, "clean", "-fd");
    rmSync(join(cwd, "session_cache", "manifest.bak"));
    for (const args of [["ls"], ["verify", "--repair"]]) {
      const { code, stdout, stderr } = await run(args, { cwd });
      expect([code, stdout]).toEqual([6, ""]);
      expect(stderr).toContain(`or remove ${join(cwd, "session_cache")} to begin an empty cache.`);
    }
    rmSync(join(cwd, "session_cache"), { recursive: true });
    expect(await succeed(["ls", "-q"], { cwd })).toBe("");
  });

  it("gives no id twice where every state was removed before", async () => {
    const cwd = inRepository();
    await succeed(["clear", "--yes"], { cwd });
    git(cwd, "clean", "-fd");
    expect((await run(["add", "-c", "def d := 1"], { cwd })).code).toBe(6);
    await succeed(["verify", "--repair"], { cwd });
    expect(Number(await succeed(["add", "-c", "def d := 1"], { cwd }))).toBeLessThan(-3);
  });
});
