import { mkdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ReplLaunch } from "../../src/repl/connection.ts";
import { findRepl } from "../../src/toolchain/find-repl.ts";
import { temporaryFolder } from "../support/folders.ts";
import { executable, file, stubLeanEnvironment } from "../support/lean-places.ts";

function brokenLink(path: string): string {
  symlinkSync("gone", path);
  return path;
}

let here: string;
let repl: string;
const identify = expect.any(Function);
const before = process.cwd();

beforeEach(() => {
  stubLeanEnvironment();
  here = temporaryFolder();
  repl = executable(join(temporaryFolder(), "repl"));
  process.chdir(here);
  vi.stubEnv("PATH", join(here, "no-lake-here"));
});

afterEach(() => {
  process.chdir(before);
  vi.unstubAllEnvs();
});

describe("findRepl", () => {
  it("runs an executable directly where there is no project", async () => {
    expect(await findRepl({ repl })).toEqual({
      command: repl,
      args: [],
      toolchain: null,
      identify,
    });
  });

  it("takes a checkout in which it was built, and its toolchain", async () => {
    const checkout = temporaryFolder();
    const built = executable(join(checkout, ".lake/build/bin/repl"));
    file(join(checkout, "lean-toolchain"), "leanprover/lean4:v4.33.0\n");
    const toolchain = "leanprover/lean4:v4.33.0";
    const expected = { command: built, args: [], toolchain };
    expect(await findRepl({ repl: checkout })).toMatchObject(expected);
    expect(await findRepl({ repl: built })).toMatchObject(expected);
    // Outside a project, elan is to run the Lean that the REPL was built for.
    expect((await findRepl({ repl: built })).env).toMatchObject({ ELAN_TOOLCHAIN: toolchain });
  });

  it("takes a path from where the user is", async () => {
    executable(join(here, "my-repl"));
    expect(await findRepl({ repl: "./my-repl" })).toMatchObject({ command: join(here, "my-repl") });
  });

  it("runs under lake env in a project with a lakefile, from a folder below it too", async () => {
    const lake = executable(join(here, "bin/lake"));
    vi.stubEnv("PATH", `/nowhere::${dirname(lake)}`);
    file(join(here, "lakefile.toml"));
    file(join(here, "lean-toolchain"), "leanprover/lean4:v4.31.0");
    mkdirSync(join(here, "a/b"), { recursive: true });
    process.chdir(join(here, "a/b"));
    expect(await findRepl({ repl })).toEqual({
      command: lake,
      args: ["env", repl],
      cwd: here,
      toolchain: "leanprover/lean4:v4.31.0",
      identify,
    });
  });

  it("runs in the project that is named, with the lake that is named", async () => {
    const lake = executable(join(here, "tools/my-lake"));
    const project = temporaryFolder();
    file(join(project, "lakefile.lean"));
    expect(await findRepl({ repl, project, lake: "tools/my-lake" })).toMatchObject({
      command: lake,
      args: ["env", repl],
      cwd: project,
    });
  });

  it("runs directly, in the project, where there is no lake or no lakefile", async () => {
    const project = temporaryFolder();
    file(join(project, "lean-toolchain"), "leanprover/lean4:v4.31.0");
    const expected = {
      command: repl,
      args: [],
      cwd: project,
      toolchain: "leanprover/lean4:v4.31.0",
      identify,
    };
    expect(await findRepl({ repl, project })).toEqual(expected);
    file(join(project, "lakefile.lean"));
    expect(await findRepl({ repl, project })).toEqual(expected);
  });

  it("takes no toolchain that is no name of one", async () => {
    for (const text of ["", "a\u001b[31m", "x".repeat(300), "two words"]) {
      file(join(here, "lean-toolchain"), text);
      expect((await findRepl({ repl })).toolchain).toBeNull();
    }
  });

  it("takes the toolchain that ELAN_TOOLCHAIN names before all others", async () => {
    file(join(here, "lean-toolchain"), "leanprover/lean4:v4.31.0");
    vi.stubEnv("ELAN_TOOLCHAIN", "");
    expect((await findRepl({ repl })).toolchain).toBe("leanprover/lean4:v4.31.0");
    vi.stubEnv("ELAN_TOOLCHAIN", "leanprover/lean4:v4.33.0");
    expect((await findRepl({ repl })).toolchain).toBe("leanprover/lean4:v4.33.0");
  });

  it("tells what Lean is, as the launch of a REPL does", async () => {
    file(join(here, "lean-toolchain"), "leanprover/lean4:v4.31.0");
    const launch: ReplLaunch = await findRepl({ repl });
    expect(await launch.identify?.(["Lean"])).toMatchObject({
      inputs: { toolchain: "leanprover/lean4:v4.31.0", project: {}, imports: {} },
      unknown: [],
    });
  });

  it.each<[string, () => string | undefined, RegExp]>([
    ["none is named", () => undefined, /No Lean REPL was named/],
    ["nothing is there", () => join(here, "nowhere"), /There is no REPL at .*nowhere/],
    ["it lies below a file", () => join(repl, "repl"), /There is no REPL at/],
    ["the folder holds none", () => here, /holds no built REPL/],
    ["it is not executable", () => file(join(here, "text")), /not an executable/],
    ["it is a link to nothing", () => brokenLink(join(here, "l")), /no REPL at/],
  ])("says that %s, and how to get one", async (_what, make, message) => {
    await expect(findRepl({ repl: make() })).rejects.toMatchObject({
      code: "no-repl",
      message: expect.stringMatching(message),
      hint: expect.stringContaining("lake build"),
    });
  });

  it("says that the project or the lake that is named is not there", async () => {
    await expect(findRepl({ repl, project: "nowhere" })).rejects.toMatchObject({ code: "usage" });
    file(join(here, "lakefile.toml"));
    await expect(findRepl({ repl, lake: "nowhere" })).rejects.toMatchObject({ code: "usage" });
  });
});
