import { describe, expect, it, onTestFinished } from "vitest";
import { LeanPickleError } from "../../src/errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../../src/repl/connection.ts";
import { LeanServer } from "../../src/repl/lean-server.ts";
import { simulate } from "../support/servers.ts";

/** The stand-in, whose environment has to be asked for, and what comes of the question. */
function asked(options: LeanServerOptions = {}) {
  const { launch, log } = simulate();
  const { env = {}, ...others } = launch;
  let resolve: (env: NodeJS.ProcessEnv) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const answer = new Promise<NodeJS.ProcessEnv>((...settle) => {
    [resolve, reject] = settle;
  });
  const server = new LeanServer({ ...others, askEnv: () => answer }, options);
  onTestFinished(() => server.close());
  return { server, env, answer: { resolve, reject }, log };
}

describe("a REPL whose environment has to be asked for", () => {
  it("is started with it, and answers what was asked before in order", async () => {
    const { server, env, answer, log } = asked();
    const answers = Promise.all([
      server.run({ cmd: "def f := 1" }),
      server.run({ cmd: "def g := 1" }),
    ]);
    expect([server.pid, server.isAlive, log()]).toEqual([undefined, true, []]);
    answer.resolve(env);
    expect(await answers).toMatchObject([{ env: 0 }, { env: 1 }]);
    expect(log().filter(({ event }) => event === "start")).toHaveLength(1);
  });

  it("rejects every request with the reason where it cannot be told", async () => {
    const { server, answer, log } = asked();
    const requests = [server.run({ cmd: "def f := 1" }), server.run({ cmd: "def g := 1" })];
    const reason = new LeanPickleError("no-repl", "lake failed");
    answer.reject(reason);
    const ends = await Promise.allSettled(requests);
    expect(ends).toEqual(requests.map(() => ({ status: "rejected", reason })));
    await expect(server.run({ cmd: "def h := 1" })).rejects.toBe(reason);
    expect([server.isAlive, log()]).toEqual([false, []]);
  });

  it("is never started where it is closed, or interrupted, before", async () => {
    const controller = new AbortController();
    const { server, env, answer, log } = asked({ signal: controller.signal });
    const request = server.run({ cmd: "def f := 1" });
    controller.abort(new Error("enough"));
    await expect(request).rejects.toThrow("enough");
    const other = asked();
    const pending = other.server.run({ cmd: "def f := 1" });
    const [end] = await Promise.allSettled([pending, other.server.close()]);
    expect(end).toMatchObject({ status: "rejected", reason: { code: "closed" } });
    answer.resolve(env);
    other.answer.resolve(other.env);
    await server.close();
    expect([...log(), ...other.log()]).toEqual([]);
  });

  it("says so where there is no such command", async () => {
    const launch: ReplLaunch = { command: "/no/such/repl", askEnv: async () => process.env };
    const server = new LeanServer(launch);
    await expect(server.run({ cmd: "x" })).rejects.toMatchObject({ code: "no-repl" });
  });
});

describe("a REPL that the system refuses to start", () => {
  it.each([
    ["a folder that is a file", { command: process.execPath, cwd: process.execPath }, "no-repl"],
    ["too long an argument", { command: process.execPath, args: ["x".repeat(2 ** 21)] }, "E2BIG"],
  ])("rejects the first request with the reason: %s", async (_, launch, code) => {
    const server = new LeanServer(launch);
    await expect(server.run({ cmd: "x" })).rejects.toMatchObject({ code });
    await server.close();
    expect(server.isAlive).toBe(false);
  });
});
