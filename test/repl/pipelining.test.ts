import { describe, expect, it, onTestFinished } from "vitest";
import { LeanServer } from "../../src/repl/lean-server.ts";
import { isRunning } from "../support/processes.ts";
import { simulate, startServer } from "../support/servers.ts";
import { until } from "../support/wait.ts";

const pipelined = { pipelined: true };

/** Requests for new environments, which may all be sent at once. */
function askFor(
  server: LeanServer,
  names: readonly string[],
  timeout?: number,
): Promise<PromiseSettledResult<unknown>[]> {
  const options = { ...pipelined, ...(timeout !== undefined && { timeout }) };
  return Promise.allSettled(names.map((name) => server.run({ cmd: `def ${name} := 1` }, options)));
}

function outcomes(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.map((result) =>
    result.status === "fulfilled" ? result.value : [result.reason.code, result.reason.turn],
  );
}

/** A program in place of a REPL that answers once it has read several unpickle requests. */
function answeringAfter(requests: number, answers: readonly object[]): LeanServer {
  const read = "read -r line; read -r empty; ".repeat(requests);
  const texts = answers.map((answer) => `printf '%s\\n\\n' '${JSON.stringify(answer)}'; `);
  const script = `${read}${texts.join("")}cat > /dev/null`;
  const server = new LeanServer({ command: "/bin/sh", args: ["-c", script] });
  onTestFinished(() => server.close());
  return server;
}

function unpickle(server: LeanServer, count: number): Promise<PromiseSettledResult<unknown>[]> {
  const requests = Array.from({ length: count }, (_, n) => ({
    unpickleProofStateFrom: `/${n}`,
    env: 0,
  }));
  return Promise.allSettled(requests.map((request) => server.run(request, pipelined)));
}

describe("pipelined requests", () => {
  it("are sent before those before them are answered, and answered in order", async () => {
    const answers = [0, 1, 2].map((proofState) => ({ proofState, goals: [`${proofState}`] }));
    const results = await unpickle(answeringAfter(3, answers), 3);
    expect(outcomes(results)).toEqual(answers);
  });

  it("get the answers of a REPL in order, however many there are", async () => {
    const names = Array.from({ length: 60 }, (_, n) => `f${n}`);
    const results = await askFor(startServer({ CHUNK_BYTES: "7" }), names);
    expect(outcomes(results)).toEqual(names.map((_, env) => ({ env })));
  });

  it("wait with all others for one that is not pipelined", async () => {
    const server = startServer();
    const results = await Promise.all([
      server.run({ cmd: "def f := 1" }, pipelined),
      server.run({ cmd: "def g := 1" }),
      server.run({ cmd: "def h := 1" }, pipelined),
    ]);
    expect(results).toEqual([{ env: 0 }, { env: 1 }, { env: 2 }]);
  });

  it("blame the first that was not answered for the end of the process, and no other", async () => {
    const server = startServer({ SEGV_ON: "boom" });
    const results = await askFor(server, ["a", "b", "boom", "c", "d"]);
    expect(outcomes(results)).toEqual([
      { env: 0 },
      { env: 1 },
      ["repl-died", "run"],
      ["repl-died", "waiting"],
      ["repl-died", "waiting"],
    ]);
  });

  it("have their time from when the REPL can begin with them, not from when they are sent", async () => {
    const names = Array.from({ length: 8 }, (_, n) => `f${n}`);
    const results = await askFor(startServer({ COMMAND_MS: "300" }), names, 2);
    expect(outcomes(results)).toEqual(names.map((_, env) => ({ env })));
  });

  it("end the process where one takes too long, which costs no other its name", async () => {
    const results = await askFor(startServer({ HANG_ON: "slow" }), ["a", "slow", "b"], 1);
    expect(outcomes(results)).toEqual([{ env: 0 }, ["timeout", "run"], ["timeout", "waiting"]]);
  });

  it("end the process where an answer was spoilt, and the next one leaves out its id", async () => {
    const results = await askFor(startServer({ GARBAGE_ON: "odd" }), ["a", "odd", "b"]);
    expect(outcomes(results)).toEqual([{ env: 0 }, ["protocol", "run"], ["protocol", "waiting"]]);
  });

  it("do not take an answer too many, which gives out an id again, for their own", async () => {
    const answer = { proofState: 0, goals: ["p"] };
    const server = answeringAfter(3, [answer, answer, { proofState: 1, goals: ["p"] }]);
    expect(outcomes(await unpickle(server, 3))).toEqual([
      answer,
      ["protocol", "run"],
      ["protocol", "waiting"],
    ]);
  });

  it("end the process at an answer after the last of them", async () => {
    const answers = [0, 1, 2].map((proofState) => ({ proofState, goals: [] }));
    const server = answeringAfter(2, answers);
    expect(outcomes(await unpickle(server, 2))).toEqual(answers.slice(0, 2));
    await until(() => !server.isAlive, "it is ended");
    await expect(server.run({ cmd: "x" })).rejects.toMatchObject({ code: "protocol" });
  });

  it("lose nothing where the pipes are full", async () => {
    const server = startServer({ STDERR_PER_REQUEST: "200000" });
    const cmds = Array.from({ length: 40 }, (_, n) => `def f${n} := 1 -- ${"x".repeat(300_000)}`);
    const answers = await Promise.all(cmds.map((cmd) => server.run({ cmd }, pipelined)));
    expect(answers).toEqual(cmds.map((_, env) => ({ env })));
  });

  it("are rejected where the server is closed, also while the REPL reads nothing", async () => {
    const { launch, log } = simulate({ HANG_AT: "1" });
    const server = new LeanServer(launch);
    const cmds = Array.from({ length: 20 }, () => `-- ${"x".repeat(300_000)}`);
    const asked = Promise.allSettled(cmds.map((cmd) => server.run({ cmd }, pipelined)));
    await until(() => log().some(({ event }) => event === "request"), "the REPL was asked");
    await server.close();
    const [first, ...others] = outcomes(await asked);
    expect(first).toEqual(["closed", "run"]);
    expect(others).toEqual(others.map(() => ["closed", "waiting"]));
    expect(isRunning(server.pid ?? 0)).toBe(false);
  });

  it("are all rejected with the reason of an abort", async () => {
    const { launch, log } = simulate({ HANG_AT: "2" });
    const controller = new AbortController();
    const server = new LeanServer(launch, { signal: controller.signal });
    const asked = askFor(server, ["a", "b", "c", "d"]);
    const requests = () => log().filter(({ event }) => event === "request").length;
    await until(() => requests() === 2, "the REPL hangs");
    controller.abort(Object.assign(new Error("enough"), { code: "enough", turn: "any" }));
    const aborted = ["enough", "any"];
    expect(outcomes(await asked)).toEqual([{ env: 0 }, aborted, aborted, aborted]);
  });

  it("are told in the log each with its answer", async () => {
    const lines: string[] = [];
    const server = startServer({}, { verbose: true, log: (line) => lines.push(line) });
    await askFor(server, ["a", "b", "c"]);
    expect(lines.map((line) => line.slice(0, 2))).toEqual(["> ", "< ", "> ", "< ", "> ", "< "]);
  });
});
