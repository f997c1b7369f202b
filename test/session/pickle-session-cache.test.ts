import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isErrorAnswer } from "../../src/repl/protocol.ts";
import { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import { readManifest } from "../../src/store/manifest/read-manifest.ts";
import { temporaryFolder } from "../support/folders.ts";
import { simulate, startAutoServer, startServer } from "../support/servers.ts";
import { addCode, addGoal, THEOREM } from "../support/states.ts";
import { until } from "../support/wait.ts";

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

  it("tells what the REPL died of, even where the folder is gone by then", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    const dying = startServer({ CLOSURES_AT: "1" });
    const request = { cmd: "def g := 1" };
    const answer = await dying.run(request);
    const adding = cache.add(dying, request, answer);
    adding.catch(() => {});
    await until(() => existsSync(join(folder, "session_cache", ".gitignore")), "it pickles");
    rmSync(folder, { recursive: true, force: true });
    await expect(adding).rejects.toMatchObject({ code: "pickle-failed" });
  });

  it("refuses a state that is in a cache already", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    const { launch } = simulate();
    const server = startAutoServer(launch, { sessionCache: cache });
    const request = { cmd: "def f := 1" };
    const answer = await server.run(request, { addToSessionCache: true });
    await expect(cache.add(server, request, answer)).rejects.toThrow(/-1 is a session id/);
    expect([...cache.keys()]).toEqual([-1]);
  });

  it("takes a sorry for the proof state that it names", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    const server = startServer();
    const request = { cmd: THEOREM };
    const answer = await server.run(request);
    const [sorry] = isErrorAnswer(answer) ? [] : (answer.sorries ?? []);
    const proofState = sorry?.proofState ?? -1;
    expect(await cache.add(server, request, { proofState }, { name: "goal" })).toBe(-1);
    expect(cache.find("goal")?.entry.goals).toEqual([sorry?.goal]);
  });

  it("stays where it is when the current directory changes", async () => {
    const folder = temporaryFolder();
    const before = process.cwd();
    process.chdir(folder);
    try {
      const cache = new PickleSessionCache(".");
      process.chdir(before);
      await addCode(cache, startServer(), "def f := 1");
      expect(existsSync(join(folder, "lean-pickle.json"))).toBe(true);
      expect(cache.get(-1)?.pickleFile.startsWith(folder)).toBe(true);
    } finally {
      process.chdir(before);
    }
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
    rmSync(path, { force: true });
    mkdirSync(path);
    const { removed, leftOver } = await cache.removeAll([-1]);
    expect(removed).toHaveLength(1);
    expect(leftOver).toMatchObject([{ path }]);
    expect(readManifest(folder).states).toEqual([]);
  });
});
