import { describe, expect, it, onTestFinished } from "vitest";
import { type RepeatRule, RestartingServer } from "../../src/session/restarting-server.ts";
import { simulate } from "../support/servers.ts";

/** A server that starts anew, how often it did, and how often it was asked for something. */
function restarting(settings: Record<string, string>) {
  const { launch, log } = simulate(settings);
  const server = new RestartingServer(launch, {});
  onTestFinished(() => server.close());
  const run = (cmd: string, repeat?: RepeatRule, timeout?: number) =>
    server.run((process) => process.run({ cmd }, timeout ? { timeout } : {}), repeat);
  const count = (wanted: string) => log().filter(({ event }) => event === wanted).length;
  return { run, starts: () => count("start"), requests: () => count("request") };
}

describe("work in a REPL that ends", () => {
  it("is done again once if other work was done there before, which may be to blame", async () => {
    const { run, starts, requests } = restarting({ CRASH_ON: "boom" });
    await run("def a := 1");
    await expect(run("def boom := 1")).rejects.toMatchObject({ code: "repl-died" });
    // The third process shows that this is a REPL: the second one never answered.
    expect([starts(), requests()]).toEqual([3, 4]);
  });

  it("is not done again if it was the first work there", async () => {
    const { run, starts, requests } = restarting({ CRASH_ON: "boom" });
    await expect(run("import Lean\ndef boom := 1")).rejects.toMatchObject({ code: "repl-died" });
    // The second process shows that this is a REPL.
    expect([starts(), requests()]).toEqual([2, 2]);
  });

  it("is not done again if it took too long: it has had its time", async () => {
    const { run, starts, requests } = restarting({ HANG_ON: "hang" });
    await run("def a := 1");
    await expect(run("def hang := 1", "harmless", 0.3)).rejects.toMatchObject({ code: "timeout" });
    expect([starts(), requests()]).toEqual([1, 2]);
  });

  it.each(["never", "unsent"] as const)(
    "is not done again where it may not be: %s",
    async (rule) => {
      const { run, starts, requests } = restarting({ CRASH_ON: "boom" });
      await run("def a := 1");
      await expect(run("def boom := 1", rule)).rejects.toMatchObject({ code: "repl-died" });
      expect([starts(), requests()]).toEqual([1, 2]);
    },
  );
});
