import { chmodSync, existsSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { LeanServer } from "../../src/repl/lean-server.ts";
import type { CommandAnswer } from "../../src/repl/protocol.ts";
import type { AutoLeanServer } from "../../src/session/auto-lean-server.ts";
import { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import { readManifest } from "../../src/store/manifest-file.ts";
import { temporaryFolder } from "../support/folders.ts";
import { simulate, startAutoServer, startServer } from "../support/servers.ts";

const THEOREM = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";

/** Runs code and adds its environment. */
async function addCode(
  cache: PickleSessionCache,
  server: LeanServer | AutoLeanServer,
  cmd: string,
) {
  const request = { cmd };
  return await cache.add(server, request, await server.run(request));
}

/** Runs code with a sorry and adds the proof state there. */
async function addGoal(cache: PickleSessionCache, server: LeanServer, cmd = THEOREM) {
  const request = { cmd };
  const { sorries } = (await server.run(request)) as CommandAnswer;
  const [sorry] = sorries ?? [];
  return await cache.add(server, request, { proofState: sorry?.proofState ?? -1, goals: [] });
}

describe("PickleSessionCache.add", () => {
  it("counts session ids down from -1, and tells what was added", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    const server = startServer();
    expect(cache.isEmpty()).toBe(true);
    expect(await addCode(cache, server, "def f := 42")).toBe(-1);
    expect(await addGoal(cache, server)).toBe(-2);
    expect([...cache.keys()]).toEqual([-1, -2]);
    expect([...cache].map(({ sessionId, isProofState }) => [sessionId, isProofState])).toEqual([
      [-1, false],
      [-2, true],
    ]);
    expect(cache.isEmpty()).toBe(false);
    expect([cache.has(-2), cache.has(-3), cache.get(-3)]).toEqual([true, false, undefined]);
    expect(cache.get(-2)).toMatchObject({
      replId: 0,
      entry: {
        goals: ["p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q"],
        proofStatus: "Incomplete: open goals remain",
        lean: { version: "4.33.0-rc2", gitHash: "d117b78f17e6e09e6c8bd87b8fbb4a0ac1e83d2f" },
      },
    });
    expect(existsSync(cache.get(-1)?.pickleFile ?? "")).toBe(true);
  });

  it("is seen by another cache on the same directory, and in another process", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    const other = new PickleSessionCache(folder);
    await addCode(cache, startServer(), "def f := 42");
    expect(other.has(-1)).toBe(false);
    other.refresh();
    expect(other.has(-1)).toBe(true);
    expect(new PickleSessionCache(folder).get(-1)?.entry).toEqual(cache.get(-1)?.entry);
  });

  it("refuses a response that names no state, and writes nothing", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    const response = { message: "Unknown environment." };
    await expect(cache.add(startServer(), { cmd: "x" }, response)).rejects.toMatchObject({
      code: "bad-request",
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("gives no id twice, not even that of the last state, which was removed", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    const server = startServer();
    await addCode(cache, server, "def f := 1");
    await cache.remove(-1);
    expect(await addCode(cache, server, "def g := 1")).toBe(-2);
    await cache.clear();
    expect(await addCode(cache, server, "def h := 1")).toBe(-3);
  });

  it("leaves the cache as it was where the REPL dies while it pickles", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    await addCode(cache, startServer(), "def f := 1");
    const before = readFileSync(join(folder, "lean-pickle.json"), "utf8");
    const pickles = readdirSync(join(folder, "session_cache"));
    const dying = startServer({ CLOSURES_AT: "1" });
    await expect(addCode(cache, dying, "def g := 1")).rejects.toMatchObject({
      code: "pickle-failed",
      hint: expect.stringContaining("repl#81"),
    });
    expect(readFileSync(join(folder, "lean-pickle.json"), "utf8")).toBe(before);
    expect(readdirSync(join(folder, "session_cache"))).toEqual(pickles);
    expect(readdirSync(join(folder, "session_cache", "tmp"))).toEqual([]);
  });

  it("takes nothing that the REPL refuses to pickle", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    const adding = cache.add(startServer(), { cmd: "x" }, { env: 7 });
    await expect(adding).rejects.toThrow(/did not pickle it: Unknown environment/);
    expect(cache.isEmpty()).toBe(true);
  });

  it("adds all of several states, or none", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    const server = startServer({ CLOSURES_AT: "2" });
    const responses = [
      await server.run({ cmd: "def f := 1" }),
      await server.run({ cmd: "def g := 1" }),
    ];
    await expect(cache.addAll(server, responses)).rejects.toMatchObject({ code: "pickle-failed" });
    expect(cache.isEmpty()).toBe(true);
    const left = readdirSync(join(folder, "session_cache")).filter((name) =>
      name.endsWith(".olean"),
    );
    expect(left).toEqual([]);
  });

  it("refuses a name that another state has, before anything is pickled", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    const { launch, log } = simulate();
    const server = startAutoServer(launch, { sessionCache: cache });
    const [one, two] = [
      await server.run({ cmd: "def f := 1" }),
      await server.run({ cmd: "def g := 1" }),
    ];
    await cache.addAll(server, [one], { names: ["x"] });
    const asked = log().length;
    await expect(cache.addAll(server, [two], { names: ["x"] })).rejects.toMatchObject({
      code: "name-taken",
      message: expect.stringContaining("-1"),
    });
    expect(log().length).toBe(asked);
    await cache.addAll(server, [two], { names: ["x"], replaceName: true });
    expect(cache.find("x")?.sessionId).toBe(-2);
    expect(cache.get(-1)?.entry.name).toBeNull();
  });

  it("makes one state each for many processes' worth of caches at once", async () => {
    const folder = temporaryFolder();
    const ids = await Promise.all(
      Array.from({ length: 6 }, async (_, index) =>
        addCode(new PickleSessionCache(folder), startServer(), `def f${index} := ${index}`),
      ),
    );
    expect(ids.sort((a, b) => b - a)).toEqual([-1, -2, -3, -4, -5, -6]);
    expect(readManifest(folder).states).toHaveLength(6);
  });
});

describe("the recipe of a state", () => {
  it("leads from nothing over every step, told by the server that made them", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    const server = startServer();
    await server.run({ cmd: "import Lean" });
    await server.run({ cmd: THEOREM, env: 0 });
    const request = { tactic: "apply And.intro", proofState: 0 };
    const id = await cache.add(server, request, await server.run(request));
    const entry = cache.get(id)?.entry;
    expect(entry && cache.recipe(entry)).toEqual([
      { cmd: "import Lean" },
      { cmd: THEOREM },
      { sorry: 0 },
      { tactic: "apply And.intro" },
    ]);
    expect(entry?.imports).toEqual(["Lean"]);
  });

  it("goes on from a state that was loaded, in another process", async () => {
    const folder = temporaryFolder();
    await addGoal(new PickleSessionCache(folder), startServer());
    const cache = new PickleSessionCache(folder);
    const server = startServer();
    const proofState = await cache.load(-1, server);
    const request = { tactic: "apply And.intro", proofState };
    await cache.add(server, request, await server.run(request));
    await cache.remove(-1);
    const entry = cache.get(-2)?.entry;
    expect(entry && cache.recipe(entry)).toEqual([
      { cmd: THEOREM },
      { sorry: 0 },
      { tactic: "apply And.intro" },
    ]);
  });

  it("gives the same key for the same making, and another one for another", async () => {
    const keys = await Promise.all(
      ["def f := 1", "def f := 1", "def f := 2"].map(async (cmd) => {
        const cache = new PickleSessionCache(temporaryFolder());
        const server = startServer();
        await server.run({ cmd: "def unrelated := 0" });
        return cache.get(await addCode(cache, server, cmd))?.entry.key;
      }),
    );
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
  });

  it("tells a pickle that somebody else made by what it is, not by how it was made", async () => {
    const folder = temporaryFolder();
    const first = new PickleSessionCache(folder);
    await addCode(first, startServer(), "def f := 1");
    const cache = new PickleSessionCache(temporaryFolder());
    const server = startServer();
    const path = first.get(-1)?.pickleFile ?? "";
    const request = { unpickleEnvFrom: path };
    const id = await cache.add(server, request, await server.run(request));
    const entry = cache.get(id)?.entry;
    expect(entry && cache.recipe(entry)).toBeUndefined();
    expect(entry?.imports).toBeNull();
    expect(entry?.key).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is not known where a request has a field whose meaning is not known", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    const server = startServer();
    const request = { cmd: "def f := 1", setOptions: [["x", true]] };
    const id = await cache.add(server, request, await server.run(request));
    const entry = cache.get(id)?.entry;
    expect(entry && cache.recipe(entry)).toBeUndefined();
  });
});

describe("PickleSessionCache.reload", () => {
  it("gives each state an id in a new REPL, and proof states their goals", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    const first = startServer();
    await addCode(cache, first, "def f := 42");
    await addGoal(cache, first);
    const again = new PickleSessionCache(folder);
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
    const cache = new PickleSessionCache(temporaryFolder());
    const [a, b] = [startServer(), startServer()];
    await a.run({ cmd: "def unrelated := 0" });
    await addCode(cache, a, "def f := 42");
    await cache.reload(b, 60);
    expect([cache.getReplId(-1, a), cache.getReplId(-1, b)]).toEqual([1, 0]);
  });

  it("hands no damaged pickle to Lean", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
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
    const cache = new PickleSessionCache(temporaryFolder());
    await addCode(cache, startServer(), "def f := 42");
    const { launch } = simulate({ LEAN_VERSION: "4.99.0" });
    const server = startAutoServer(launch, { sessionCache: cache });
    const [verdict] = await cache.reload(server, 60);
    expect(verdict).toMatchObject({ status: "incompatible" });
    expect(verdict?.message).toContain("4.33.0-rc2");
  });

  it("says that a proof state came back with other goals", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    await addGoal(cache, startServer());
    const server = startServer({ CHANGED_GOALS: "p" });
    const [verdict] = await cache.reload(server, 60);
    expect(verdict).toMatchObject({ status: "goals-changed", replId: null });
    expect(verdict?.goals).not.toEqual(cache.get(-1)?.entry.goals);
    await expect(cache.load(-1, server)).rejects.toMatchObject({ code: "not-loaded" });
  });

  it("costs no other state where one kills the REPL or is too slow", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
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
    const cache = new PickleSessionCache(temporaryFolder());
    const maker = startServer();
    await addCode(cache, maker, "def a := 1");
    await addCode(cache, maker, "def b := 1");
    const server = startServer({ CRASH_AT: "1" });
    const verdicts = await cache.reload(server, 60);
    expect(verdicts.map(({ status }) => status)).toEqual(["failed", "failed"]);
  });

  it("stops when it is interrupted, and calls that no state's fault", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    await addCode(cache, startServer(), "def a := 1");
    const server = startServer({}, { signal: AbortSignal.abort(new Error("interrupted")) });
    await expect(cache.reload(server, 60)).rejects.toThrow("interrupted");
  });
});

describe("PickleSessionCache.remove", () => {
  it("removes the entry and the file, and says so where there is none", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    await addCode(cache, startServer(), "def f := 1");
    const path = cache.get(-1)?.pickleFile ?? "";
    await cache.remove(-1);
    expect([existsSync(path), cache.has(-1)]).toEqual([false, false]);
    await expect(cache.remove(-1)).rejects.toMatchObject({ code: "no-such-state" });
  });

  it("says which pickle it could not remove, and has removed the state", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    await addCode(cache, startServer(), "def f := 1");
    const path = cache.get(-1)?.pickleFile ?? "";
    const { rmSync, mkdirSync } = await import("node:fs");
    rmSync(path, { force: true });
    mkdirSync(path);
    const { removed, leftOver } = await cache.removeAll([-1]);
    expect(removed).toHaveLength(1);
    expect(leftOver).toMatchObject([{ path }]);
    expect(readManifest(folder).states).toEqual([]);
  });
});
