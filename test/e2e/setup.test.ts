import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { executable, file, git } from "../support/lean-places.ts";
import { mixedMirror, replMirror, SetupPlace } from "../support/repl-sources.ts";

const OFFICIAL = "leanprover/lean4:";

describe("lean-pickle setup", () => {
  let place: SetupPlace;
  let mirror: string;
  beforeEach(() => {
    place = new SetupPlace();
    mirror = mixedMirror();
  });

  it.each([
    ["v4.31.0", "v4.31.0"],
    ["4.32.0", "v4.32.0"],
    ["leanprover/lean4:v4.30.0", "v1.3.18_lean-toolchain-v4.30.0"],
    ["v4.33.0-rc1", "v1.3.18_lean-toolchain-v4.33.0-rc1"],
    ["nightly-2026-01-02", "v1.3.18_lean-toolchain-nightly-2026-01-02"],
  ])("builds for %s what is at the tag %s", async (lean, rev) => {
    const built = await place.json(["--lean", lean, "--from", mirror]);
    const folder = String(built.folder);
    expect(built).toMatchObject({ source: mirror, rev, built: true });
    expect(built.repl).toBe(join(folder, ".lake/build/bin/repl"));
    expect(built.revision).toBe(git(mirror, "rev-parse", `${rev}^{commit}`));
    expect(readFileSync(join(folder, "lean-toolchain"), "utf8").trim()).toBe(built.toolchain);
    expect((built.steps as { step: string }[]).map(({ step }) => step)).toEqual([
      ...["fetch", "build"],
      ...["start", "command", "pickle", "unpickle", "tactic"],
    ]);
    expect(git(folder, "status", "--porcelain", "--ignored")).toBe("?? .lake/");
    expect(git(folder, "rev-list", "--count", "HEAD")).toBe("1");
  });

  it("refuses a Lean that there is no tag for, and names the nearest", async () => {
    const { stdout, stderr, code } = await place.run(["--lean", "v4.31.5", "--from", mirror]);
    expect([stdout, code]).toEqual(["", 5]);
    expect(stderr).toMatch(
      /No tag of the REPL fits leanprover\/lean4:v4.31.5.*v4.30.0, v4.31.0, v4.32.0, v4.33.0-rc1/,
    );
    expect(place.gits("fetch")).toEqual([]);
    expect(place.left("v4.31.5")).toEqual([]);
  });

  it("prints the path of the REPL, which is found again without git, lake and network", async () => {
    const first = await place.run(["--lean", "v4.31.0", "--from", mirror]);
    const repl = join(place.folder("v4.31.0"), ".lake/build/bin/repl");
    expect([first.stdout, first.code]).toEqual([`${repl}\n`, 0]);
    expect(first.stderr).toContain(
      `Building the REPL for ${OFFICIAL}v4.31.0 (--lean):\n  from  ${mirror}\n  at    v4.31.0\n`,
    );
    const calls = place.gits("ls-remote", "fetch").length;
    const again = await place.run(["--lean", "v4.31.0"], { env: { PATH: "/nowhere" } });
    expect([again.stdout, again.code]).toEqual([`${repl}\n`, 0]);
    expect(again.stderr).toContain(`is there already, from ${mirror} at v4.31.0`);
    expect(place.gits("ls-remote", "fetch").length).toBe(calls);
    expect(await place.json(["--lean", "v4.31.0"])).toMatchObject({
      built: false,
      repl,
      steps: [],
    });
  });

  it("builds what every other command then finds without any option", async () => {
    await place.json(["--lean", "v4.31.0", "--from", mirror]);
    file(join(place.cwd, "lean-toolchain"), `${OFFICIAL}v4.31.0\n`);
    const added = await place.run(["add", "-c", "def f := 1"], { env: { PATH: "/nowhere" } }, []);
    expect([added.stdout, added.code], added.stderr).toEqual(["-1\n", 0]);
  });

  it("minds nothing that lake prints on standard output before it runs the REPL", async () => {
    const place = new SetupPlace();
    const from = replMirror({ "v4.33.0": "leanprover/lean4:v4.33.0" });
    const env = { LAKE_SAYS: "info: manifest out of date" };
    const { code, stderr } = await place.run(["--lean", "v4.33.0", "--from", from], { env });
    expect([code, stderr]).toEqual([0, expect.stringContaining("It works:")]);
  });

  it("says that elan will download a Lean that is not installed", async () => {
    file(join(place.root, "home", ".elan", "bin", ".keep"));
    const args = ["--lean", "v4.31.0", "--from", mirror, "--force"];
    const says = "elan downloads leanprover/lean4:v4.31.0 first";
    // A lake that is not elan's downloads nothing.
    expect((await place.run(args)).stderr).not.toContain(says);
    executable(join(place.bin, "elan"));
    const [lake, behind] = [join(place.bin, "lake"), join(place.root, "lake")];
    renameSync(lake, behind);
    const installed = join(place.root, "home/.elan/toolchains/leanprover--lean4---v4.31.0");
    executable(lake, `#!/bin/sh\n/bin/mkdir -p ${installed}\nexec ${behind} "$@"\n`);
    expect((await place.run(args)).stderr).toContain(says);
    expect((await place.run(args)).stderr).not.toContain(says);
  });

  it("looks upstream first, and then in LeanInteract's fork", async () => {
    const upstream = replMirror({ "v4.31.0": `${OFFICIAL}v4.31.0` });
    const rewrites = { "leanprover-community/repl": upstream, "augustepoiroux/repl": mirror };
    const config = Object.entries(rewrites).map(
      ([name, path]) => `[url "${path}"]\n  insteadOf = https://github.com/${name}\n`,
    );
    const env = { GIT_CONFIG_GLOBAL: file(join(place.root, "gitconfig"), config.join("")) };
    expect(await place.json(["--lean", "v4.31.0"], { env })).toMatchObject({
      source: "https://github.com/leanprover-community/repl",
      rev: "v4.31.0",
    });
    expect(place.gits("ls-remote").length).toBe(1);
    expect(await place.json(["--lean", "v4.30.0"], { env })).toMatchObject({
      source: "https://github.com/augustepoiroux/repl",
      rev: "v1.3.18_lean-toolchain-v4.30.0",
    });
  });

  it.each<[string, (place: SetupPlace) => NodeJS.ProcessEnv]>([
    [
      "the project's lean-toolchain",
      (at) => {
        file(join(at.cwd, "lean-toolchain"), `${OFFICIAL}v4.31.0\n`);
        file(join(at.root, "home", ".elan", "settings.toml"), 'default_toolchain = "v4.32.0"\n');
        return {};
      },
    ],
    [
      "ELAN_TOOLCHAIN",
      (at) => {
        file(join(at.cwd, "lean-toolchain"), `${OFFICIAL}v4.32.0\n`);
        return { ELAN_TOOLCHAIN: "v4.31.0" };
      },
    ],
    [
      "elan's default",
      (at) => {
        file(join(at.root, "home", ".elan", "settings.toml"), 'default_toolchain = "v4.31.0"\n');
        return {};
      },
    ],
    [
      "the lean on PATH",
      (at) => {
        executable(join(at.bin, "lean"), "#!/bin/sh\necho 'Lean (version 4.31.0, x86, Release)'\n");
        return {};
      },
    ],
  ])("builds without --lean for %s", async (_, prepare) => {
    const env = prepare(place);
    const built = await place.json(["--from", mirror], { env });
    expect(built.toolchain).toBe(`${OFFICIAL}v4.31.0`);
    expect(place.builds()).toEqual([
      expect.stringMatching(/^\d+ build leanprover\/lean4:v4.31.0$/),
    ]);
  });

  it("takes a tag, a branch or a commit with --rev, and builds again where it is at another", async () => {
    const commit = git(mirror, "rev-parse", "v4.32.0^{commit}");
    // Commits that no tag and no branch is at, which a shallow fetch cannot ask for by their first digits.
    git(mirror, "tag", "-d", "v1.3.18_lean-toolchain-v4.32.0");
    git(mirror, "tag", "-d", "v4.32.0");
    git(mirror, "branch", "v4.32-fixes", commit);
    const args = ["--lean", "v4.32.0", "--from", mirror];
    const revs = ["v4.32-fixes", commit, commit.slice(0, 7), "refs/heads/v4.32-fixes"];
    for (const rev of revs) {
      const built = await place.json([
        ...args,
        "--rev",
        rev,
        ...(rev === commit ? ["--force"] : []),
      ]);
      expect(built).toMatchObject({ revision: commit });
    }
    git(mirror, "branch", "-D", "v4.32-fixes");
    const byCommit = await place.json([...args, "--rev", commit.slice(0, 12), "--force"]);
    expect(byCommit).toMatchObject({ revision: commit, rev: commit.slice(0, 12), built: true });
    expect(await place.json([...args, "--rev", commit])).toMatchObject({ built: false });
    expect(place.left("v4.32.0").length).toBe(1);
  });

  it("shows what git and lake print with -v only, and nothing but errors with -q", async () => {
    const args = ["--lean", "v4.31.0", "--from", mirror, "--force"];
    const verbose = await place.run([...args, "-v"]);
    expect(verbose.stderr).toMatch(/\[new tag\] +v4.31.0/);
    expect(verbose.stderr).toMatch(/\[1\/2\] Building REPL/);
    expect(verbose.stderr).not.toContain("refs/tags/v4.32.0");
    const plain = await place.run(args);
    expect(plain.stderr).not.toMatch(/new tag|\[1\/2\]/);
    const quiet = await place.run([...args, "-q"]);
    expect([quiet.stderr, quiet.stdout]).toEqual(["", plain.stdout]);
  });

  it("runs no hook of the user's, and is not led astray by where it is run from", async () => {
    const hooks = join(place.root, "hooks");
    const marker = join(place.root, "hook-ran");
    for (const path of [hooks, join(place.root, "template", "hooks")]) {
      for (const name of ["post-checkout", "reference-transaction"]) {
        executable(join(path, name), `#!/bin/sh\n: > ${marker}\n`);
      }
    }
    const config = `[core]\n  hooksPath = ${hooks}\n[init]\n  templateDir = ${join(place.root, "template")}\n`;
    const env = {
      GIT_CONFIG_GLOBAL: file(join(place.root, "gitconfig"), config),
      GIT_TEMPLATE_DIR: join(place.root, "template"),
      GIT_DIR: join(place.root, "elsewhere"),
      GIT_INDEX_FILE: join(place.root, "elsewhere", "index"),
      LEAN_SYSROOT: "/nowhere",
      ELAN_TOOLCHAIN: "v4.32.0",
    };
    await place.json(["--lean", "v4.31.0", "--from", mirror], { env });
    expect([existsSync(marker), existsSync(env.GIT_DIR)]).toEqual([false, false]);
    expect(place.builds()).toEqual([
      expect.stringMatching(/^\d+ build leanprover\/lean4:v4.31.0$/),
    ]);
  });

  it("takes the lake of elan's folder where PATH has none, and the one that is named", async () => {
    const lake = readFileSync(join(place.bin, "lake"), "utf8");
    const named = executable(join(place.root, "named", "lake"), lake);
    executable(join(place.root, "home", ".elan", "bin", "lake"), lake);
    file(join(place.bin, "lake"), "");
    const args = ["--lean", "v4.31.0", "--from", mirror, "--force"];
    executable(join(place.root, "only-git", "git"), readFileSync(join(place.bin, "git"), "utf8"));
    const env = { PATH: join(place.root, "only-git") };
    expect(await place.json(args, { env })).toMatchObject({ built: true });
    expect(await place.json([...args, "--lake", named])).toMatchObject({ built: true });
  });
});
