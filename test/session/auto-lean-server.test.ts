import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ReplConnection } from "../../src/repl/connection.ts";
import { ReplMemoryError } from "../../src/repl/errors.ts";
import type { ReplAnswer, ReplRequest } from "../../src/repl/protocol.ts";
import { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import {
  BaseSessionCache,
  type SessionState,
  type Verdict,
} from "../../src/session/session-cache.ts";
import { temporaryFolder } from "../support/folders.ts";
import { simulate, startAutoServer } from "../support/servers.ts";

const THEOREM = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";

function newServer(settings: Record<string, string> = {}, options = {}) {
  const { launch, log } = simulate(settings);
  const sessionCache = new PickleSessionCache(temporaryFolder());
  const server = startAutoServer(launch, { sessionCache, ...options });
  const starts = () => log().filter(({ event }) => event === "start").length;
  return { server, starts, log, cache: sessionCache };
}

describe("AutoLeanServer", () => {
  it("keeps what it is told to, answers with the session id, and takes that wherever an id stands", async () => {
    const { server } = newServer();
    const base = await server.run({ cmd: "def f := 42" }, { addToSessionCache: true });
    expect(base).toMatchObject({ env: -1 });
    expect(await server.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toEqual({ env: 1 });
    await server.run({ cmd: THEOREM, env: -1 });
    const split = { tactic: "apply And.intro", proofState: 0 };
    const kept = await server.run(split, { addToSessionCache: true });
    expect(kept).toMatchObject({ proofState: -2, goals: { length: 2 } });
    expect(await server.run({ tactic: "exact hp", proofState: -2 })).toMatchObject({
      goals: { length: 1 },
    });
  });

  it("goes on with its cache after a crash, and asks nothing again that may have been the cause", async () => {
    const { server, starts, log } = newServer({ CRASH_ON: "boom" });
    await server.run({ cmd: "def f := 42" }, { addToSessionCache: true });
    await expect(server.run({ cmd: "def boom := f", env: -1 })).rejects.toMatchObject({
      code: "repl-died",
    });
    expect(await server.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toHaveProperty("env");
    expect(starts()).toBe(2);
    expect(log().filter(({ detail }) => detail === "command")).toHaveLength(3);
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

  it("gives up where a new REPL has too much memory at once", async () => {
    const { server } = newServer({}, { memoryLimit: 1 });
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

  it("loads a state when it is first used, and once", async () => {
    const { launch, log } = simulate();
    const folder = temporaryFolder();
    const first = startAutoServer(launch, { sessionCache: new PickleSessionCache(folder) });
    for (const name of ["a", "b", "c"]) {
      await first.run({ cmd: `def ${name} := 1` }, { addToSessionCache: true });
    }
    const second = startAutoServer(launch, { sessionCache: new PickleSessionCache(folder) });
    await second.run({ cmd: "#check b", env: -2 });
    await second.run({ cmd: "#check b", env: -2 });
    expect(log().filter(({ detail }) => detail === "unpickleEnv")).toHaveLength(1);
  });

  it("says which state there is not, or that it is of the other kind", async () => {
    const { server, starts } = newServer();
    await expect(server.run({ cmd: "x", env: -7 })).rejects.toMatchObject({
      code: "no-such-state",
    });
    expect(starts()).toBe(0);
    await server.run({ cmd: "def f := 1" }, { addToSessionCache: true });
    const asProofState = server.run({ tactic: "rfl", proofState: -1 });
    await expect(asProofState).rejects.toThrow(/-1 is an environment/);
  });

  it("returns what the REPL refused, and keeps nothing of it", async () => {
    const { server, cache } = newServer();
    const answer = await server.run({ cmd: "x", env: 3 }, { addToSessionCache: true });
    expect(answer).toEqual({ message: "Unknown environment." });
    expect(cache.isEmpty()).toBe(true);
  });

  it("has a cache of its own in the current directory where none is given", async () => {
    const folder = mkdtempSync(join(tmpdir(), "lean-pickle-cwd-"));
    const before = process.cwd();
    process.chdir(folder);
    try {
      const server = startAutoServer(simulate().launch, {});
      expect(await server.run({ cmd: "def f := 1" }, { addToSessionCache: true })).toEqual({
        env: -1,
      });
      expect(new PickleSessionCache(folder).has(-1)).toBe(true);
    } finally {
      process.chdir(before);
    }
  });

  it("shares a cache with others", async () => {
    const { launch } = simulate();
    const sessionCache = new PickleSessionCache(temporaryFolder());
    const one = startAutoServer(launch, { sessionCache });
    const two = startAutoServer(launch, { sessionCache });
    await one.run({ cmd: "def unrelated := 1" });
    await one.run({ cmd: "def f := 42" }, { addToSessionCache: true });
    expect(await two.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toEqual({ env: 1 });
    expect(await one.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toEqual({ env: 2 });
  });

  it("does nothing more once it is closed", async () => {
    const { server } = newServer();
    await server.run({ cmd: "def f := 1" });
    await server.close();
    await expect(server.run({ cmd: "def f := 1" })).rejects.toThrow(/closed/);
  });
});

/** A cache that keeps the code of environments, and runs it again: not a pickle in sight. */
class CodeCache extends BaseSessionCache {
  readonly #code = new Map<number, string>();
  #loaded: { server: ReplConnection; ids: Map<number, number> } | undefined;
  reloads = 0;

  async add(server: ReplConnection, request: ReplRequest, response: ReplAnswer): Promise<number> {
    const id = -this.#code.size - 1;
    this.#code.set(id, String(request.cmd));
    this.#loaded ??= { server, ids: new Map() };
    this.#loaded.ids.set(id, Number(response.env));
    return id;
  }
  async remove(id: number): Promise<void> {
    this.#code.delete(id);
  }
  async reload(server: ReplConnection): Promise<Verdict[]> {
    this.reloads++;
    this.#loaded = { server, ids: new Map() };
    for (const [id, cmd] of this.#code) {
      const answer = await server.run({ cmd });
      this.#loaded.ids.set(id, Number(answer.env));
    }
    return [];
  }
  getReplId(id: number, server: ReplConnection): number | undefined {
    return this.#loaded?.server === server ? this.#loaded.ids.get(id) : undefined;
  }
  isEmpty(): boolean {
    return this.#code.size === 0;
  }
  async clear(): Promise<void> {
    this.#code.clear();
  }
  get(sessionId: number): SessionState | undefined {
    return this.#code.has(sessionId)
      ? { sessionId, replId: this.#loaded?.ids.get(sessionId), isProofState: false }
      : undefined;
  }
  keys(): IterableIterator<number> {
    return this.#code.keys();
  }
  *[Symbol.iterator](): IterableIterator<SessionState> {
    for (const id of this.#code.keys()) {
      const state = this.get(id);
      if (state) {
        yield state;
      }
    }
  }
}

describe("AutoLeanServer with a cache of the user's own making", () => {
  it("goes on after a crash, though the cache still has the ids of the REPL that died", async () => {
    const sessionCache = new CodeCache();
    const { launch } = simulate({ CRASH_ON: "boom" });
    const server = startAutoServer(launch, { sessionCache });
    await server.run({ cmd: "def unrelated := 1" });
    await server.run({ cmd: "def f := 42" }, { addToSessionCache: true });
    expect(await server.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toEqual({ env: 2 });
    await expect(server.run({ cmd: "def boom := 1" })).rejects.toThrow();
    const answer = await server.run({ cmd: "example : f = 42 := by rfl", env: -1 });
    expect(answer).toEqual({ env: 4 });
    expect(sessionCache.reloads).toBe(1);
  });
});
