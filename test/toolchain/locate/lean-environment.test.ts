import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  askLeanEnvironment,
  type EnvironmentQuestion,
} from "../../../src/toolchain/locate/lean-environment.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { executable, file, stubLeanEnvironment } from "../../support/lean-places.ts";
import { isRunning } from "../../support/processes.ts";
import { until } from "../../support/wait.ts";

let here: string;

beforeEach(() => {
  stubLeanEnvironment();
  here = temporaryFolder();
});

/** Asks a lake that is this shell script. */
async function ask(
  script: string,
  others: Partial<EnvironmentQuestion> = {},
): Promise<NodeJS.ProcessEnv> {
  const lake = executable(join(here, "lake"), `#!/bin/sh\n${script}\n`);
  return await askLeanEnvironment({
    lake,
    folder: here,
    toolchain: null,
    mustName: false,
    ...others,
  });
}

describe("askLeanEnvironment", () => {
  it("gives all that lake adds and changes, whatever characters are in it", async () => {
    vi.stubEnv("OF_MY_OWN", "a\nb=ü\n\n{}");
    const env = await ask(
      'pwd >&2; echo "info: to standard output"; shift; LEAN_PATH="$PWD/lib:x" exec "$@"',
    );
    expect(env).toMatchObject({ LEAN_PATH: `${here}/lib:x`, OF_MY_OWN: "a\nb=ü\n\n{}" });
  });

  it("is this process's own where there is no lake", async () => {
    expect(await ask("exit 1", { lake: undefined })).toEqual(process.env);
  });

  it("names the toolchain to elan where nothing else chooses it", async () => {
    const toolchain = "leanprover/lean4:v4.33.0";
    const script = 'shift; exec "$@"';
    expect(await ask(script, { toolchain, mustName: true })).toMatchObject({
      ELAN_TOOLCHAIN: toolchain,
    });
    expect(await ask(script, { toolchain })).not.toHaveProperty("ELAN_TOOLCHAIN");
  });

  it("has elan's Lean found where it is not on PATH", async () => {
    const lean = executable(join(here, "elan/bin/lean"));
    vi.stubEnv("ELAN_HOME", join(here, "elan"));
    const empty = join(here, "empty");
    vi.stubEnv("PATH", empty);
    const env = await ask("", { lake: undefined });
    expect(env.PATH).toBe(`${empty}:${dirname(lean)}`);
  });

  it.each<[string, string, RegExp]>([
    [
      "fails",
      "echo 'error: lakefile.lean:1:0: unexpected token' >&2; exit 3",
      /lake env" in .* exited with code 3\. It said:\nerror: lakefile\.lean:1:0: unexpected/,
    ],
    ["is killed", "kill -9 $$", /was killed by SIGKILL\.$/],
    ["does something else", "exit 0", /did not run what it was given to run: is that a lake\?/],
    ["prints something else", "echo '[1]'", /did not run what it was given to run/],
  ])("says so where lake %s", async (_what, script, message) => {
    await expect(ask(script)).rejects.toMatchObject({
      code: "no-repl",
      message: expect.stringMatching(message),
    });
  });

  it("says so where lake cannot be started", async () => {
    await expect(ask("", { lake: join(here, "nowhere") })).rejects.toMatchObject({
      code: "no-repl",
      message: expect.stringMatching(/could not be started: .*ENOENT/),
    });
  });

  it("ends a lake that hangs, with all that it has started", async () => {
    const pid = join(here, "pid");
    const script = `echo "info: updating" >&2; sleep 1000 & echo $! > ${pid}; wait`;
    await expect(ask(script, { timeout: 1 })).rejects.toMatchObject({
      code: "no-repl",
      message: expect.stringMatching(/within 1 s, and was ended\. It said:\ninfo: updating/),
    });
    const child = Number(readFileSync(pid, "utf8"));
    await until(() => !isRunning(child), "what it started has ended");
  });

  it("is ended by a signal", async () => {
    const controller = new AbortController();
    const pid = join(here, "pid");
    const asked = ask(`echo $$ > ${pid}.new; mv ${pid}.new ${pid}; sleep 1000`, {
      signal: controller.signal,
    });
    await until(() => existsSync(pid), "lake runs");
    controller.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
    expect(isRunning(Number(readFileSync(pid, "utf8")))).toBe(false);
  });

  it("has lake fetch nothing that nobody asked for", async () => {
    const asked = join(here, "asked");
    const packages = [{ type: "git", name: "mathlib", url: "u", rev: "r" }];
    file(join(here, "lake-manifest.json"), JSON.stringify({ packages }));
    const script = `touch ${asked}; shift; exec "$@"`;
    await expect(ask(script)).rejects.toMatchObject({
      code: "no-repl",
      message: `${here} is not complete: its package mathlib is not there, and "lake env" would fetch what is missing.`,
      hint: `Run "lake exe cache get && lake build" in ${here}.`,
    });
    expect(existsSync(asked)).toBe(false);
    mkdirSync(join(here, ".lake/packages/mathlib"), { recursive: true });
    expect(await ask(script)).toHaveProperty("PATH");
  });

  it("has elan download nothing that nobody asked for", async () => {
    vi.stubEnv("ELAN_HOME", join(here, "elan"));
    executable(join(here, "elan/bin/elan"));
    const toolchain = "v4.33.0";
    const lake = executable(join(here, "elan/bin/lake"), '#!/bin/sh\nshift; exec "$@"\n');
    await expect(ask("", { toolchain, lake })).rejects.toMatchObject({
      code: "no-repl",
      message: "The toolchain leanprover/lean4:v4.33.0 is not installed.",
      hint: 'Run "elan toolchain install leanprover/lean4:v4.33.0".',
    });
    // Another lake downloads nothing.
    expect(await ask('shift; exec "$@"', { toolchain })).toHaveProperty("PATH");
    mkdirSync(join(here, "elan/toolchains/leanprover--lean4---v4.33.0"), { recursive: true });
    expect(await ask("", { toolchain, lake })).toHaveProperty("PATH");
  });
});
