import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ReplMemoryError } from "../../src/repl/errors.ts";
import { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import { cachePath } from "../../src/store/disk/layout.ts";
import { withLock } from "../../src/store/lock/lock.ts";
import { beginManifest } from "../../src/store/manifest/update-manifest.ts";
import { newServer } from "../support/auto-servers.ts";
import { temporaryFolder } from "../support/folders.ts";
import { isRunning } from "../support/processes.ts";
import { simulate, startAutoServer } from "../support/servers.ts";
import { THEOREM } from "../support/states.ts";
import { until } from "../support/wait.ts";

describe("an AutoLeanServer whose REPL ends", () => {
  it("goes on with its cache after a crash, and asks nothing again that may have been the cause", async () => {
    const { server, starts, log } = newServer({ CRASH_ON: "boom" });
    await server.run({ cmd: "def f := 42" }, { addToSessionCache: true });
    await expect(server.run({ cmd: "def boom := f", env: -1 })).rejects.toMatchObject({
      code: "repl-died",
    });
    expect(await server.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toHaveProperty("env");
    expect(starts()).toBe(2);
    // What was run, what killed the REPL, the recipe of the state in two requests, and the proof.
    expect(log().filter(({ detail }) => detail === "command")).toHaveLength(5);
  });

  it("goes on after a timeout", async () => {
    const { server, starts } = newServer({ HANG_ON: "hang" });
    await server.run({ cmd: "def f := 42" }, { addToSessionCache: true });
    const hanging = server.run({ cmd: "-- hang", env: -1 }, { timeout: 0.2 });
    await expect(hanging).rejects.toMatchObject({ code: "timeout" });
    expect(await server.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toHaveProperty("env");
    expect(starts()).toBe(2);
  });

  it("asks again what had to wait behind the request that ended the REPL", async () => {
    const { server, starts } = newServer({ CRASH_ON: "boom" });
    const [boom, later] = await Promise.allSettled([
      server.run({ cmd: "def boom := 1" }),
      server.run({ cmd: "def later := 1" }),
    ]);
    expect(boom.status).toBe("rejected");
    expect(later).toEqual({ status: "fulfilled", value: { env: 0 } });
    expect(starts()).toBe(2);
  });

  it("starts anew when the REPL has too much memory, and runs what it was asked next", async () => {
    const { server, starts } = newServer({ IMPORT_MIB: "300" }, { memoryLimit: 250 });
    // Its memory may be seen while it imports, or before the next request.
    await server.run({ cmd: "import Lean" }).catch((error: unknown) => {
      expect(error).toBeInstanceOf(ReplMemoryError);
    });
    expect(await server.run({ cmd: "def f := 1" })).toHaveProperty("env");
    expect(starts()).toBe(2);
  });

  it("gives up on a REPL that ends whenever it is started", async () => {
    const folder = temporaryFolder();
    const repl = join(folder, "repl.sh");
    writeFileSync(repl, `#!/bin/sh\necho start >> "${folder}/starts"\nexit 1\n`, { mode: 0o755 });
    const sessionCache = new PickleSessionCache(folder);
    for (const memoryLimit of [undefined, 1000]) {
      const server = startAutoServer({ command: repl }, { sessionCache, memoryLimit });
      await expect(server.run({ cmd: "x" })).rejects.toMatchObject({ code: "repl-died" });
    }
    const starts = readFileSync(join(folder, "starts"), "utf8").split("\n").length - 1;
    expect(starts).toBeLessThanOrEqual(4);
  });

  it("has no second REPL before the first is gone", async () => {
    const { server, log } = newServer({ HANG_ON: "hang", IGNORE_SIGTERM: "1" });
    await server.run({ cmd: "def f := 1" });
    const first = log()[0]?.pid ?? 0;
    const hanging = server.run({ cmd: "-- hang" }, { timeout: 0.1 });
    const later = hanging.catch(() => server.run({ cmd: "def g := 1" }));
    await until(
      () => !isRunning(first) || log().filter(({ event }) => event === "start").length > 1,
      "it ends",
    );
    expect(isRunning(first)).toBe(false);
    await later;
  });

  it("goes on with a state that was added while the REPL died", async () => {
    const { launch } = simulate({ CRASH_ON: "boom" });
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    const server = startAutoServer(launch, { sessionCache: cache });
    const request = { cmd: "def f := 42" };
    const answer = await server.run(request);
    await beginManifest(folder, {});
    let adding: Promise<number> | undefined;
    await withLock(folder, {}, async () => {
      adding = cache.add(server, request, answer);
      const isPickled = () =>
        readdirSync(cachePath(folder)).some((name) => name.endsWith(".olean"));
      await until(isPickled, "it waits for the lock");
      await expect(server.run({ cmd: "def boom := 1" })).rejects.toThrow();
      await server.run({ cmd: "def other := 1" });
    });
    expect(await adding).toBe(-1);
    expect(await server.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toHaveProperty("env");
  });

  it("gives up where a new REPL has too much memory at once", async () => {
    // It never answers: a process has little memory at first, and the next look is later.
    const { server } = newServer({ HANG_ON: "def f" }, { memoryLimit: 1 });
    await expect(server.run({ cmd: "def f := 1" })).rejects.toBeInstanceOf(ReplMemoryError);
  });

  it("never takes an id of a REPL that ended for one of the next", async () => {
    const { server } = newServer({ CRASH_ON: "boom" });
    const old = await server.run({ cmd: "def f := 42" });
    expect(old).toEqual({ env: 0 });
    await server.run({ cmd: THEOREM });
    await expect(server.run({ cmd: "def boom := 1" })).rejects.toThrow();
    expect(await server.run({ cmd: "def other := 1" })).toEqual({ env: 2 });
    await expect(server.run({ cmd: "#check f", env: 0 })).rejects.toMatchObject({
      code: "stale-id",
    });
    const answer = await server.run({ cmd: THEOREM });
    expect(answer).toMatchObject({ env: 3, sorries: [{ proofState: 1 }] });
    expect(await server.run({ tactic: "apply And.intro", proofState: 1 })).toMatchObject({
      proofState: 2,
    });
    await expect(server.run({ tactic: "rfl", proofState: 0 })).rejects.toMatchObject({
      code: "stale-id",
    });
  });

  it("knows the recipe of a state that was built on one from before a restart", async () => {
    const { server, cache } = newServer({ CRASH_ON: "boom" });
    await server.run({ cmd: "def f := 42" }, { addToSessionCache: true });
    await expect(server.run({ cmd: "def boom := 1" })).rejects.toThrow();
    await server.run({ cmd: "def g := f", env: -1 }, { addToSessionCache: true });
    const entry = cache.get(-2)?.entry;
    expect(entry && cache.recipe(entry)).toEqual([{ cmd: "def f := 42" }, { cmd: "def g := f" }]);
  });

  it("returns what the REPL refused, and keeps nothing of it", async () => {
    const { server, cache } = newServer();
    const answer = await server.run({ cmd: "x", env: 3 }, { addToSessionCache: true });
    expect(answer).toEqual({ message: "Unknown environment." });
    expect(cache.isEmpty()).toBe(true);
  });
});
