import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { executable, file } from "../support/lean-places.ts";
import { BUILT, finding, Machine, STAND_IN, V33 } from "../support/machines.ts";

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

  it("only warns of a missing elan, lake and lean if there is a REPL, which shows what it can do", async () => {
    const machine = new Machine();
    const repl = executable(join(machine.root, "own/repl"), STAND_IN);
    const document = await machine.doctor({ LEAN_PICKLE_REPL: repl });
    for (const what of ["elan", "lake", "lean"]) {
      expect(finding(document, what)?.status).toBe("warning");
    }
    expect([document.ok, finding(document, "round trip")?.status]).toEqual([true, "good"]);
    const without = await machine.doctor();
    expect([without.ok, finding(without, "lean")?.status]).toEqual([false, "bad"]);
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

  it("says by which variable or option something is named that is not there, and what to unset", async () => {
    const machine = new Machine();
    machine.hasLean();
    machine.hasProject();
    const NOWHERE = "/nowhere";
    const byVariable = await machine.doctor({
      LEAN_PICKLE_LAKE: NOWHERE,
      LEAN_PICKLE_PROJECT: NOWHERE,
      LEAN_PICKLE_REPL: NOWHERE,
    });
    const options = ["--lake", NOWHERE, "--project", NOWHERE, "--repl", NOWHERE];
    const byOption = await machine.doctor({}, options);
    for (const what of ["lake", "project", "REPL"]) {
      const variable = `LEAN_PICKLE_${what.toUpperCase()}`;
      expect(finding(byVariable, what)).toMatchObject({
        status: "bad",
        found: expect.stringContaining(NOWHERE),
        from: variable,
        mend: `unset ${variable}`,
      });
      expect(finding(byOption, what)).toMatchObject({
        from: `--${what.toLowerCase()}`,
        mend: null,
      });
    }
  });

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
