import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { isRunning } from "../support/processes.ts";
import { simulate } from "../support/servers.ts";
import { until } from "../support/wait.ts";

const library = fileURLToPath(new URL("../../dist/index.js", import.meta.url));

/** A program that uses the library: it asks what the REPL never answers, and then does this. */
function user(launch: object, then: string): string {
  return `
    import { LeanServer } from ${JSON.stringify(library)};
    const launch = ${JSON.stringify(launch)};
    const server = new LeanServer({ ...launch, env: { ...process.env, ...launch.env } });
    server.run({ cmd: "-- hang" }).catch(() => {});
    process.stdout.write(String(server.pid));
    process.stdin.once("data", () => { ${then} });
  `;
}

interface User {
  /** The process id of its REPL. */
  repl: number;
  /** Exit code and signal. */
  ended: Promise<unknown[]>;
  kill(signal: NodeJS.Signals): void;
  /** Has it do what it was started for. */
  go(): void;
}

async function startUser(then: string): Promise<User> {
  const { launch, log } = simulate({ HANG_ON: "hang" });
  const child = spawn(process.execPath, ["--input-type=module", "-e", user(launch, then)], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "close");
  const [pid] = await once(child.stdout, "data");
  await until(() => log().some(({ event }) => event === "request"), "the REPL was asked");
  return {
    repl: Number(String(pid)),
    ended,
    kill: (signal) => child.kill(signal),
    go: () => child.stdin.write("go"),
  };
}

describe("a program that uses LeanServer and does not close it", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "leaves no REPL behind when it is ended by %s, and dies of it",
    async (signal) => {
      const { repl, ended, kill } = await startUser("");
      expect(isRunning(repl)).toBe(true);
      kill(signal);
      expect(await ended).toEqual([null, signal]);
      await until(() => !isRunning(repl), "the REPL has ended");
    },
  );

  it.each([
    ["an exception that nobody catches", "throw new Error('x');"],
    ["process.exit", "process.exit(1);"],
  ])("leaves no REPL behind when it is ended by %s", async (_what, then) => {
    const { repl, ended, go } = await startUser(then);
    go();
    expect(await ended).toEqual([1, null]);
    await until(() => !isRunning(repl), "the REPL has ended");
  });
});
