// Faults: each strikes where it was told to, and nowhere else.
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ask, converse, parseAnswers, requests, start, temporaryDirectory } from "./harness.ts";
import { readLog } from "./index.ts";

const F = { cmd: "def f := 1" };
const G = { cmd: "def g := 2" };
const THEOREM = { cmd: "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry" };
const ONE_ANSWER = '{"env": 0}\n\n';

/** A directory with a pickle of an environment and of a proof state in it. */
async function withPickles(): Promise<string> {
  const cwd = temporaryDirectory();
  await ask([THEOREM, { pickleTo: "e", env: 0 }, { pickleTo: "p", proofState: 0 }], { cwd });
  return cwd;
}

/** Waits until the log says that so many requests were received. */
async function received(log: string, count: number): Promise<void> {
  const requestsIn = () => readLog(log).filter(({ event }) => event === "request");
  await vi.waitFor(() => expect(requestsIn()).toHaveLength(count), { timeout: 30_000 });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.each([
  ["at the second request", "AT", "2"],
  ["at a request that holds a text", "ON", "def g :="],
])("%s", (_, selector, value) => {
  it("a crash exits with 1 and an exception", async () => {
    const settings = { [`CRASH_${selector}`]: value };
    const outcome = await converse(requests(F, G, F), { settings });
    const stderr = "uncaught exception: simulated crash\n";
    expect(outcome).toEqual({ stdout: ONE_ANSWER, stderr, exitCode: 1, signal: null });
  });

  it("a SIGSEGV says nothing", async () => {
    const settings = { [`SEGV_${selector}`]: value };
    const outcome = await converse(requests(F, G, F), { settings });
    expect(outcome).toEqual({ stdout: ONE_ANSWER, stderr: "", exitCode: null, signal: "SIGSEGV" });
  });

  it("garbage is answered once", async () => {
    const settings = { [`GARBAGE_${selector}`]: value };
    const { stdout, exitCode } = await converse(requests(F, G, F), { settings });
    expect(stdout.split("\n\n")[1]).toBe("this is not JSON");
    expect(stdout.split("\n\n")[2]).toMatch(/^\{"env": \d\}$/);
    expect(exitCode).toBe(0);
  });

  it("a hang answers nothing, stays alive, and dies of SIGTERM", async () => {
    const log = join(temporaryDirectory(), "log");
    const repl = start({ settings: { [`HANG_${selector}`]: value, LOG: log } });
    let stdout = "";
    repl.stdout.on("data", (chunk) => (stdout += chunk));
    repl.stdin.end(requests(F, G, F));
    await received(log, 2);
    expect(repl.exitCode).toBeNull();
    repl.kill("SIGTERM");
    expect(await once(repl, "close")).toEqual([null, "SIGTERM"]);
    expect(stdout).toBe(ONE_ANSWER);
    expect(readLog(log).filter(({ event }) => event === "request")).toHaveLength(2);
  });
});

describe("a text that selects", () => {
  it.each(["p ∧ q", "⊢", "p ∧ q := by sorry"])(
    "is found however it is escaped: %s",
    async (text) => {
      const escaped = requests(THEOREM, { tactic: "skip -- ⊢", proofState: 0 }).replace(
        /[∧⊢]/g,
        (sign) => `\\u${sign.charCodeAt(0).toString(16)}`,
      );
      const { stderr } = await converse(escaped, { settings: { CRASH_ON: text } });
      expect(stderr).toContain("simulated crash");
    },
  );

  it("is looked for in the pickle that a request loads too", async () => {
    const cwd = await withPickles();
    const load = requests({ unpickleProofStateFrom: "p" });
    const struck = await converse(load, { cwd, settings: { CRASH_ON: "hq : q" } });
    expect(struck.stderr).toContain("simulated crash");
    const spared = await converse(load, { cwd, settings: { CRASH_ON: "hr : r" } });
    expect(parseAnswers(spared.stdout)).toMatchObject([{ proofState: 0 }]);
  });
});

describe("pickling", () => {
  it.each([
    ["CLOSURES_AT", "2"],
    ["CLOSURES_ON", "⊢ p ∧ q"],
  ])("panics of closures by %s, before there is a file", async (name, value) => {
    const cwd = temporaryDirectory();
    const input = requests(THEOREM, { pickleTo: "e", env: 0 }, { pickleTo: "p", proofState: 0 }, F);
    const outcome = await converse(input, { cwd, settings: { [name]: value } });
    expect(outcome.stderr).toContain("INTERNAL PANIC: closures cannot be compacted");
    expect(outcome.exitCode).toBe(1);
    expect(parseAnswers(outcome.stdout)).toHaveLength(2);
    expect(readdirSync(cwd)).toEqual(["e"]);
  });

  it("hangs with half of the temporary file written, which a kill leaves behind", async () => {
    const cwd = temporaryDirectory();
    const repl = start({ cwd, settings: { HANG_IN_PICKLE_AT: "1" } });
    repl.stdin.write(requests(F, { pickleTo: "e", env: 0 }));
    const temporary = join(cwd, `e.tmp.${repl.pid}`);
    const size = () => (existsSync(temporary) ? statSync(temporary).size : 0);
    await vi.waitFor(() => expect(size()).toBeGreaterThan(2048), { timeout: 30_000 });
    repl.kill("SIGKILL");
    expect(await once(repl, "close")).toEqual([null, "SIGKILL"]);
    expect(readdirSync(cwd)).toEqual([`e.tmp.${repl.pid}`]);
  });
});

describe("goals that change", () => {
  it.each([
    ["*", true],
    ["hq : q", true],
    ["hr : r", false],
  ])("by %s", async (text, changed) => {
    const cwd = await withPickles();
    const settings = { CHANGED_GOALS: text };
    const [answer] = await ask([{ unpickleProofStateFrom: "p" }], { cwd, settings });
    const target = changed ? "False" : "p ∧ q";
    expect(answer.goals).toEqual([`p q : Prop\nhp : p\nhq : q\n⊢ ${target}`]);
  });

  it("come where there were none", async () => {
    const cwd = temporaryDirectory();
    const close = { tactic: "exact ⟨hp, hq⟩", proofState: 0 };
    await ask([THEOREM, close, { pickleTo: "p", proofState: 1 }], { cwd });
    const load = [{ unpickleProofStateFrom: "p" }];
    expect(await ask(load, { cwd })).toMatchObject([{ goals: [], proofStatus: "Completed" }]);
    const spoilt = { cwd, settings: { CHANGED_GOALS: "*" } };
    expect(await ask(load, spoilt)).toMatchObject([{ goals: ["⊢ False"] }]);
  });
});

describe("standard error", () => {
  it("is flooded at the start and with each request", async () => {
    const settings = { STDERR_AT_START: "1000000", STDERR_PER_REQUEST: "3000" };
    const outcome = await converse(requests(F, G), { settings });
    expect(outcome.stderr).toHaveLength(1_006_000);
    expect(parseAnswers(outcome.stdout)).toHaveLength(2);
  });

  it("blocks the process for as long as nobody reads it", async () => {
    const directory = temporaryDirectory();
    const settings = { STDERR_AT_START: "8000000", LOG: join(directory, "blocked") };
    const blocked = start({ settings });
    const answered = once(blocked.stdout, "data");
    blocked.stdin.end(requests(F));
    await vi.waitFor(() => expect(readLog(settings.LOG)).toHaveLength(1), { timeout: 30_000 });
    // Another one, whose standard error is read, is through with the same in this time.
    await converse(requests(F), { settings: { ...settings, LOG: join(directory, "read") } });
    expect(readLog(settings.LOG).map(({ event }) => event)).toEqual(["start"]);
    blocked.stderr.resume();
    expect(`${await answered}`).toBe(ONE_ANSWER);
  });
});

describe("standard output", () => {
  it("comes in chunks that end inside characters", async () => {
    const repl = start({ settings: { CHUNK_BYTES: "1", CHUNK_MS: "2" } });
    const chunks: Buffer[] = [];
    repl.stdout.on("data", (chunk) => chunks.push(chunk));
    repl.stdin.end(requests(THEOREM));
    await once(repl, "close");
    const whole = await ask([THEOREM]);
    expect(parseAnswers(Buffer.concat(chunks).toString("utf8"))).toEqual(whole);
    expect(chunks.some((chunk) => chunk.toString("utf8").includes("\uFFFD"))).toBe(true);
  });

  it("may begin with a line that nobody asked for", async () => {
    const { stdout } = await converse(requests(F), { settings: { BANNER: "Lean says ⊢" } });
    expect(stdout).toBe(`Lean says ⊢\n${ONE_ANSWER}`);
  });
});

describe("signals and processes", () => {
  it("ignores SIGTERM, also while it hangs, and dies of SIGKILL", async () => {
    const log = join(temporaryDirectory(), "log");
    const repl = start({ settings: { IGNORE_SIGTERM: "1", HANG_AT: "2", LOG: log } });
    await vi.waitFor(() => expect(readLog(log)).toHaveLength(1), { timeout: 30_000 });
    repl.kill("SIGTERM");
    const answered = once(repl.stdout, "data");
    repl.stdin.write(requests(F));
    expect(`${await answered}`).toBe(ONE_ANSWER);
    repl.stdin.write(requests(G));
    await received(log, 2);
    repl.kill("SIGTERM");
    repl.kill("SIGKILL");
    expect(await once(repl, "close")).toEqual([null, "SIGKILL"]);
  });

  it.each(["quiet", "inherit"])("leaves a child behind that is %s", async (kind) => {
    const log = join(temporaryDirectory(), "log");
    const repl = start({ settings: { CHILD: kind, LOG: log } });
    let closed = false;
    repl.on("close", () => (closed = true));
    for (const stream of [repl.stdout, repl.stderr]) stream.resume();
    const [ended] = [once(repl, "exit"), repl.stdin.end()];
    await ended;
    const child = Number(readLog(log).find(({ event }) => event === "child")?.detail);
    try {
      expect(isAlive(child)).toBe(true);
      if (kind === "inherit") expect(closed).toBe(false);
      else if (!closed) await once(repl, "close");
    } finally {
      process.kill(child, "SIGKILL");
    }
    if (!closed) await once(repl, "close");
  });
});

describe("settings", () => {
  it.each([
    ["HANG_AT", "soon"],
    ["HANG_AT", "0"],
    ["CRASH_ON", ""],
    ["IMPORT_MS", "-1"],
    ["IGNORE_ENV", "yes"],
    ["DIALECT", "5"],
    ["CHILD", "1"],
    ["OLEAN_VERSION", "4"],
    ["LEAN_GITHASH", "x".repeat(41)],
    ["HANG_ATT", "1"],
  ])("that cannot be understood are refused: %s=%s", async (name, value) => {
    const outcome = await converse(requests(F), { settings: { [name]: value } });
    expect(outcome).toMatchObject({ stdout: "", exitCode: 64, signal: null });
    expect(outcome.stderr).toContain(`SIMULATED_REPL_${name} `);
  });

  it("are all in the README", () => {
    const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
    const names = [...read("settings.js").matchAll(/read\("(\w+)"/g)].map(([, name]) => name);
    const documented = [...read("README.md").matchAll(/^\| `(\w+)` +\|/gm)].map(([, name]) => name);
    expect(documented.sort()).toEqual(names.sort());
  });
});
