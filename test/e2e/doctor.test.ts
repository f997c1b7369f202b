import { readdirSync, renameSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { simulatedRepl } from "../simulated-repl/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { executable, file } from "../support/lean-places.ts";
import { type Ended, program, run } from "../support/program.ts";
import { replMirror, SetupPlace } from "../support/repl-sources.ts";

const BUILT = ".lake/build/bin/repl";
const STAND_IN = `#!/bin/sh\nexec ${process.execPath} ${simulatedRepl}\n`;
const V33 = "leanprover/lean4:v4.33.0-rc2";

interface Document {
  ok: boolean;
  findings: { what: string; status: string; found: string; from: string; mend: string | null }[];
  roundTrip: {
    steps: { step: string; elapsedMs: number }[];
    header: object;
    error?: object;
  } | null;
}

/** A user with a home, a folder of programs that is all there is on PATH, and a folder to work in. */
class Machine {
  readonly root = temporaryFolder();
  readonly home = join(this.root, "home");
  readonly bin = join(this.root, "bin");
  readonly cwd = join(this.root, "work");
  readonly temporary = join(this.root, "tmp");

  constructor() {
    for (const folder of [this.home, this.bin, this.cwd, this.temporary]) {
      file(join(folder, ".keep"));
    }
    symlinkSync("/bin/sh", join(this.bin, "sh"));
  }

  /** A program on PATH: a shell script. */
  has(name: string, script: string): void {
    executable(join(this.bin, name), `#!/bin/sh\n${script}\n`);
  }

  /** Lean, as it is installed without elan. */
  hasLean(): void {
    this.has("lean", 'echo "Lean (version 4.33.0-rc2, x86_64, commit d117b78, Release)"');
    this.has(
      "lake",
      'if [ "$1" = --version ]; then echo "Lake version 5.0.0 (Lean version 4.33.0-rc2)"; exit; fi; shift; exec "$@"',
    );
  }

  /** A built project with a REPL among its packages. */
  hasProject(toolchain = V33, script = STAND_IN): string {
    file(join(this.cwd, "lakefile.toml"), 'name = "foo"\n');
    file(join(this.cwd, "lean-toolchain"), `${toolchain}\n`);
    return executable(join(this.cwd, ".lake/packages/repl", BUILT), script);
  }

  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return await run(args, {
      cwd: this.cwd,
      env: {
        PATH: this.bin,
        HOME: this.home,
        TMPDIR: this.temporary,
        LEAN_PICKLE_REPL: undefined,
        ...env,
      },
    });
  }

  async doctor(env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Promise<Document> {
    const { stdout, code } = await this.run(["doctor", "--json", ...args], env);
    const document = JSON.parse(stdout) as Document;
    expect(code).toBe(document.ok ? 0 : 5);
    return document;
  }
}

function finding({ findings }: Document, what: string): Document["findings"][number] | undefined {
  return findings.find((each) => each.what === what);
}

/** The commands that stand below what is wrong: what is indented and begins as they do. */
function commandsIn(stdout: string): string[] {
  return [...stdout.matchAll(/^ {21}((?:curl|elan|lean-pickle|lake|\().*)$/gm)].map(
    ([, command = ""]) => command,
  );
}

describe("doctor on a machine with nothing but Node", () => {
  it("fits one screen, and its commands, copied one by one, are the right ones", async () => {
    const place = new SetupPlace();
    const elan = join(place.root, "home/.elan");
    // What the installer of elan would bring, and the repository that would be fetched.
    const brought = join(place.root, "brought");
    renameSync(join(place.bin, "lake"), join(place.root, "lake"));
    const installed = `${elan}/toolchains/leanprover--lean4---v4.33.0-rc2`;
    executable(
      join(brought, "lake"),
      `#!/bin/sh\n/bin/mkdir -p ${installed}\nexec ${place.root}/lake "$@"\n`,
    );
    executable(join(brought, "elan"), '#!/bin/sh\necho "elan 4.1.2"\n');
    executable(join(brought, "lean"));
    executable(
      join(place.bin, "curl"),
      `#!/bin/sh\n[ "$*" = "https://elan.lean-lang.org/elan-init.sh -sSf" ] && echo "/bin/mkdir -p ${elan}; /bin/cp -r ${brought} ${elan}/bin"\n`,
    );
    executable(
      join(place.bin, "lean-pickle"),
      `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`,
    );
    symlinkSync("/bin/sh", join(place.bin, "sh"));
    const upstream = "https://github.com/leanprover-community/repl";
    const mirror = replMirror({ "v4.33.0-rc2": V33 });
    const gitConfig = file(
      join(place.root, "gitconfig"),
      `[url "${mirror}"]\n  insteadOf = ${upstream}\n[protocol "file"]\n  allow = always\n`,
    );
    const env = { GIT_CONFIG_GLOBAL: gitConfig };
    const first = await place.run([], { env }, ["doctor"]);
    expect([first.code, first.stderr]).toEqual([5, ""]);
    const rows = first.stdout.trimEnd().split("\n");
    const height = rows.reduce((sum, row) => sum + Math.max(1, Math.ceil(row.length / 80)), 0);
    expect(height).toBeLessThan(24);
    expect(first.stdout).toMatch(/^good {5}Node/);
    const commands = commandsIn(first.stdout);
    expect(commands).toEqual([
      "curl https://elan.lean-lang.org/elan-init.sh -sSf | sh",
      "lean-pickle setup --lean v4.33.0-rc2",
    ]);
    for (const command of commands) {
      const { code, stderr } = place.shell(command, env);
      expect([command, code, stderr.includes("error")]).toEqual([command, 0, false]);
    }
    const last = await place.run([], { env }, ["doctor"]);
    expect([last.stdout.match(/^(warning|bad).*/m)?.[0], last.code]).toEqual([undefined, 0]);
    expect(last.stdout).toMatch(/^good {5}REPL .*v4\.33\.0-rc2/m);
    expect(last.stdout).toMatch(/^good {5}round trip {2}start \d+ m?s, command .*tactic/m);
    const added = await place.run(["-c", "def f := 1"], { env }, ["add"]);
    expect([added.code, added.stdout]).toEqual([0, "-1\n"]);
  });

  it("is what every other command that needs Lean points to, with exit code 5", async () => {
    const machine = new Machine();
    await machine.run(["add", "-c", "def f := 1"], {
      LEAN_PICKLE_REPL: simulatedRepl,
      PATH: process.env.PATH,
    });
    file(join(machine.cwd, "batch.jsonl"), '{"cmd": "def f := 1"}\n');
    for (const args of [
      ["add", "-c", "def f := 1"],
      ["add", "--batch", "batch.jsonl"],
      ["key", "-c", "def f := 1"],
      ["run", "-1", "-c", "#check f"],
      ["reload"],
      ["ls", "--check"],
    ]) {
      const { code, stdout, stderr } = await machine.run(args);
      expect([args, code, stdout]).toEqual([args, 5, ""]);
      expect(stderr).toContain('"lean-pickle doctor" shows what was found, and what to do.');
    }
    for (const args of [["ls"], ["show", "-1"], ["rm", "-1"], ["clear"]]) {
      expect([args, (await machine.run(args)).code]).toEqual([args, 0]);
    }
  });
});

describe("doctor", () => {
  it("shows what was found and where, and proves it by a round trip that leaves nothing", async () => {
    const machine = new Machine();
    machine.hasLean();
    const repl = machine.hasProject();
    const document = await machine.doctor();
    expect(document.ok).toBe(true);
    expect(document.findings.map(({ what, status }) => [what, status])).toEqual(
      ["Node", "elan", "lake", "lean", "project", "toolchain", "REPL", "cache", "round trip"].map(
        (what) => [what, "good"],
      ),
    );
    expect(finding(document, "lake")).toMatchObject({
      found: "5.0.0 (Lean version 4.33.0-rc2)",
      from: `${machine.bin}/lake (PATH)`,
    });
    expect(finding(document, "lean")).toMatchObject({ found: "4.33.0-rc2" });
    expect(finding(document, "toolchain")).toMatchObject({
      found: V33,
      from: join(machine.cwd, "lean-toolchain"),
    });
    expect(finding(document, "REPL")?.from).toBe(`${repl} (the packages of ${machine.cwd})`);
    expect(document.roundTrip).toMatchObject({
      steps: ["start", "command", "pickle", "unpickle", "tactic"].map((step) => ({ step })),
      header: { leanVersion: "4.33.0-rc2" },
    });
    const times = document.roundTrip?.steps.map(({ elapsedMs }) => elapsedMs);
    expect(times?.every(Number.isInteger)).toBe(true);
    expect(readdirSync(machine.temporary)).toEqual([".keep"]);
    expect(readdirSync(machine.cwd).includes("lean-pickle.json")).toBe(false);
  });

  it("tells which option or variable named what", async () => {
    const machine = new Machine();
    machine.hasLean();
    const repl = executable(join(machine.root, "own/repl"), STAND_IN);
    const project = join(machine.root, "other");
    file(join(project, "lean-toolchain"), "v4.33.0-rc2\n");
    const env = { LEAN_PICKLE_REPL: repl, LEAN_PICKLE_LAKE: join(machine.bin, "lake") };
    const document = await machine.doctor(env, ["--project", project]);
    expect(finding(document, "REPL")?.from).toBe(`${repl} (LEAN_PICKLE_REPL)`);
    expect(finding(document, "lake")?.from).toMatch(/\(LEAN_PICKLE_LAKE\)$/);
    expect(finding(document, "project")?.from).toBe("--project");
    const named = await machine.doctor(env, ["--repl", join(machine.root, "nowhere")]);
    expect(finding(named, "REPL")).toMatchObject({
      status: "bad",
      found: expect.stringContaining("There is no REPL at"),
    });
  });

  it.each([
    ["lake", "LEAN_PICKLE_LAKE"],
    ["project", "LEAN_PICKLE_PROJECT"],
    ["REPL", "LEAN_PICKLE_REPL"],
  ])(
    "says by which variable a %s is named that is not there, and how to unset it",
    async (what, variable) => {
      const machine = new Machine();
      machine.hasLean();
      machine.hasProject();
      const document = await machine.doctor({ [variable]: "/nowhere" });
      expect(finding(document, what)).toMatchObject({
        status: "bad",
        found: expect.stringContaining("/nowhere"),
        from: variable,
        mend: `unset ${variable}`,
      });
      const option = await machine.doctor({}, [`--${what.toLowerCase()}`, "/nowhere"]);
      expect(finding(option, what)).toMatchObject({ from: `--${what.toLowerCase()}`, mend: null });
    },
  );

  it("says how to build a REPL that is named and not built", async () => {
    const machine = new Machine();
    machine.hasLean();
    const checkout = join(machine.root, "repl");
    file(join(checkout, "lean-toolchain"), V33);
    const document = await machine.doctor({ LEAN_PICKLE_REPL: checkout });
    expect(finding(document, "REPL")).toMatchObject({
      status: "bad",
      mend: `(cd ${checkout} && lake build)`,
    });
  });

  it("warns of a lean-toolchain that names no toolchain", async () => {
    const machine = new Machine();
    machine.hasLean();
    machine.hasProject(`# a comment\n${V33}`);
    expect(finding(await machine.doctor(), "toolchain")).toMatchObject({
      status: "warning",
      found: "the lean-toolchain of the project names no toolchain",
    });
  });

  it("names a REPL of another toolchain, with the command that helps", async () => {
    const machine = new Machine();
    machine.hasLean();
    machine.hasProject("leanprover/lean4:v4.31.0");
    const other = join(machine.root, "repl");
    file(join(other, "lean-toolchain"), `${V33}\n`);
    executable(join(other, BUILT), STAND_IN);
    const document = await machine.doctor({ LEAN_PICKLE_REPL: other });
    expect(finding(document, "REPL")).toMatchObject({
      status: "bad",
      found: expect.stringMatching(
        /built with .*v4\.33\.0-rc2, and .*lean-toolchain says .*v4\.31/,
      ),
      mend: "unset LEAN_PICKLE_REPL; lean-pickle setup",
    });
    expect(document.roundTrip).toBeNull();
  });

  it("warns where another Lean runs than the toolchain says", async () => {
    const machine = new Machine();
    machine.hasLean();
    machine.hasProject("leanprover/lean4:v4.31.0");
    expect(finding(await machine.doctor(), "round trip")).toMatchObject({
      status: "warning",
      found: expect.stringContaining("with Lean 4.33.0-rc2, and not 4.31.0"),
    });
  });

  it("asks elan's programs nothing that would download a Lean, and says how to install it", async () => {
    const machine = new Machine();
    machine.hasProject();
    const asked = join(machine.root, "asked");
    const elan = join(machine.home, ".elan");
    for (const name of ["lake", "lean"]) {
      executable(join(elan, "bin", name), `#!/bin/sh\necho "$0" >> ${asked}\n`);
    }
    executable(join(elan, "bin/elan"), '#!/bin/sh\necho "elan 4.1.2 (58e8d545e)"\n');
    const document = await machine.doctor();
    expect(finding(document, "elan")).toMatchObject({ status: "good", found: "4.1.2 (58e8d545e)" });
    expect(finding(document, "lake")?.from).toBe(`${elan}/bin/lake (elan's folder)`);
    expect(finding(document, "toolchain")).toMatchObject({
      status: "bad",
      mend: `${elan}/bin/elan toolchain install v4.33.0-rc2`,
    });
    expect(readdirSync(machine.root)).not.toContain("asked");
  });

  it("does not wait for ever for a lake and a lean that hang", async () => {
    const machine = new Machine();
    machine.hasProject();
    machine.has("lake", "exec /bin/sleep 1000");
    machine.has("lean", "/bin/sleep 1000 & wait");
    const document = await machine.doctor();
    for (const name of ["lake", "lean"]) {
      expect(finding(document, name)).toMatchObject({
        status: "bad",
        found: expect.stringMatching(/did not come to its end within 10 s, and was ended/),
      });
    }
    expect(document.roundTrip).toBeNull();
  }, 60_000);

  it("says that a project is not built", async () => {
    const machine = new Machine();
    machine.hasLean();
    file(join(machine.cwd, "lakefile.toml"));
    const env = { LEAN_PICKLE_REPL: executable(join(machine.root, "repl"), STAND_IN) };
    expect(finding(await machine.doctor(env), "project")).toMatchObject({
      status: "warning",
      mend: "lake build",
    });
    const below = await machine.doctor(env, ["--project", machine.cwd, "-d", machine.root]);
    expect(finding(below, "project")?.mend).toBe("lake build");
  });

  it("has lake fetch no package, and says how to", async () => {
    const machine = new Machine();
    machine.hasLean();
    machine.hasProject();
    const packages = [{ type: "git", name: "batteries", url: "u", rev: "r" }];
    file(join(machine.cwd, "lake-manifest.json"), JSON.stringify({ packages }));
    const document = await machine.doctor();
    expect(finding(document, "project")).toMatchObject({
      status: "bad",
      found: expect.stringMatching(/; its package batteries is not there$/),
      mend: "lake build",
    });
    expect(document.roundTrip).toBeNull();
  });

  it.each<[string, string, RegExp]>([
    ["is no REPL", "echo Welcome; exec /bin/cat", /start: .*does not speak the protocol/],
    ["dies", "echo 'no such Lean' >&2; exit 3", /start: .*exited with code 3.*no such Lean/s],
  ])("shows why the round trip fails where the REPL %s", async (_what, script, said) => {
    const machine = new Machine();
    machine.hasLean();
    machine.hasProject(V33, `#!/bin/sh\n${script}\n`);
    const { code, stdout } = await machine.run(["doctor"]);
    expect(code).toBe(5);
    expect(stdout.slice(stdout.indexOf("bad"))).toMatch(said);
  });

  it("shows what lake says where it fails", async () => {
    const machine = new Machine();
    machine.hasLean();
    machine.has(
      "lake",
      'if [ "$1" = env ]; then echo "error: bad lakefile" >&2; exit 1; fi; echo 5',
    );
    machine.hasProject();
    expect(finding(await machine.doctor(), "round trip")).toMatchObject({
      status: "bad",
      found: expect.stringMatching(/exited with code 1\. It said:\nerror: bad lakefile/),
    });
  });
});

describe("doctor, of the cache", () => {
  it("counts states, and what no state needs, and says who holds the lock", async () => {
    const machine = new Machine();
    const env = { LEAN_PICKLE_REPL: executable(join(machine.root, "repl"), STAND_IN) };
    const cache = async () => finding(await machine.doctor(env), "cache");
    expect(await cache()).toMatchObject({ status: "good", found: "no states", from: machine.cwd });
    await machine.run(["add", "-c", "def f := 1"], env);
    expect(await cache()).toMatchObject({
      status: "good",
      found: expect.stringMatching(/^1 state, /),
    });
    const folder = join(machine.cwd, "session_cache");
    const stray = [
      file(join(folder, "tmp", "0123456789abcdef.olean"), "half"),
      file(join(folder, `${"a".repeat(64)}.${"b".repeat(8)}.olean`), "nobody's"),
    ];
    // They may be of a process that is at work.
    expect(await cache()).toMatchObject({ status: "good" });
    for (const path of stray) {
      utimesSync(path, new Date(0), new Date(0));
    }
    expect(await cache()).toMatchObject({
      status: "warning",
      found: expect.stringMatching(/^1 state, .*; 2 files \(12 B\) that no state needs$/),
      mend: "lean-pickle prune",
    });
    expect((await machine.run(["prune"], env)).code).toBe(0);
    expect(await cache()).toMatchObject({ status: "good" });
    file(join(folder, "manifest.lock", ".keep"));
    expect((await cache())?.found).toMatch(/; locked by a process that has not said which it is$/);
  });

  it("says that it is damaged, and does not touch it", async () => {
    const machine = new Machine();
    const elsewhere = join(machine.root, "some where");
    file(join(elsewhere, "lean-pickle.json"), "junk");
    const env = { LEAN_PICKLE_REPL: executable(join(machine.root, "repl"), STAND_IN) };
    const document = await machine.doctor(env, ["-d", elsewhere]);
    expect(finding(document, "cache")).toMatchObject({
      status: "bad",
      found: expect.stringContaining("it is not JSON"),
      mend: `lean-pickle verify --repair -d '${elsewhere}'`,
    });
  });
});
