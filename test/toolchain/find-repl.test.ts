import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ReplLaunch } from "../../src/repl/connection.ts";
import { findRepl, type ReplSearch } from "../../src/toolchain/find-repl.ts";
import { temporaryFolder } from "../support/folders.ts";
import { executable, file, stubLeanEnvironment } from "../support/lean-places.ts";

const BUILT = ".lake/build/bin/repl";
const V31 = "leanprover/lean4:v4.31.0";
const V33 = "leanprover/lean4:v4.33.0";

function brokenLink(path: string): string {
  symlinkSync("gone", path);
  return path;
}

/** A checkout of the REPL that was built with a toolchain. */
function checkout(toolchain: string, folder = temporaryFolder()): string {
  file(join(folder, "lean-toolchain"), `${toolchain}\n`);
  executable(join(folder, BUILT));
  return folder;
}

let here: string;
let cache: string;
let repl: string;
const before = process.cwd();

beforeEach(() => {
  cache = stubLeanEnvironment();
  here = temporaryFolder();
  repl = executable(join(temporaryFolder(), "repl"));
  process.chdir(here);
  vi.stubEnv("PATH", join(here, "nothing-here"));
});

afterEach(() => {
  process.chdir(before);
});

/** The environment that the REPL would run in. */
async function envOf(search: ReplSearch): Promise<NodeJS.ProcessEnv> {
  return await (await findRepl(search)).askEnv();
}

describe("findRepl, for a REPL that is named", () => {
  it("runs an executable as it is where there is no project", async () => {
    const found = await findRepl({ repl });
    expect(found).toMatchObject({ command: repl, from: "as named", toolchain: null });
    expect(found).not.toHaveProperty("cwd");
    expect(await found.askEnv()).toEqual(process.env);
  });

  it("takes a checkout in which it was built, and its toolchain", async () => {
    const folder = checkout(V33);
    const expected = { command: join(folder, BUILT), toolchain: V33 };
    expect(await findRepl({ repl: folder })).toMatchObject(expected);
    expect(await findRepl({ repl: join(folder, BUILT) })).toMatchObject(expected);
    // Outside a project, elan is to run the Lean that the REPL was built for.
    expect(await envOf({ repl: folder })).toMatchObject({ ELAN_TOOLCHAIN: V33 });
  });

  it("takes a path from where the user is, and says how it was named", async () => {
    executable(join(here, "my-repl"));
    const search = { repl: "./my-repl", origins: { repl: "LEAN_PICKLE_REPL" } };
    expect(await findRepl(search)).toMatchObject({
      command: join(here, "my-repl"),
      from: "LEAN_PICKLE_REPL",
    });
  });

  it("runs in the nearest folder upwards with a lakefile or a lean-toolchain", async () => {
    file(join(here, "lakefile.toml"));
    file(join(here, "lean-toolchain"), V31);
    mkdirSync(join(here, "a/b"), { recursive: true });
    process.chdir(join(here, "a/b"));
    expect(await findRepl({ repl })).toMatchObject({ command: repl, cwd: here, toolchain: V31 });
  });

  it("runs directly, in the project, where there is no lake or no lakefile", async () => {
    const project = temporaryFolder();
    file(join(project, "lean-toolchain"), V31);
    expect(await findRepl({ repl, project })).toMatchObject({ cwd: project, toolchain: V31 });
    expect(await envOf({ repl, project })).toEqual(process.env);
    file(join(project, "lakefile.lean"));
    expect(await envOf({ repl, project })).toEqual(process.env);
  });

  it("takes no toolchain that is no name of one", async () => {
    for (const text of ["", "a\u001b[31m", "x".repeat(300), "two words"]) {
      file(join(here, "lean-toolchain"), text);
      expect((await findRepl({ repl })).toolchain).toBeNull();
    }
  });

  it("takes the toolchain that ELAN_TOOLCHAIN names before all others", async () => {
    file(join(here, "lean-toolchain"), V31);
    vi.stubEnv("ELAN_TOOLCHAIN", "");
    expect((await findRepl({ repl })).toolchain).toBe(V31);
    vi.stubEnv("ELAN_TOOLCHAIN", V33);
    expect((await findRepl({ repl })).toolchain).toBe(V33);
  });

  it("tells what Lean is, as the launch of a REPL does", async () => {
    file(join(here, "lean-toolchain"), V31);
    const launch: ReplLaunch = await findRepl({ repl });
    expect(await launch.identify?.(["Lean"])).toMatchObject({
      inputs: { toolchain: V31, project: {}, imports: {} },
      unknown: [],
    });
  });

  it.each<[string, () => string | undefined, RegExp]>([
    ["nothing is there", () => join(here, "nowhere"), /There is no REPL at .*nowhere/],
    ["it lies below a file", () => join(repl, "repl"), /There is no REPL at/],
    ["the folder holds none", () => here, /holds no built REPL/],
    ["it is not executable", () => file(join(here, "text")), /not an executable/],
    ["it is a link to nothing", () => brokenLink(join(here, "l")), /no REPL at/],
  ])("says that %s, and how to get one", async (_what, make, message) => {
    await expect(findRepl({ repl: make() })).rejects.toMatchObject({
      code: "no-repl",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("lean-pickle setup"),
    });
  });

  it("says to build a checkout that was not built", async () => {
    file(join(here, "clone/lean-toolchain"), V33);
    await expect(findRepl({ repl: "clone" })).rejects.toMatchObject({
      code: "no-repl",
      hint: `Run "lake build" in ${join(here, "clone")}.`,
    });
  });

  it("says that the project or the lake that is named is not there", async () => {
    await expect(findRepl({ repl, project: "nowhere" })).rejects.toMatchObject({ code: "usage" });
    file(join(here, "lakefile.toml"));
    await expect(findRepl({ repl, lake: "nowhere" })).rejects.toMatchObject({ code: "usage" });
  });
});

describe("findRepl, for a REPL that nobody names", () => {
  it("takes the project's packages, its build, what setup built, and PATH, in this order", async () => {
    file(join(here, "lakefile.toml"));
    file(join(here, "lean-toolchain"), "v4.33.0\n");
    const inPath = executable(join(here, "bin/repl"));
    const built = join(checkout(V33, join(cache, "lean-pickle/repl/leanprover--lean4---v4.33.0")));
    const own = executable(join(here, BUILT));
    const other = executable(join(here, "elsewhere/repl", BUILT));
    const local = executable(join(here, "local", BUILT));
    const cloned = executable(join(here, ".lake/packages/repl", BUILT));
    vi.stubEnv("PATH", `/nowhere::${dirname(inPath)}`);
    const places = [
      [cloned, `the packages of ${here}`],
      [other, `the packages of ${here}`],
      [local, `the packages of ${here}`],
      [own, `the build of ${here}`],
      [join(built, BUILT), `lean-pickle setup, for ${V33}`],
      [inPath, "PATH"],
    ] as const;
    file(
      join(here, "lake-manifest.json"),
      '{"packagesDir": "elsewhere", "packages": [{"type": "path", "dir": "local"}]}',
    );
    for (const [command, from] of places) {
      expect(await findRepl({})).toMatchObject({ command, from });
      rmSync(command);
    }
    await expect(findRepl({})).rejects.toMatchObject({
      code: "no-repl",
      message: expect.stringMatching(
        /neither with --repl .*, in .*, among what "lean-pickle setup" built for .*v4\.33\.0 nor on PATH/,
      ),
    });
  });

  it("takes what is named before all of these", async () => {
    file(join(here, "lakefile.toml"));
    executable(join(here, ".lake/packages/repl", BUILT));
    expect(await findRepl({ repl })).toMatchObject({ command: repl });
  });
});

describe("a REPL of one toolchain and a project of another", () => {
  it("is refused, with both names and what to do", async () => {
    file(join(here, "lean-toolchain"), V31);
    const folder = checkout(V33);
    await expect(findRepl({ repl: folder })).rejects.toMatchObject({
      code: "no-repl",
      message: expect.stringMatching(
        /\(as named\) was built with .*v4\.33\.0, and .*lean-toolchain says .*v4\.31\.0\./,
      ),
      hint: expect.stringContaining('Run "lean-pickle setup --lean v4.31.0"'),
    });
    vi.stubEnv("ELAN_TOOLCHAIN", "4.33.0");
    expect(await findRepl({ repl: folder })).toMatchObject({ toolchain: "4.33.0" });
    vi.stubEnv("ELAN_TOOLCHAIN", "v4.30.0");
    await expect(findRepl({ repl: folder })).rejects.toMatchObject({
      message: expect.stringContaining("ELAN_TOOLCHAIN says leanprover/lean4:v4.30.0"),
    });
  });

  it("is no matter where one of them is not known", async () => {
    file(join(here, "lean-toolchain"), V31);
    for (const name of ["stable", "my-own-lean"]) {
      expect(await findRepl({ repl: checkout(name) })).toMatchObject({ toolchain: V31 });
    }
    expect(await findRepl({ repl })).toMatchObject({ toolchain: V31 });
  });

  it("is none where the project's own lake built it, whatever the package says", async () => {
    file(join(here, "lean-toolchain"), V31);
    file(join(here, "lakefile.toml"));
    const folder = checkout(V33, join(here, ".lake/packages/repl"));
    expect(await findRepl({})).toMatchObject({ toolchain: V31 });
    expect(await findRepl({ repl: folder })).toMatchObject({ toolchain: V31 });
    // A package that is used where it lies.
    const packages = [{ type: "path", name: "REPL", dir: "tools/repl" }];
    file(join(here, "lake-manifest.json"), JSON.stringify({ packages }));
    const local = checkout(V33, join(here, "tools/repl"));
    expect(await findRepl({ repl: local })).toMatchObject({ toolchain: V31 });
  });

  it("is refused where it was built by itself, in a folder of the project", async () => {
    file(join(here, "lean-toolchain"), V31);
    file(join(here, "lakefile.toml"));
    const folder = checkout(V33, join(here, "repl"));
    await expect(findRepl({ repl: folder })).rejects.toMatchObject({ code: "no-repl" });
  });
});

describe("the advice on imports that Lean does not find", () => {
  it("is what can be done where it ran", async () => {
    const advice = async () => (await findRepl({ repl })).adviceOnImports;
    expect(await advice()).toContain("--project");
    file(join(here, "lean-toolchain"), V31);
    expect(await advice()).toContain("has no lakefile");
    file(join(here, "lakefile.toml"));
    expect(await advice()).toContain("--lake");
    const lake = executable(join(here, "bin/lake"));
    vi.stubEnv("PATH", dirname(lake));
    expect(await advice()).toBe(`Is it built? Run "lake build" in ${here}.`);
  });
});
