import { describe, expect, it } from "vitest";
import type { ReplConnection } from "../../src/repl/connection.ts";
import type { CommandAnswer, CommandRequest, ReplRequest } from "../../src/repl/protocol.ts";
import {
  BaseSessionCache,
  type NamesState,
  type SessionState,
  type Verdict,
} from "../../src/session/state/session-cache.ts";
import { simulate, startAutoServer } from "../support/servers.ts";

/** A cache that keeps the code of environments, and runs it again: not a pickle in sight. */
class CodeCache extends BaseSessionCache {
  readonly #code = new Map<number, string>();
  #loaded: { server: ReplConnection; ids: Map<number, number> } | undefined;
  reloads = 0;

  async add(server: ReplConnection, request: ReplRequest, response: NamesState): Promise<number> {
    const id = -this.#code.size - 1;
    this.#code.set(id, (request as CommandRequest).cmd);
    this.#loaded ??= { server, ids: new Map() };
    this.#loaded.ids.set(id, (response as CommandAnswer).env);
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
      this.#loaded.ids.set(id, (answer as CommandAnswer).env);
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
