import { execFileSync, spawnSync } from "node:child_process";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, type TestContext } from "vitest";
import { temporaryFolder } from "../support/folders.ts";
import { garbage, readWhole } from "../support/kill-loop.ts";
import { type Ended, run, succeed } from "../support/program.ts";
import { isLong } from "./scale.ts";

const PAGE = 4096;

/** A file system of 1 MB. Only root may have one; where that is not allowed, the test is skipped. */
function smallDisk(context: TestContext): string {
  const path = temporaryFolder();
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]);
  if (status !== 0) {
    context.skip(`no tmpfs can be mounted here: ${stderr}`);
  }
  onTestFinished(() => void execFileSync("umount", ["-l", path]));
  return path;
}

/** Fills a file system until only this many bytes are free. */
function fill(cwd: string, free: number): void {
  const { bavail, bsize } = statfsSync(cwd);
  writeFileSync(join(cwd, "filler"), Buffer.alloc(Math.max(0, bavail * bsize - free)));
}

function empty(cwd: string): void {
  rmSync(join(cwd, "filler"));
}

/** A failure that a person understands. */
function expectSentence({ code, stdout, stderr }: Ended): void {
  expect([code, stdout], stderr).toEqual([1, ""]);
  expect(stderr).toMatch(/^error: .*\/(session_cache|lean-pickle\.json)/m);
  expect(stderr).toMatch(/no space left|could not be written|failed to (write|create)/i);
  expect(stderr).not.toMatch(/^ +at /m);
}

describe("a disk that is full", () => {
  it("keeps an addition from being made, at whatever point, and costs nothing else", async (context) => {
    const cwd = smallDisk(context);
    await succeed(["add", "-c", "def first := 1", "-n", "first"], { cwd });
    let failures = 0;
    let successes = 0;
    for (let pages = 0; successes < 3; pages += isLong ? 1 : 2) {
      const before = readWhole(cwd).states.length;
      const code = `def a${pages} := "${"long ".repeat(500)}"`;
      fill(cwd, pages * PAGE);
      const end = await run(["add", "-c", code], { cwd });
      if (end.code === 0) {
        successes++;
      } else {
        failures++;
        expectSentence(end);
      }
      expect(readWhole(cwd).states.length).toBe(before + Number(end.code === 0));
      expect(garbage(cwd)).toEqual([]);
      empty(cwd);
      await succeed(["verify"], { cwd });
      const id = await succeed(["add", "-c", code], { cwd });
      expect(readWhole(cwd).states.length).toBe(before + 1);
      await succeed(["rm", id], { cwd });
    }
    expect(failures).toBeGreaterThan(2);
  });

  it("can be made room on with rm and clear", async (context) => {
    const cwd = smallDisk(context);
    for (const n of [1, 2, 3, 4]) {
      await succeed(["add", "-c", `def a${n} := ${n}`], { cwd });
    }
    fill(cwd, 0);
    expect(await succeed(["rm", "-2"], { cwd })).toBe("-2");
    fill(cwd, 0);
    expect(await succeed(["clear", "--yes"], { cwd })).toBe("-1\n-3\n-4");
    expect(readWhole(cwd).states).toEqual([]);
    expect(garbage(cwd)).toEqual([]);
  });

  it("is read where nothing can be written, and says so where something is to be", async (context) => {
    const cwd = smallDisk(context);
    await succeed(["add", "-c", "def a := 1"], { cwd });
    execFileSync("mount", ["-o", "remount,ro", cwd]);
    expect(await succeed(["ls", "-q"], { cwd })).toBe("-1");
    expect(await succeed(["add", "-c", "def a := 1"], { cwd })).toBe("-1");
    expect(await succeed(["reload"], { cwd })).toContain("loaded");
    await succeed(["verify"], { cwd });
    for (const args of [
      ["add", "-c", "def b := 1"],
      ["rm", "-1"],
      ["clear", "--yes"],
    ]) {
      const { code, stderr } = await run(args, { cwd });
      expect([args, code]).toEqual([args, 1]);
      expect(stderr).toMatch(/^error: Could not .*read-only file system/);
    }
  });
});

describe("a process with too few files", () => {
  it("does its work or says so, and leaves the cache as it was", async () => {
    const cwd = temporaryFolder();
    await succeed(["add", "-c", "def a := 1"], { cwd });
    for (const files of [20, 21, 22, 23, 24, 25, 26, 28, 30]) {
      const before = readWhole(cwd).states.length;
      const limited = { cwd, openFiles: files };
      const end = await run(["add", "-c", `def a${files} := 1`], limited);
      expect([0, 1, 5], end.stderr).toContain(end.code);
      // What the REPL says at its end is its own.
      expect(end.stderr.split("standard error:")[0]).not.toMatch(/^ +at /m);
      expect(readWhole(cwd).states.length).toBe(before + Number(end.code === 0));
    }
  });
});
