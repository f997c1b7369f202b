import { chmodSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { manifestPath } from "../../../src/store/disk/layout.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { simulate, startAutoServer, startServer } from "../../support/servers.ts";
import { addCode, addGoal } from "../../support/states.ts";

describe("PickleSessionCache.reload", () => {
  it("gives each state an id in a new REPL, and proof states their goals", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder, { restore: "pickle" });
    const first = startServer();
    await addCode(cache, first, "def f := 42");
    await addGoal(cache, first);
    const again = new PickleSessionCache(folder, { restore: "pickle" });
    const server = startServer();
    expect(again.getReplId(-1, server)).toBeUndefined();
    const verdicts = await again.reload(server, 60);
    expect(verdicts).toMatchObject([
      { sessionId: -1, isProofState: false, replId: 0, status: "loaded" },
      { sessionId: -2, isProofState: true, replId: 0, status: "loaded" },
    ]);
    expect(again.getReplId(-2, server)).toBe(0);
    const answer = await server.run({ tactic: "exact And.intro hp hq", proofState: 0 });
    expect(answer).toMatchObject({ proofStatus: "Completed" });
  });

  it("knows the ids of several servers apart", async () => {
    const cache = new PickleSessionCache(temporaryFolder(), { restore: "pickle" });
    const [a, b] = [startServer(), startServer()];
    await a.run({ cmd: "def unrelated := 0" });
    await addCode(cache, a, "def f := 42");
    await cache.reload(b, 60);
    expect([cache.getReplId(-1, a), cache.getReplId(-1, b)]).toEqual([1, 0]);
  });

  it("hands no damaged pickle to Lean", async () => {
    const cache = new PickleSessionCache(temporaryFolder(), { restore: "pickle" });
    await addCode(cache, startServer(), "def f := 42");
    const path = cache.get(-1)?.pickleFile ?? "";
    chmodSync(path, 0o600);
    truncateSync(path, 100);
    const { launch, log } = simulate();
    const server = startAutoServer(launch, { sessionCache: cache });
    expect(await cache.reload(server, 60)).toMatchObject([
      { status: "damaged", replId: null, message: expect.stringContaining(path) },
    ]);
    expect(log()).toEqual([]);
    await expect(cache.load(-1, server)).rejects.toMatchObject({
      code: "not-loaded",
      message: expect.stringContaining("damaged"),
    });
  });

  it("says that a pickle is of another Lean", async () => {
    const cache = new PickleSessionCache(temporaryFolder(), { restore: "pickle" });
    await addCode(cache, startServer(), "def f := 42");
    const { launch } = simulate({ LEAN_VERSION: "4.99.0" });
    const server = startAutoServer(launch, { sessionCache: cache });
    const [verdict] = await cache.reload(server, 60);
    expect(verdict).toMatchObject({ status: "incompatible" });
    expect(verdict?.message).toContain("4.33.0-rc2");
  });

  it("says that a proof state came back with other goals", async () => {
    const cache = new PickleSessionCache(temporaryFolder(), { restore: "pickle" });
    await addGoal(cache, startServer());
    const server = startServer({ CHANGED_GOALS: "p" });
    const [verdict] = await cache.reload(server, 60);
    expect(verdict).toMatchObject({ status: "goals-changed", replId: null });
    const { goals, proofStatus } = cache.get(-1)?.entry ?? {};
    expect(verdict?.expected).toEqual({ goals, proofStatus });
    expect(verdict?.found?.goals).not.toEqual(goals);
    await expect(cache.load(-1, server)).rejects.toMatchObject({ code: "not-loaded" });
  });

  it("costs no other state where one kills the REPL or is too slow", async () => {
    const cache = new PickleSessionCache(temporaryFolder(), { restore: "pickle" });
    const maker = startServer();
    for (const name of ["a", "b", "c", "d"]) {
      await addCode(cache, maker, `def ${name} := 1`);
    }
    const file = (id: number) => cache.get(id)?.entry.pickleFile.slice(14, 30) ?? "";
    const { launch } = simulate({ SEGV_ON: file(-2), HANG_ON: file(-3) });
    const server = startAutoServer(launch, { sessionCache: cache });
    const verdicts = await cache.reload(server, 1);
    expect(verdicts.map(({ status }) => status)).toEqual(["loaded", "failed", "timeout", "loaded"]);
    expect(verdicts[1]?.message).toContain("SIGSEGV");
  });

  it("gives every state a verdict on a server that does not start anew, too", async () => {
    const cache = new PickleSessionCache(temporaryFolder(), { restore: "pickle" });
    const maker = startServer();
    await addCode(cache, maker, "def a := 1");
    await addCode(cache, maker, "def b := 1");
    const server = startServer({ CRASH_AT: "1" });
    const verdicts = await cache.reload(server, 60);
    expect(verdicts.map(({ status }) => status)).toEqual(["failed", "failed"]);
  });

  it("blames no state for what happened before it was tried", async () => {
    const cache = new PickleSessionCache(temporaryFolder(), { restore: "pickle" });
    const maker = startServer();
    await addCode(cache, maker, "def a := 1");
    await addCode(cache, maker, "def b := 1");
    const slow = await cache.reload(startServer({ HANG_AT: "1" }), 0.2);
    expect(slow.map(({ status }) => status)).toEqual(["timeout", "failed"]);
    const other = await cache.reload(startServer({ LEAN_VERSION: "4.99.0" }), 60);
    expect(other.map(({ status }) => status)).toEqual(["incompatible", "failed"]);
  });

  it("leaves out a state that another process removed in the meantime", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder, { restore: "pickle" });
    const server = startServer();
    await addCode(cache, server, "def a := 1");
    await addCode(cache, server, "def b := 1");
    // In the order in which another process does it: the manifest first, the file second.
    const removeSecond = () => {
      const pickle = cache.get(-2)?.pickleFile ?? "";
      const states = cache.manifest.states.filter(({ sessionId }) => sessionId !== -2);
      writeFileSync(manifestPath(folder), JSON.stringify({ ...cache.manifest, states }));
      rmSync(pickle);
    };
    const verdicts = await cache.reload(startServer(), 60, {
      onState: ({ sessionId }) => void (sessionId === -2 && removeSecond()),
    });
    const statuses = verdicts.map(({ sessionId, status }) => [sessionId, status]);
    expect(statuses).toEqual([[-1, "loaded"]]);
  });

  it("says that a state is gone which was removed before it could be loaded", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder, { restore: "pickle" });
    await addCode(cache, startServer(), "def a := 1");
    await new PickleSessionCache(folder, { restore: "pickle" }).remove(-1);
    expect(cache.has(-1)).toBe(true);
    await expect(cache.load(-1, startServer())).rejects.toMatchObject({ code: "no-such-state" });
  });

  it("blames no state for the memory that others take", async () => {
    const cache = new PickleSessionCache(temporaryFolder(), { restore: "pickle" });
    const maker = startServer();
    for (const name of ["a", "b", "c"]) {
      await addCode(cache, maker, `def ${name} := 1`);
    }
    const { launch } = simulate({ IMPORT_MIB: "200", IMPORT_MS: "400" });
    const server = startAutoServer(launch, { sessionCache: cache, memoryLimit: 400 });
    const verdicts = await cache.reload(server, 60);
    expect(verdicts.map(({ status }) => status)).toEqual(["loaded", "loaded", "loaded"]);
  });

  it("stops when it is interrupted, and calls that no state's fault", async () => {
    const cache = new PickleSessionCache(temporaryFolder(), { restore: "pickle" });
    await addCode(cache, startServer(), "def a := 1");
    const server = startServer({}, { signal: AbortSignal.abort(new Error("interrupted")) });
    await expect(cache.reload(server, 60)).rejects.toThrow("interrupted");
  });
});
