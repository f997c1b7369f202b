/** What stands in a cache, or in the place of one, was made by somebody who means harm. */
import { execFileSync } from "node:child_process";
import { linkSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useFilledCache } from "../support/filled-caches.ts";
import { type Ended, run, succeed } from "../support/program.ts";
import { changedBetween, snapshot } from "../support/snapshots.ts";

const CODE = "def f := 42";

const fill = useFilledCache();

function pickleOf(cwd: string): string {
  const text = readFileSync(join(cwd, "lean-pickle.json"), "utf8");
  return JSON.parse(text).states[0].pickleFile;
}

/** Commands that read, load, write and remove. */
const COMMANDS = [
  ["ls", "--check"],
  ["show", "base"],
  ["run", "base", "-c", "#check f"],
  ["add", "-c", CODE],
  ["add", "-c", "def g := 1", "-n", "g"],
  ["reload", "--repair"],
  ["rm", "goal"],
  ["clear", "--yes"],
];

/** Runs the commands one after the other, and says how each ended. */
async function runAll(cwd: string, outside: string, commands = COMMANDS): Promise<Ended[]> {
  const before = snapshot(outside);
  const ended: Ended[] = [];
  for (const args of commands) {
    ended.push(await run(["--lock-timeout", "1", ...args], { cwd }));
  }
  expect(changedBetween(before, snapshot(outside))).toEqual({ written: [], touched: [] });
  for (const { stderr } of ended) {
    expect(stderr).not.toMatch(/^\s+at /m);
  }
  return ended;
}

describe("a link in the place of", () => {
  it.each([["lean-pickle.json"], ["session_cache"], ["session_cache/tmp"]])(
    "%s is refused by every command, and nothing behind it is touched",
    async (name) => {
      const { cwd, outside } = fill();
      rmSync(join(cwd, name), { recursive: true });
      symlinkSync(join(outside, name), join(cwd, name));
      for (const { code, stderr } of await runAll(cwd, outside)) {
        expect(stderr).toContain(`${join(cwd, name)} is a link.`);
        expect(code).toBe(6);
      }
    },
  );

  it("a pickle is damage, and nothing behind it is given to Lean, touched or removed", async () => {
    const { cwd, outside } = fill();
    const name = pickleOf(cwd);
    rmSync(join(cwd, name));
    symlinkSync(join(outside, name), join(cwd, name));
    const [check, show, used] = await runAll(cwd, outside);
    expect(check?.stderr).toContain(`base: Its pickle ${join(cwd, name)} is a link.`);
    expect(show?.stdout).toMatch(/file .* missing/);
    // Its recipe needs no pickle.
    expect([used?.code, used?.stderr]).toEqual([0, ""]);
  });

  it("the lock is told, and not waited for", async () => {
    const { cwd, outside } = fill();
    const lock = join(cwd, "session_cache", "manifest.lock");
    symlinkSync(join(outside, "session_cache"), lock);
    const [, , , hit, miss] = await runAll(cwd, outside);
    expect(hit?.code).toBe(0);
    expect(miss?.stderr).toContain(`${lock} is a link.`);
    expect(miss?.code).toBe(6);
  });

  it("the backup, the tag and .gitignore is in nobody's way, and nothing behind it is touched", async () => {
    const { cwd, outside } = fill();
    for (const name of ["manifest.bak", "CACHEDIR.TAG", ".gitignore"]) {
      rmSync(join(cwd, "session_cache", name));
      symlinkSync(join(outside, "file"), join(cwd, "session_cache", name));
    }
    expect((await runAll(cwd, outside)).map(({ code }) => code)).toEqual(COMMANDS.map(() => 0));
  });
});

describe("a second name outside", () => {
  it("of the manifest, its backup and a pickle keeps what it has", async () => {
    const { cwd, outside } = fill();
    for (const name of ["lean-pickle.json", "session_cache/manifest.bak", pickleOf(cwd)]) {
      rmSync(join(cwd, name));
      linkSync(join(outside, name), join(cwd, name));
    }
    expect((await runAll(cwd, outside)).map(({ code }) => code)).toEqual(COMMANDS.map(() => 0));
  });
});

describe("a pipe, a device or a folder in the place of", () => {
  it.each([
    ["lean-pickle.json", 6],
    ["session_cache", 6],
    ["session_cache/tmp", 6],
  ])("%s is refused, and not waited for", async (name, code) => {
    const { cwd, outside } = fill();
    rmSync(join(cwd, name), { recursive: true });
    execFileSync("mkfifo", [join(cwd, name)]);
    const ended = await runAll(cwd, outside, [["ls"], ["add", "-c", "def g := 1"]]);
    expect(ended.map((each) => each.code)).toEqual([code, code]);
  });

  it("a pickle is damage", async () => {
    const { cwd } = fill();
    const pickle = join(cwd, pickleOf(cwd));
    rmSync(pickle);
    execFileSync("mkfifo", [pickle]);
    const { code, stderr } = await run(["reload", "base"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining("is no regular file.")]);
  });

  it("the lock is told, and not waited for", async () => {
    const { cwd } = fill();
    const lock = join(cwd, "session_cache", "manifest.lock");
    writeFileSync(lock, "");
    const { code, stderr } = await run(["rm", "base"], { cwd });
    expect([code, stderr]).toEqual([6, expect.stringContaining(`${lock} is not a folder.`)]);
  });
});

describe("a manifest that was made to break the program", () => {
  it.each<[string, (path: string) => void, string]>([
    [
      "of 200 MB of nothing",
      (path) => truncateSync(path, 200_000_000),
      "it has 200000000 bytes, and a manifest has at most 134217728",
    ],
    [
      "of a hundred million brackets",
      (path) => writeFileSync(path, "[".repeat(100_000_000)),
      "it has too many lists and objects",
    ],
    [
      "of lists that are nested a hundred thousand deep",
      (path) => writeFileSync(path, "[".repeat(100_000) + "]".repeat(100_000)),
      "is not usable",
    ],
  ])("%s is refused before it is taken in", async (_, make, problem) => {
    const { cwd } = fill();
    make(join(cwd, "lean-pickle.json"));
    const env = { NODE_OPTIONS: "--max-old-space-size=200" };
    const { code, stderr } = await run(["ls"], { cwd, env });
    expect(stderr).toContain(problem);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(6);
  });

  it("with lists in lists that are not known is told of where it cannot be shown", async () => {
    const { cwd } = fill();
    const path = join(cwd, "lean-pickle.json");
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    const text = readFileSync(path, "utf8").replace('"isProofState"', `"x":${deep},"isProofState"`);
    writeFileSync(path, text);
    expect(await succeed(["ls", "-q"], { cwd })).toBe("-1\n-2");
    const shown = await run(["show", "base", "--json"], { cwd });
    expect(JSON.parse(shown.stderr).error.message).toMatch(/^It cannot be shown as JSON: /);
    expect(shown.code).toBe(1);
    const added = await run(["add", "-c", "def g := 1"], { cwd });
    expect([added.code, added.stderr]).toEqual([6, expect.stringContaining("cannot be written")]);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("with a recipe that nobody can compare with another is told of, without a stack trace", async () => {
    const { cwd } = fill();
    const path = join(cwd, "lean-pickle.json");
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    const text = readFileSync(path, "utf8").replaceAll('"inputs":{', `"inputs":{"x":${deep},`);
    writeFileSync(path, text);
    const { code, stderr } = await run(["key", "-c", "def f := 43", "--explain"], { cwd });
    expect([code, stderr]).toEqual([6, expect.stringMatching(/nested too deeply \(.*\)\.\n$/)]);
  });

  it("with keys of a prototype changes no object of the program", async () => {
    const { cwd } = fill();
    const path = join(cwd, "lean-pickle.json");
    const evil = '"__proto__":{"status":"loaded","name":"evil"},"constructor":{"prototype":{}}';
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("{", `{${evil},`));
    expect(await succeed(["ls", "-q"], { cwd })).toBe("-1\n-2");
    await succeed(["rm", "goal"], { cwd });
    expect(JSON.parse(readFileSync(path, "utf8")).constructor).toEqual({ prototype: {} });
  });
});
