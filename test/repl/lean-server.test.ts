import { describe, expect, it } from "vitest";
import {
  ReplDiedError,
  ReplEndedError,
  ReplMemoryError,
  ReplProtocolError,
  ReplStartError,
  ReplTimeoutError,
} from "../../src/repl/errors.ts";
import { LeanServer } from "../../src/repl/lean-server.ts";
import { isRunning } from "../support/processes.ts";
import { simulate, startServer } from "../support/servers.ts";
import { until } from "../support/wait.ts";

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
    expect(first).toMatchObject({ sent: true, exit: { code: 1, signal: null } });
    expect(first.message).toMatch(/exited with code 1; it was asked .*boom/);
    expect(first.message).toContain("uncaught exception");
    expect(second).toMatchObject({ code: "repl-died", sent: false });
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
    await expect(server.run({ cmd: "def f := 1" })).rejects.toMatchObject({ sent: false });
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
  it("ends it when it prints what nobody asked for", async () => {
    const server = startServer({ BANNER: "Welcome to Lean" });
    await expect(server.run({ cmd: "def f := 1" })).rejects.toBeInstanceOf(ReplProtocolError);
  });

  it("ends it when an answer is not JSON", async () => {
    const server = startServer({ GARBAGE_AT: "2" });
    await server.run({ cmd: "def f := 1" });
    await expect(server.run({ cmd: "def g := 1" })).rejects.toBeInstanceOf(ReplProtocolError);
  });

  it("says what a program printed that is no REPL", async () => {
    const server = new LeanServer({ command: "/bin/sh", args: ["-c", "echo hello; echo; cat"] });
    const error = await server.run({ cmd: "x" }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "protocol", message: expect.stringContaining("hello") });
    await server.close();
  });
});

describe("a request with a timeout", () => {
  it("ends the process, with all that it started, and says what was asked", async () => {
    const { launch, log } = simulate({ HANG_ON: "hang", CHILD: "inherit" });
    const server = new LeanServer(launch);
    await server.run({ cmd: "def f := 1" });
    const request = { cmd: "-- hang" };
    const error = await server.run(request, { timeout: 0.2 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ReplTimeoutError);
    expect(error).toMatchObject({ code: "timeout", seconds: 0.2 });
    expect((error as Error).message).toMatch(/within 0.2 s .*-- hang/);
    const child = log().find(({ event }) => event === "child");
    expect(Number(child?.detail)).toBeGreaterThan(0);
    await until(() => !isRunning(Number(child?.detail)), "its child has ended");
    expect(isRunning(server.pid ?? 0)).toBe(false);
  });

  it("kills a process that does not end when it is asked to", async () => {
    const server = startServer({ HANG_AT: "2", IGNORE_SIGTERM: "1" });
    await server.run({ cmd: "def f := 1" });
    const request = { cmd: "def g := 1" };
    const error = await server.run(request, { timeout: 0.2 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "timeout", exit: { signal: "SIGKILL" } });
  });

  it("has the time that is its own, not the server's", async () => {
    const server = startServer({ HANG_AT: "1" }, { timeout: 1000 });
    const hanging = server.run({ cmd: "def f := 1" }, { timeout: 0.1 });
    await expect(hanging).rejects.toMatchObject({ seconds: 0.1 });
  });
});

describe("a LeanServer with a memory limit", () => {
  it("ends the process that grew past it, and says so", async () => {
    const { launch } = simulate({ IMPORT_MIB: "400", IMPORT_MS: "60000" });
    const server = new LeanServer(launch, { memoryLimit: 300 });
    const error = await server.run({ cmd: "import Lean" }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ReplMemoryError);
    expect((error as Error).message).toContain("limit of 300 MiB");
    await server.close();
  });

  it("does not mind one that stays below", async () => {
    const server = startServer({}, { memoryLimit: 4000 });
    expect(await server.run({ cmd: "def f := 1" })).toEqual({ env: 0 });
  });
});

describe("LeanServer.close", () => {
  it("leaves no process behind, of those that its process started either", async () => {
    const { launch, log } = simulate({ CHILD: "inherit" });
    const server = new LeanServer(launch);
    await server.run({ cmd: "def f := 1" });
    await server.close();
    const child = Number(log().find(({ event }) => event === "child")?.detail);
    expect(child).toBeGreaterThan(0);
    expect(isRunning(server.pid ?? 0)).toBe(false);
    await until(() => !isRunning(child), "its child has ended");
  });

  it("rejects a request that is running", async () => {
    const { launch, log } = simulate({ HANG_AT: "1" });
    const server = new LeanServer(launch);
    const running = server.run({ cmd: "def f := 1" });
    running.catch(() => {});
    await until(() => log().some(({ event }) => event === "request"), "the REPL was asked");
    await server.close();
    await expect(running).rejects.toBeInstanceOf(ReplEndedError);
    expect(isRunning(server.pid ?? 0)).toBe(false);
  });

  it("can be said twice, and before anything was asked", async () => {
    const server = startServer();
    await Promise.all([server.close(), server.close()]);
    await server.close();
    await expect(server.run({ cmd: "x" })).rejects.toThrow(/was closed/);
  });
});

describe("a LeanServer with a signal", () => {
  it("ends the process when the signal is aborted, and rejects with its reason", async () => {
    const { launch, log } = simulate({ HANG_AT: "1" });
    const controller = new AbortController();
    const server = new LeanServer(launch, { signal: controller.signal });
    const running = server.run({ cmd: "def f := 1" });
    await until(() => log().some(({ event }) => event === "request"), "the REPL was asked");
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(isRunning(server.pid ?? 0)).toBe(false);
  });

  it("asks nothing where the signal was aborted before", async () => {
    const server = startServer({}, { signal: AbortSignal.abort(new Error("never")) });
    await expect(server.run({ cmd: "def f := 1" })).rejects.toThrow("never");
  });
});
