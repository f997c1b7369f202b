import { describe, expect, it, onTestFinished } from "vitest";
import { ReplEndedError, ReplMemoryError, ReplTimeoutError } from "../../src/repl/errors.ts";
import { LeanServer } from "../../src/repl/lean-server.ts";
import { isRunning } from "../support/processes.ts";
import { simulate, startServer } from "../support/servers.ts";
import { until } from "../support/wait.ts";

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

/** A program in place of a REPL: a shell script, which has read the first request by then. */
function script(lines: string): LeanServer {
  const server = new LeanServer({ command: "/bin/sh", args: ["-c", `read -r line; ${lines}`] });
  onTestFinished(() => server.close());
  return server;
}

describe("a process that is out of step with what it is asked", () => {
  it("is ended at an answer that is not understood, before the next one is taken", async () => {
    const server = script(`printf '{"odd": 1}\\n\\n{"env": 0}\\n\\n'; cat > /dev/null`);
    const results = await Promise.allSettled([server.run({ cmd: "a" }), server.run({ cmd: "b" })]);
    expect(results.map((result) => result.status === "rejected" && result.reason.code)).toEqual([
      "protocol",
      "protocol",
    ]);
  });

  it("is ended at an answer too many, which is not the next request's", async () => {
    const server = script(`printf '{"env": 0}\\n\\n{"env": 777}\\n\\n'; cat > /dev/null`);
    const [a, b] = await Promise.allSettled([server.run({ cmd: "a" }), server.run({ cmd: "b" })]);
    expect(a).toEqual({ status: "fulfilled", value: { env: 0 } });
    expect(b).toMatchObject({ status: "rejected", reason: { code: "protocol" } });
  });

  it("is ended when it closed its output and lives on", async () => {
    const server = script("exec 1>&-; exec cat > /dev/null");
    await expect(server.run({ cmd: "a" })).rejects.toThrow(/closed its standard output/);
  });

  it("is ended at an answer that does not end", async () => {
    const server = script("cat /dev/zero | tr '\\0' x");
    await expect(server.run({ cmd: "a" })).rejects.toThrow(/an answer that does not end/);
  });
});
