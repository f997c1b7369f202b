/** What a user is told who may not read, or not write, what belongs to somebody else. */
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type Ended, run, succeed } from "../support/program.ts";

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

const filled = useCache([{ cmd: "def f := 1", name: "base" }]);

/** A cache of root that others may look at, but for what a test closes. */
function cacheOfRoot(): string {
  const cwd = filled();
  for (const name of [".", "session_cache", "session_cache/tmp"]) {
    chmodSync(join(cwd, name), 0o755);
  }
  chmodSync(join(cwd, "lean-pickle.json"), 0o644);
  return cwd;
}

function owned(path: string, mode: string): string {
  return `${path} belongs to root, has the mode ${mode}, and this is the user ${NOBODY}: ask for "chmod" or "chown", or choose another folder (for a cache: -d).`;
}

function expectDenial({ code, stderr }: Ended, sentence: string): void {
  expect(stderr).toContain(sentence);
  expect(stderr).toMatch(/\((EACCES|EPERM)\)/);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(code).toBe(1);
}

describe.skipIf(!isRoot)("another user (only root can set this up)", () => {
  const ADD = ["add", "-c", "def g := 1"];
  const BY_PICKLE = ["run", "base", "-c", "#check f", "--restore", "pickle"];

  it.each([
    ["lean-pickle.json", 0o600, ["ls"]],
    [".", 0o700, ["ls"]],
    ["session_cache", 0o700, ["ls"]],
    ["session_cache", 0o700, ["rm", "base"]],
    ["session_cache/tmp", 0o700, ADD],
    ["session_cache/tmp", 0o755, ADD],
    ["session_cache/tmp", 0o755, ["rm", "base"]],
    ["session_cache/tmp", 0o700, ["verify"]],
  ])("is told that %s with the mode %o is root's, and what to do: %j", async (name, mode, args) => {
    const cwd = cacheOfRoot();
    const path = join(cwd, name);
    chmodSync(path, mode);
    // Where the current directory cannot be entered.
    const ended = await run([...args, "-d", cwd], { cwd: temporaryFolder(), uid: NOBODY });
    expectDenial(ended, owned(path, mode.toString(8)));
  });

  it("is told which pickle is root's, and by verify, too", async () => {
    const cwd = cacheOfRoot();
    const path = await succeed(["show", "base", "--path"], { cwd });
    expectDenial(await run(BY_PICKLE, { cwd, uid: NOBODY }), owned(path, "400"));
    const { code, stdout, stderr } = await run(["verify"], { cwd, uid: NOBODY });
    expect([code, stdout]).toEqual([1, expect.stringContaining("cannot be read (EACCES)")]);
    expect(stderr).toContain('another user\'s: ask for "chmod" or "chown".');
    expect(stderr).not.toContain("--repair");
  });

  it("is told of the folder that the manifest cannot be replaced in", async () => {
    const cwd = cacheOfRoot();
    for (const name of ["session_cache", "session_cache/tmp"]) {
      chownSync(join(cwd, name), NOBODY, NOBODY);
    }
    const ended = await run(["rm", "base", "--trust"], { cwd, uid: NOBODY });
    expectDenial(ended, owned(cwd, "755"));
  });

  it("is told of a folder that cannot be made", async () => {
    const parent = temporaryFolder();
    chmodSync(parent, 0o755);
    const ended = await run([...ADD, "-d", join(parent, "new")], { cwd: parent, uid: NOBODY });
    expectDenial(ended, owned(parent, "755"));
  });

  it("is told by doctor, which names no repair that would not help", async () => {
    const cwd = cacheOfRoot();
    chmodSync(join(cwd, "lean-pickle.json"), 0o600);
    const { stdout } = await run(["doctor"], { cwd, uid: NOBODY });
    expect(stdout).toContain("lean-pickle.json belongs to root, has the mode 600");
    expect(stdout).not.toContain("--repair");
  });
});

describe("LEAN_PICKLE_TRUST", () => {
  it.each([
    ["1", 0],
    ["true", 0],
    ["0", 1],
    ["false", 1],
    ["", 1],
  ])("%j is as --trust says, or as if it were not there", async (value, expected) => {
    const cwd = filled();
    chmodSync(join(cwd, "lean-pickle.json"), 0o646);
    const { code } = await run(["rm", "--", "-1"], { cwd, env: { LEAN_PICKLE_TRUST: value } });
    expect(code).toBe(expected);
  });

  it("is refused where it says neither yes nor no", async () => {
    const { code, stderr } = await run(["ls"], {
      cwd: temporaryFolder(),
      env: { LEAN_PICKLE_TRUST: "maybe" },
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining('LEAN_PICKLE_TRUST is "maybe"')]);
    const cwd = temporaryFolder();
    await succeed(["ls", "--trust"], { cwd, env: { LEAN_PICKLE_TRUST: "0" } });
  });
});

describe("a link in place of session_cache", () => {
  it.each([
    ["scratch", ""],
    ["session_cache", ".."],
  ])(
    "to a folder of the same user, named %s, is refused with the place for -d",
    async (name, up) => {
      const cwd = temporaryFolder();
      const real = join(temporaryFolder(), name);
      mkdirSync(real);
      symlinkSync(real, join(cwd, "session_cache"));
      const { code, stderr } = await run(["add", "-c", "def f := 1"], { cwd });
      expect([code, stderr]).toEqual([6, expect.stringContaining("session_cache is a link.")]);
      const place = join(real, up);
      expect(stderr).toContain(`name the real place instead: -d ${place}, or LEAN_PICKLE_DIR.`);
      expect(await succeed(["add", "-c", "def f := 1", "-d", place], { cwd })).toBe("-1");
    },
  );

  it.each([["/no/such/place"], ["session_cache"]])("to %s has no real place", async (target) => {
    const cwd = temporaryFolder();
    symlinkSync(target, join(cwd, "session_cache"));
    const { code, stderr } = await run(["ls"], { cwd });
    expect([code, stderr]).toEqual([6, expect.stringContaining("Move it away, or choose")]);
    rmSync(join(cwd, "session_cache"));
  });
});
