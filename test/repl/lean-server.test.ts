import { describe, expect, it } from "vitest";
import { ReplDiedError, type ReplEndedError, ReplStartError } from "../../src/repl/errors.ts";
import { LeanServer } from "../../src/repl/lean-server.ts";
import { startServer } from "../support/servers.ts";

describe("LeanServer.run", () => {
  it("answers requests in the order in which they were made", async () => {
    const server = startServer();
    const answers = await Promise.all([
      server.run({ cmd: "def f := 1" }),
      server.run({ cmd: "def g := 1" }),
      server.run({ cmd: "example : f = 1 := by rfl", env: 0 }),
    ]);
    expect(answers).toEqual([{ env: 0 }, { env: 1 }, { env: 2 }]);
  });

  it("sends code with newlines, quotes and any Unicode as it is", async () => {
    const server = startServer();
    const cmd = 'theorem 漢字 (p : Prop) (h : p) : p := by\n  -- "quoted" \\ 𝓝\n  sorry';
    const answer = await server.run({ cmd });
    expect(answer).toMatchObject({ env: 0, sorries: [{ goal: "p : Prop\nh : p\n⊢ p" }] });
  });

  it("resolves to what the REPL refused, and lives on", async () => {
    const server = startServer();
    expect(await server.run({ cmd: "x", env: 7 })).toEqual({ message: "Unknown environment." });
    expect(await server.run({ cmd: "def f := 1" })).toEqual({ env: 0 });
  });

  it("rejects a request of which the REPL would die, and lives on", async () => {
    const server = startServer();
    await expect(server.run({ cmd: "x", env: -1 })).rejects.toMatchObject({ code: "bad-request" });
    expect(await server.run({ cmd: "def f := 1" })).toEqual({ env: 0 });
  });

  it("understands answers that come in pieces, inside of characters too", async () => {
    const server = startServer({ CHUNK_BYTES: "1" });
    const answer = await server.run({ cmd: "theorem t (p q : Prop) : p ∧ q := by sorry" });
    expect(answer).toMatchObject({ sorries: [{ goal: "p q : Prop\n⊢ p ∧ q" }] });
  });

  it("drains standard error, however much comes", async () => {
    const server = startServer({ STDERR_AT_START: "1000000", STDERR_PER_REQUEST: "1000000" });
    expect(await server.run({ cmd: "def f := 1" })).toEqual({ env: 0 });
    expect(await server.run({ cmd: "def f := 1" })).toEqual({ env: 1 });
  });
});

describe("a LeanServer whose process dies", () => {
  it("rejects all requests with how it died, what was asked and the end of standard error", async () => {
    const server = startServer({ CRASH_ON: "boom" });
    const results = await Promise.allSettled([
      server.run({ cmd: "def boom := 1" }),
      server.run({ cmd: "def later := 1" }),
    ]);
    const [first, second] = results.map((result) => result.status === "rejected" && result.reason);
    expect(first).toBeInstanceOf(ReplDiedError);
    expect(first).toMatchObject({ turn: "run", exit: { code: 1, signal: null } });
    expect(first.message).toMatch(/exited with code 1; it was asked .*boom/);
    expect(first.message).toContain("uncaught exception");
    expect(second).toMatchObject({ code: "repl-died", turn: "waiting" });
    expect(second.message).toMatch(/before it could be asked .*later/);
  });

  it("tells the signal of a process that was killed", async () => {
    const server = startServer({ SEGV_AT: "1" });
    const error = await server.run({ cmd: "def f := 1" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ exit: { code: null, signal: "SIGSEGV" } });
    expect((error as Error).message).toContain("killed by SIGSEGV");
  });

  it("rejects what is asked afterwards, too", async () => {
    const server = startServer({ CRASH_AT: "1" });
    await expect(server.run({ cmd: "def f := 1" })).rejects.toBeInstanceOf(ReplDiedError);
    expect(server.isAlive).toBe(false);
    await expect(server.run({ cmd: "def f := 1" })).rejects.toMatchObject({ turn: "waiting" });
  });

  it("keeps the last lines of standard error only", async () => {
    const server = startServer({ STDERR_AT_START: "500000", CRASH_AT: "1" });
    const error = (await server
      .run({ cmd: "x" })
      .catch((reason: unknown) => reason)) as ReplEndedError;
    expect(error.stderr.length).toBeLessThanOrEqual(8192);
    expect(error.stderr).toContain("uncaught exception");
  });

  it("says which program could not be started, and that it can be named", async () => {
    const server = new LeanServer({ command: "/no/such/repl" });
    const error = await server.run({ cmd: "x" }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ReplStartError);
    expect(error).toMatchObject({
      code: "no-repl",
      message: expect.stringContaining("/no/such/repl"),
    });
    await server.close();
  });
});

describe("a LeanServer whose process does not speak the protocol", () => {
  it("times out when an answer is not JSON, and says what was printed", async () => {
    const server = startServer({ GARBAGE_AT: "2" }, { timeout: 1 });
    await server.run({ cmd: "def f := 1" });
    await expect(server.run({ cmd: "def g := 1" })).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringMatching(/It printed no answer but:\n./),
    });
  });

  it("says what a program printed that is no REPL", async () => {
    const server = new LeanServer({ command: "/bin/sh", args: ["-c", "echo hello; echo; cat"] });
    const error = await server.run({ cmd: "x" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "protocol", message: expect.stringContaining("hello") });
    await server.close();
  });
});

describe("text before an answer", () => {
  const spawning = (...args: string[]) =>
    `import Lean\nopen Lean\n#eval show IO Unit from do\n  let c ← IO.Process.spawn { cmd := "printf", args := #${JSON.stringify(args)} }\n  discard c.wait`;

  it.each([
    ["a line", "child\n"],
    ["lines, and empty ones between them", "one\n\ntwo\n\n\nthree\n"],
    ["a line that begins like an answer", '{"progress": 1\n'],
    ["a line without an end", "50%"],
  ])("of a program that the code starts is passed on: %s", async (_what, printed) => {
    const heard: string[] = [];
    const server = startServer({}, { onOutput: (text) => heard.push(text) });
    const [first, next] = await Promise.all([
      server.run({ cmd: spawning("%s", printed) }, { pipelined: true }),
      server.run({ cmd: "def after := 1" }, { pipelined: true }),
    ]);
    expect([first, next]).toMatchObject([{ env: 0 }, { env: 1 }]);
    expect(heard).toEqual([printed.replaceAll(/\n+/g, "\n").trimEnd()]);
  });

  it("is passed on at the start, too", async () => {
    const heard: string[] = [];
    const options = { onOutput: (text: string) => heard.push(text) };
    const server = startServer({ BANNER: "Welcome\n\nto Lean" }, options);
    expect(await server.run({ cmd: "def f := 1" })).toMatchObject({ env: 0 });
    expect(heard).toEqual(["Welcome\nto Lean"]);
  });

  it("ends the process, and nothing else, if the listener throws", async () => {
    const fail = () => {
      throw new Error("no room");
    };
    const server = startServer({ BANNER: "Welcome" }, { onOutput: fail });
    await server.run({ cmd: "def f := 1" });
    await expect(server.run({ cmd: "def g := 1" })).rejects.toThrow("no room");
  });
});

describe("what a LeanServer is given", () => {
  it("is taken as it is when it is given, whatever becomes of it later", async () => {
    const server = startServer();
    const request = { cmd: "def a := 1" };
    const first = server.run(request);
    request.cmd = "-- changed while it waited";
    await first;
    const making = server.madeBy({ kind: "env", id: 0 });
    expect(making).toMatchObject({ request: { cmd: "def a := 1" } });
  });

  it.each([
    [{ cmd: "x", extra: 10n } as unknown as { cmd: string }, {}],
    [{ cmd: "x" }, { timeout: 0 }],
    [{ cmd: "x" }, { timeout: Number.NaN }],
    [{ cmd: "x" }, { timeout: 3_000_000 }],
  ])("is refused where it cannot be sent, and the next request runs", async (request, options) => {
    const server = startServer();
    await expect(server.run(request, options)).rejects.toThrow();
    expect(await server.run({ cmd: "def f := 1" })).toEqual({ env: 0 });
  });

  it("may be all the time there is", async () => {
    const server = startServer();
    const timeout = Number.POSITIVE_INFINITY;
    expect(await server.run({ cmd: "def f := 1" }, { timeout })).toEqual({ env: 0 });
  });

  it("ends the process, and nothing else, where the log throws", async () => {
    const log = () => {
      throw new Error("no log");
    };
    const server = startServer({}, { verbose: true, log });
    await expect(server.run({ cmd: "def f := 1" })).rejects.toThrow("no log");
  });
});
