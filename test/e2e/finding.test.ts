import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { simulatedRepl } from "../simulated-repl/index.ts";
import { jsonLines } from "../support/batches.ts";
import { useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { executable, file } from "../support/lean-places.ts";
import { LeanProject } from "../support/lean-projects.ts";
import { type Ended, run } from "../support/program.ts";

const BUILT = ".lake/build/bin/repl";
const STAND_IN = `#!/bin/sh\nexec ${simulatedRepl}\n`;

/** A project with a lake on PATH, which notes how often it is run, and a REPL among its packages. */
class Found extends LeanProject {
  readonly bin = temporaryFolder();
  readonly asked = join(this.bin, "asked");

  constructor() {
    super();
    executable(join(this.project, ".lake/packages/repl", BUILT), STAND_IN);
    this.lakeIs('shift; LEAN_PATH=from-lake exec "$@"');
  }

  lakeIs(script: string): void {
    executable(join(this.bin, "lake"), `#!/bin/sh\necho "$PWD" >> ${this.asked}\n${script}\n`);
  }

  /** Runs the program as a user does who has set nothing. */
  async plain(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return await this.run(args, {
      env: {
        PATH: `${this.bin}:${process.env.PATH}`,
        LEAN_PICKLE_REPL: undefined,
        LEAN_PICKLE_LAKE: undefined,
        ...env,
      },
    });
  }

  get timesAsked(): number {
    return existsSync(this.asked) ? readFileSync(this.asked, "utf8").trim().split("\n").length : 0;
  }
}

describe("a project with a built REPL among its packages", () => {
  it("needs no option: the REPL is found and runs there, and a hit starts nothing", async () => {
    const found = new Found();
    const added = await found.plain(["add", "-c", "def f := 1"]);
    expect([added.code, added.stdout, added.stderr]).toEqual([0, "-1\n", ""]);
    expect([found.starts, readFileSync(found.asked, "utf8")]).toEqual([1, `${found.project}\n`]);
    const again = await found.plain(["add", "-c", "def f := 1"]);
    expect([again.code, again.stdout, found.starts, found.timesAsked]).toEqual([0, "-1\n", 1, 1]);
  });

  it("has lake asked once for all the REPLs of a run", async () => {
    const found = new Found();
    const lines = [1, 2, 3, 4].map((n) => ({ cmd: `import Foo\ndef f${n} := 1` }));
    file(join(found.project, "batch.jsonl"), jsonLines(lines));
    await found.plain(["add", "--batch", "batch.jsonl"]);
    const before = found.starts;
    const { code, stdout } = await found.plain(["reload", "-j", "4", "--restore", "pickle"]);
    expect([code, stdout.match(/\tloaded$/gm)?.length]).toEqual([0, 4]);
    expect([found.starts - before, found.timesAsked]).toEqual([4, 2]);
  });

  it("gives the REPL the variables that lake sets", async () => {
    const found = new Found();
    const seen = join(found.bin, "seen");
    const script = `#!/bin/sh\necho "$LEAN_PATH $PWD" > ${seen}\nexec ${simulatedRepl}\n`;
    executable(join(found.project, ".lake/packages/repl", BUILT), script);
    await found.plain(["add", "-c", "def f := 1"]);
    expect(readFileSync(seen, "utf8")).toBe(`from-lake ${found.project}\n`);
  });

  it.each<[string, string, string]>([
    ["fails", "echo 'error: unknown package' >&2; exit 1", "exited with code 1. It said:\nerr"],
    ["is none", "exit 0", "is that a lake?"],
    ["hangs", "sleep 1000", "did not come to its end within 1 s, and was ended"],
  ])(
    "exits with 5 where lake %s, in its own words, and points to doctor",
    async (_, lake, said) => {
      const found = new Found();
      found.lakeIs(lake);
      file(join(found.project, "batch.jsonl"), '{"cmd": "def f := 1"}\n');
      for (const what of [
        ["-c", "def f := 1"],
        ["--batch", "batch.jsonl"],
      ]) {
        const { code, stdout, stderr } = await found.plain(["add", ...what, "--timeout", "1"]);
        expect([code, stdout]).toEqual([5, ""]);
        expect(stderr).toContain(said);
        expect(stderr).toContain('"lean-pickle doctor"');
      }
      expect(found.starts).toBe(0);
    },
  );
});

describe("a REPL of one toolchain and a project of another", () => {
  it("exits with 5 before anything is run, and names both", async () => {
    const found = new Found();
    const other = temporaryFolder();
    file(join(other, "lean-toolchain"), "leanprover/lean4:v4.31.0\n");
    executable(join(other, BUILT), STAND_IN);
    const code = ["-c", "def f := 1"];
    for (const args of [["add", ...code], ["key", ...code], ["reload"]]) {
      if (args[0] === "reload") {
        await found.plain(["add", ...code]);
      }
      const [starts, asked] = [found.starts, found.timesAsked];
      const ended = await found.plain([...args, "--repl", other]);
      expect([ended.code, ended.stdout]).toEqual([5, ""]);
      expect(ended.stderr).toMatch(/\(--repl\) was built with leanprover\/lean4:v4\.31\.0, and/);
      expect(ended.stderr).toMatch(/lean-toolchain says leanprover\/lean4:v4\.33\.0/);
      expect(ended.stderr).toMatch(/"lean-pickle setup --lean v4\.33\.0"/);
      expect([found.starts, found.timesAsked]).toEqual([starts, asked]);
    }
  });
});

describe("what is run as a REPL and is none", () => {
  const filled = useCache([{ cmd: "def f := 1" }]);

  it.each<[string, string, RegExp]>([
    ["ends at once", "echo 'usage: repl FILE' >&2; exit 2", /it exited with code 2.*usage: repl/s],
    ["says something else", "echo Welcome; echo; cat", /it does not speak the protocol .*Welcome/],
    ["repeats what it hears", "exec cat", /it does not speak the protocol/],
    ["never answers", "exec sleep 1000", /may be no Lean REPL: it did not answer a first/],
    [
      "finds no Lean",
      `echo "uncaught exception: could not execute external process 'lean'" >&2; exit 1`,
      /could not run Lean, which every REPL asks where its library is\.\nThe end of .*external/s,
    ],
  ])("is told where it %s, with exit code 5", async (_what, script, said) => {
    const cwd = temporaryFolder();
    const repl = executable(join(temporaryFolder(), "repl"), `#!/bin/sh\n${script}\n`);
    const env = { LEAN_PICKLE_REPL: repl };
    const args = ["add", "-c", "def f := 1", "--timeout", "1"];
    const [{ code, stdout, stderr }, reload] = await Promise.all([
      run(args, { cwd, env }),
      run(["reload", "--timeout", "1"], { cwd: filled(), env }),
    ]);
    expect([code, stdout]).toEqual([5, ""]);
    expect(stderr).toContain(repl);
    expect(stderr).toMatch(said);
    expect(stderr).toContain('"lean-pickle doctor"');
    expect([reload.code, reload.stdout]).toEqual([5, ""]);
  });

  it("is not said of a REPL that dies of what it is asked", async () => {
    const cwd = temporaryFolder();
    const repl = { CRASH_ON: "def f" };
    const { code, stderr } = await run(["add", "-c", "def f := 1"], { cwd, repl });
    expect([code, /is no Lean REPL/.test(stderr)]).toEqual([1, false]);
  });
});

describe("an import that Lean does not find", () => {
  it("is told in Lean's words, with what to do about it", async () => {
    const found = new Found();
    const { code, stderr } = await found.plain(["add", "-c", "import Gone\ndef f := 1"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^<code>:1:0: error: unknown module prefix 'Gone'/m);
    expect(stderr).toContain("error: Lean did not find what <code> imports, so nothing was added.");
    expect(stderr).toContain(`Is it built? Run "lake build" in ${found.project}.`);
    const cwd = temporaryFolder();
    const outside = await run(["add", "-c", "import Gone\ndef f := 1"], { cwd });
    expect(outside.stderr).toContain("name a project with --project");
  });

  it("is told by reload too", async () => {
    const found = new Found();
    await found.plain(["add", "-c", "import Foo.Bar\ndef f := 1"]);
    rmSync(join(found.project, ".lake/build/lib"), { recursive: true });
    const env = { SIMULATED_REPL_MODULES: "Init,Std,Lean" };
    const { code, stderr } = await found.plain(["reload"], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Lean did not find what it imports: .*unknown module prefix 'Foo'/);
    expect(stderr).toContain(`Run "lake build" in ${found.project}.`);
  });
});
