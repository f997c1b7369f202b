import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { file, git } from "../support/lean-places.ts";
import { program } from "../support/program.ts";
import { mixedMirror, replMirror, SetupPlace } from "../support/repl-sources.ts";

const OFFICIAL = "leanprover/lean4:";

/** A user who may write nothing here: the tester, or nobody where the tester may do anything. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined;
const canStart =
  spawnSync(process.execPath, [program, "--version"], { uid, gid: uid }).status === 0;

describe("lean-pickle setup, where it cannot be done", () => {
  let place: SetupPlace;
  let mirror: string;
  beforeEach(() => {
    place = new SetupPlace();
    mirror = mixedMirror();
  });

  /** Runs it, which has to fail and to leave nothing, and gives what it says. */
  async function fail(args: readonly string[], exitCode: number, env: NodeJS.ProcessEnv = {}) {
    const { stdout, stderr, code } = await place.run(args, { env });
    expect([stdout, code], stderr).toEqual(["", exitCode]);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(place.left("v4.31.0")).toEqual([]);
    expect(existsSync(place.folder("v4.31.0"))).toBe(false);
    return stderr;
  }

  const lean = (version: string): string[] => ["--lean", version, "--from", mirror];

  it.each([
    ["no git", "git", /There is no git on PATH.*\n.*Install git/],
    ["no lake", "lake", /There is no lake.*\n.*Install elan/],
  ])("says what to install where there is %s", async (_, tool, says) => {
    rmSync(join(place.bin, tool));
    expect(await fail(lean("v4.31.0"), 5)).toMatch(says);
    expect(place.gits("ls-remote", "fetch")).toEqual([]);
  });

  it.each([
    ["ext::sh -c 'touch /tmp/owned'"],
    ["-upload-pack=x"],
    ["--upload-pack=x"],
    ["/nowhere/repl.git"],
    ["repl.git"],
    ["https://example.org/a\nb"],
    [""],
  ])("takes no --from %j", async (from) => {
    const says = await fail(["--lean", "v4.31.0", `--from=${from}`], 2);
    expect(says).toMatch(/is neither the URL of a git repository nor the path of one/);
    expect(place.gits("ls-remote", "fetch")).toEqual([]);
  });

  it("does not let a rewritten URL run a command either", async () => {
    const marker = join(place.root, "ran");
    const config = `[url "ext::touch ${marker} "]\n  insteadOf = https://evil.example/\n[protocol "ext"]\n  allow = always\n`;
    const env = { GIT_CONFIG_GLOBAL: file(join(place.root, "gitconfig"), config) };
    const says = await fail(["--lean", "v4.31.0", "--from", "https://evil.example/x"], 5, env);
    expect(says).toMatch(/git could not list the tags.*\n.*transport 'ext' not allowed/);
    expect(existsSync(marker)).toBe(false);
  });

  it("lets no repository that it is run in run a command", async () => {
    const marker = join(place.root, "ran");
    git(place.cwd, "init");
    git(place.cwd, "config", "core.sshCommand", `touch ${marker}; false`);
    git(place.cwd, "config", "url.ssh://evil.example/.insteadOf", "http://127.0.0.1:1/");
    const says = await fail(["--lean", "v4.31.0", "--from", "http://127.0.0.1:1/repl"], 5);
    expect(says).toMatch(/git could not list the tags.*\n.*127\.0\.0\.1/);
    expect(existsSync(marker)).toBe(false);
  });

  it.each(["stable", "leanprover/lean4:nightly", "my-own", "../../x", "", "v4.31", "-x"])(
    "takes no --lean %j, which names no one Lean",
    async (version) => {
      const says = await fail([`--lean=${version}`, "--from", mirror], 2);
      expect(says).toMatch(/does not name one Lean.*\n.*--lean v4/);
    },
  );

  it("asks for --lean where nothing tells, and runs no elan to find out", async () => {
    expect(await fail(["--from", mirror], 2)).toMatch(/no other Lean was found.*\n.*--lean/);
  });

  it("shows what git says, and no password", async () => {
    const url = "http://somebody:secret@127.0.0.1:1/repl";
    const says = await fail(["--lean", "v4.31.0", "--from", url], 5);
    expect(says).toMatch(/git could not list the tags of http:\/\/\*\*\*@127.0.0.1:1\/repl.*128/);
    expect(says).toMatch(/fatal: .*\n/);
    expect(says).not.toMatch(/secret|somebody/);
  });

  it("says so of a folder that is no repository", async () => {
    const says = await fail(["--lean", "v4.31.0", "--from", place.cwd], 5);
    expect(says).toMatch(/does not appear to be a git repository/);
  });

  it.each([
    ["a tag that does not exist", "v9.9.9"],
    ["a commit that is not there", "0123456"],
    ["a commit of a full name that is not there", "01234567".repeat(5)],
    ["an option", "--upload-pack=x"],
    ["nothing", ""],
    ["a range", "v4.31.0..main"],
    ["what git calls the commit of a tag", "v4.31.0^{}"],
  ])("has no --rev that is %s", async (_, rev) => {
    const says = await fail([...lean("v4.31.0"), `--rev=${rev}`], 5);
    expect(says).toContain(
      `There is no tag, branch or commit ${JSON.stringify(rev)} in ${mirror}.`,
    );
  });

  it("does not build a revision that is for another Lean, or for none", async () => {
    const says = await fail([...lean("v4.31.0"), "--rev", "v4.32.0"], 5);
    expect(says).toMatch(/v4.32.0 of .* is for leanprover\/lean4:v4.32.0.*not for .*v4.31.0/);
    expect(await fail(lean("v4.20.0"), 5)).toMatch(
      /v4.20.0 of .* is for leanprover\/lean4:v4.21.0/,
    );
    mirror = replMirror({ "v4.31.0": "" });
    expect(await fail(lean("v4.31.0"), 5)).toMatch(/says nothing of a Lean/);
    expect(place.builds()).toEqual([]);
  });

  it("shows the end of what lake printed where it fails", async () => {
    const said = "No space left on device";
    const says = await fail(lean("v4.31.0"), 5, { LAKE_FAILS: said });
    expect(says).toMatch(/"lake build" of the REPL exited with code 1/);
    expect(says).toContain(
      "[1/2] Building REPL\nerror: REPL/Main.lean:1:0: No space left on device\n",
    );
  });

  it("says so where lake builds nothing, or for another Lean", async () => {
    const nothing = await fail(lean("v4.31.0"), 5, { LAKE_MAKES_NOTHING: "1" });
    expect(nothing).toMatch(/went well, and made no .lake\/build\/bin\/repl/);
    const other = await fail(lean("v4.31.0"), 5, { LAKE_LEAN: "4.32.0" });
    expect(other).toMatch(
      /was built by Lean 4.32.0, and not by leanprover\/lean4:v4.31.0.*\n.*--lake/,
    );
  });

  it.each([
    ["dies", { SIMULATED_REPL_SEGV_ON: "exact h" }, [], /\(tactic\).*was killed by SIGSEGV/],
    ["cannot pickle", { SIMULATED_REPL_CLOSURES_AT: "1" }, [], /\(pickle\)/],
    [
      "does not answer",
      { SIMULATED_REPL_HANG_AT: "1" },
      ["--timeout", "1"],
      /\(start\).*within 1 s/,
    ],
  ])("does not put a REPL in place that %s", async (_, env, more, why) => {
    const says = await fail([...lean("v4.31.0"), ...more], 5, env);
    expect(says).toMatch(/The REPL was built, and does not work/);
    expect(says).toMatch(why);
  });

  it("says so where the folder cannot be written", async () => {
    const taken = file(join(place.root, "taken"));
    const says = await fail(lean("v4.31.0"), 1, { XDG_CACHE_HOME: taken });
    expect(says).toMatch(/Could not make the folder .*taken.*not a directory/);
    const homeless = { XDG_CACHE_HOME: undefined, HOME: "not/absolute" };
    expect(await fail(lean("v4.31.0"), 5, homeless)).toMatch(/Set XDG_CACHE_HOME/);
  });

  it.skipIf(!canStart)("says so where the folder belongs to somebody else", async () => {
    const cache = dirname(file(join(place.root, "cache", ".keep")));
    const folders = [place.root, place.cwd, cache];
    for (const path of folders) {
      chmodSync(path, 0o555);
    }
    const { stderr, code } = await place.run(["--lean", "v4.31.0"], { uid });
    // Else nobody but root could remove them.
    for (const path of folders) {
      chmodSync(path, 0o755);
    }
    expect(code).toBe(1);
    expect(stderr).toMatch(/Could not make the folder .*cache\/lean-pickle: permission denied/);
  });

  it("has errors as JSON, too", async () => {
    const { stderr } = await place.run([...lean("v4.31.5"), "--json"]);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: "no-repl", hint: expect.anything() },
    });
  });

  it("takes a built REPL that is not executable any more for none, and builds it again", async () => {
    await place.json(lean("v4.31.0"));
    const repl = join(place.folder("v4.31.0"), ".lake/build/bin/repl");
    chmodSync(repl, 0o644);
    expect(await place.json(lean("v4.31.0"))).toMatchObject({ built: true, repl });
    rmSync(join(place.folder("v4.31.0"), "lean-toolchain"));
    expect(await place.json(lean("v4.31.0"))).toMatchObject({ built: true, repl });
    expect(readFileSync(join(place.folder("v4.31.0"), "lean-toolchain"), "utf8")).toContain(
      OFFICIAL,
    );
    expect(git(place.folder("v4.31.0"), "describe", "--tags")).toBe("v4.31.0");
  });
});
