// The protocol of the REPL where no recording shows it.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask, converse, parseAnswers, requests, start, temporaryDirectory } from "./harness.ts";

const THEOREM = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";

describe("framing", () => {
  it("answers a request as soon as its empty line has come", async () => {
    const repl = start();
    const next = () =>
      new Promise<string>((resolve) => repl.stdout.once("data", (d) => resolve(`${d}`)));
    for (const env of [0, 1, 2]) {
      repl.stdin.write('{"cmd": "def f := 1"}\n \t\n');
      expect(await next()).toBe(`{"env": ${env}}\n\n`);
    }
  });

  it("joins the lines of a request without their newlines and the space before them", async () => {
    const input = '{"cmd":   \n "def f :=  \n1"}\n\n{"cmd": "#eval f", "env": 0}\n';
    const { stdout } = await converse(input);
    expect(parseAnswers(stdout)[1].messages[0].data).toBe("1");
  });

  it("answers what the end of input ends, and exits with 0", async () => {
    expect(await converse('{"cmd": ""}')).toEqual({
      stdout: '{"env": 0}\n\n',
      stderr: "",
      exitCode: 0,
      signal: null,
    });
    expect(await converse("")).toMatchObject({ stdout: "", stderr: "", exitCode: 0 });
  });

  it.each(["\n", "   \n", " "])("dies of an empty request: %j", async (input) => {
    const outcome = await converse(input);
    expect(outcome).toMatchObject({ stdout: "", exitCode: 1 });
    expect(outcome.stderr).toContain('uncaught exception: {"message": "Could not parse JSON:');
  });
});

describe("the shape of a request", () => {
  it.each([
    [{ tactic: "exact 1", proofState: 0, cmd: "def f := 1" }, "Unknown proof state."],
    [{ pickleTo: "x.olean", env: 7, proofState: 7 }, "Unknown environment."],
    [{ pickleTo: "x.olean", env: "7", proofState: 7 }, "Unknown proof State."],
    [{ unpickleProofStateFrom: "x.olean", env: 7, cmd: "" }, "Unknown environment."],
    [{ cmd: "def f := 1", path: "x.lean", env: 7 }, "Unknown environment."],
  ])("is tried in the order of the table: %j", async (request, message) => {
    expect(await ask([request])).toEqual([{ message }]);
  });

  it("ignores unknown fields and takes null for absent", async () => {
    expect(await ask([{ cmd: "", env: null, unknown: [1] }])).toEqual([{ env: 0 }]);
  });

  it.each([
    { cmd: 1 },
    { cmd: "", env: "0" },
    { cmd: "", env: -1 },
    { cmd: "", env: 0.5 },
    [],
    "x",
  ])("is fatal where a field has the wrong type: %j", async (request) => {
    const outcome = await converse(requests(request as object));
    expect(outcome).toMatchObject({ stdout: "", exitCode: 1 });
    expect(outcome.stderr).toContain("Could not parse as a valid JSON command:");
  });
});

describe("pickles", () => {
  it("have Lean's header, grow with what they hold, and leave nothing else behind", async () => {
    const cwd = temporaryDirectory();
    const many = Array.from({ length: 300 }, (_, at) => `def f${at} := ${at}`).join("\n");
    const settings = { LEAN_VERSION: "4.30.0", LEAN_GITHASH: "ab".repeat(20) };
    const pickle = { pickleTo: "a.olean", env: 0 };
    await ask(
      [{ cmd: THEOREM }, pickle, { cmd: many }, { ...pickle, pickleTo: "b.olean", env: 1 }],
      {
        cwd,
        settings,
      },
    );
    expect(readdirSync(cwd).sort()).toEqual(["a.olean", "b.olean"]);
    const [small, large] = ["a.olean", "b.olean"].map((name) => readFileSync(join(cwd, name)));
    expect(small?.toString("latin1", 0, 5)).toBe("olean");
    expect(small?.subarray(5, 7)).toEqual(Buffer.from([2, 1]));
    expect(small?.toString("latin1", 7, 40)).toBe("4.30.0".padEnd(33, "\0"));
    expect(small?.toString("latin1", 40, 80)).toBe("ab".repeat(20));
    expect(small?.length).toBeGreaterThan(4096);
    expect(large?.length).toBeGreaterThan((small?.length ?? 0) + 10_000);
  });

  it("may have the version 1 header of older releases", async () => {
    const cwd = temporaryDirectory();
    const settings = { OLEAN_VERSION: "1", LEAN_GITHASH: "ab".repeat(20) };
    await ask([{ cmd: "def f := 1" }, { pickleTo: "a.olean", env: 0 }], { cwd, settings });
    const bytes = readFileSync(join(cwd, "a.olean"));
    expect(bytes.subarray(0, 6)).toEqual(
      Buffer.from([..."olean"].map((c) => c.charCodeAt(0)).concat(1)),
    );
    expect(bytes.toString("latin1", 6, 48)).toBe("ab".repeat(20).padEnd(42, "\0"));
    await ask([{ cmd: "def f := 1" }, { pickleTo: "new.olean", env: 0 }], { cwd });
    const address = readFileSync(join(cwd, "new.olean")).subarray(80, 88);
    expect(bytes.subarray(48, 56)).toEqual(address);
    const load = [{ unpickleEnvFrom: "a.olean" }];
    expect(await ask(load, { cwd, settings })).toEqual([{ env: 0 }]);
    expect((await converse(requests(...load), { cwd })).stderr).toContain("incompatible header");
  });

  it.each([
    [5, "incompatible header"],
    [6, "incompatible header"],
    [7, "incompatible header"],
    [79, "incompatible header"],
    [0, "invalid header"],
  ])("are refused for a header that differs at byte %i", async (at, reason) => {
    const cwd = temporaryDirectory();
    await ask([{ cmd: "def f := 1" }, { pickleTo: "a.olean", env: 0 }], { cwd });
    const bytes = readFileSync(join(cwd, "a.olean"));
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(join(cwd, "a.olean"), bytes);
    const outcome = await converse(requests({ unpickleEnvFrom: "a.olean" }), { cwd });
    const stderr = `uncaught exception: failed to read file 'a.olean', ${reason}\n`;
    expect(outcome).toEqual({ stdout: "", stderr, exitCode: 1, signal: null });
  });

  it("kill the process where their kind is the other one", async () => {
    const cwd = temporaryDirectory();
    const make = [{ cmd: THEOREM }, { pickleTo: "e", env: 0 }, { pickleTo: "p", proofState: 0 }];
    await ask(make, { cwd });
    for (const request of [{ unpickleEnvFrom: "p" }, { unpickleProofStateFrom: "e" }]) {
      const outcome = await converse(requests(request), { cwd });
      expect(outcome).toEqual({ stdout: "", stderr: "", exitCode: null, signal: "SIGSEGV" });
    }
  });

  it("cannot replace a directory", async () => {
    const cwd = temporaryDirectory();
    mkdirSync(join(cwd, "d"));
    const outcome = await converse(requests({ cmd: "" }, { pickleTo: "d", env: 0 }), { cwd });
    expect(outcome).toMatchObject({ stdout: '{"env": 0}\n\n', exitCode: 1 });
    expect(outcome.stderr).toContain("uncaught exception: failed to write 'd'");
  });

  it("hold no executable code and no earlier messages, but names, opens and sorries", async () => {
    const cwd = temporaryDirectory();
    const first = "def X.f : Nat := 4\nopen X";
    await ask([{ cmd: first }, { pickleTo: "e.olean", env: 0 }], { cwd });
    const [, known, evaluated, used, marked] = await ask(
      [
        { unpickleEnvFrom: "e.olean" },
        { cmd: "example : f = 4 := rfl", env: 0 },
        { cmd: "#eval f", env: 0 },
        { cmd: "def g := f + 1", env: 0 },
        { cmd: "noncomputable def g := f + 1", env: 0 },
      ],
      { cwd },
    );
    expect(known).toEqual({ env: 1 });
    const depends = "because it depends on 'X.f', which is 'noncomputable'";
    expect(evaluated.messages).toMatchObject([{ severity: "error" }]);
    expect(evaluated.messages[0].data).toContain(depends);
    expect(used.messages[0].data).toContain(depends);
    expect(marked).toEqual({ env: 4 });
  });

  it("of proof states go on in another process as they would have", async () => {
    const cwd = temporaryDirectory();
    const cmd = "theorem t (p q : Prop) : p → q → q ∧ p := by sorry";
    const intro = { tactic: "intro hp hq", proofState: 0 };
    const [, , here] = await ask([{ cmd }, { pickleTo: "p", proofState: 0 }, intro], { cwd });
    const [, there] = await ask([{ unpickleProofStateFrom: "p" }, intro], { cwd });
    expect(here.goals).toEqual(["p q : Prop\nhp : p\nhq : q\n⊢ q ∧ p"]);
    expect(there.goals).toEqual(here.goals);
  });

  it("of proof states answer with all the sorries so far once more, under new ids", async () => {
    const cwd = temporaryDirectory();
    const [, , pickled, loaded] = await ask(
      [
        { cmd: "theorem foo (x : Int) : x = x := by sorry" },
        { tactic: "have h : x = 1 := sorry", proofState: 0 },
        { pickleTo: "p.olean", proofState: 2 },
        { unpickleProofStateFrom: "p.olean" },
      ],
      { cwd },
    );
    expect(pickled).toMatchObject({ sorries: [{ proofState: 3 }], proofState: 4 });
    expect(loaded).toEqual({ ...pickled, proofState: 5, sorries: undefined });
  });

  it("fail where their imports or their own constants are in the way", async () => {
    const cwd = temporaryDirectory();
    const make = [{ cmd: "import Std\ndef f := 1" }, { cmd: THEOREM, env: 0 }];
    await ask([...make, { pickleTo: "p", proofState: 0 }, { pickleTo: "e", env: 0 }], { cwd });
    const elsewhere = { cwd, settings: { MODULES: "Lean" } };
    const lost = await converse(requests({ unpickleEnvFrom: "e" }), elsewhere);
    expect(lost).toMatchObject({ stdout: "", exitCode: 1 });
    expect(lost.stderr).toContain("uncaught exception: unknown module prefix 'Std'");
    const load = { unpickleProofStateFrom: "p", env: 0 };
    const twice = await converse(requests({ cmd: "def f := 2" }, load), { cwd });
    expect(twice.stderr).toContain(
      "uncaught exception: (kernel) constant has already been declared 'f'",
    );
    expect(await ask([{ cmd: "def other := 2" }, load], { cwd })).toMatchObject([
      {},
      { proofState: 0 },
    ]);
  });
});

describe("files", () => {
  it("are read relative to the process's own directory", async () => {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, "a.lean"), "def f := 3\n\n#eval f\n");
    const [answer] = await ask([{ path: "a.lean" }], { cwd });
    expect(answer.messages).toMatchObject([{ severity: "info", pos: { line: 3 }, data: "3" }]);
    rmSync(join(cwd, "a.lean"));
    expect(existsSync(join(cwd, "a.lean"))).toBe(false);
    const [gone] = await ask([{ path: "a.lean" }], { cwd });
    expect(gone.message).toBe("no such file or directory (error code: 2)\n  file: a.lean");
  });
});
