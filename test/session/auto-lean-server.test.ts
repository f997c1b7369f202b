import { describe, expect, it } from "vitest";
import { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import { newServer } from "../support/auto-servers.ts";
import { temporaryFolder } from "../support/folders.ts";
import { simulate, startAutoServer } from "../support/servers.ts";
import { THEOREM } from "../support/states.ts";

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

  it("finds a state that another cache on the same directory has added", async () => {
    const { launch } = simulate();
    const folder = temporaryFolder();
    const server = startAutoServer(launch, { sessionCache: new PickleSessionCache(folder) });
    const other = startAutoServer(launch, { sessionCache: new PickleSessionCache(folder) });
    await other.run({ cmd: "def f := 42" }, { addToSessionCache: true });
    expect(await server.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toHaveProperty("env");
  });

  it("loads a state when it is first used, and once", async () => {
    const { launch, log } = simulate();
    const folder = temporaryFolder();
    const first = startAutoServer(launch, { sessionCache: new PickleSessionCache(folder) });
    for (const name of ["a", "b", "c"]) {
      await first.run({ cmd: `def ${name} := 1` }, { addToSessionCache: true });
    }
    const second = startAutoServer(launch, { sessionCache: new PickleSessionCache(folder) });
    const before = log().length;
    await second.run({ cmd: "#check b", env: -2 });
    await second.run({ cmd: "#check b", env: -2 });
    // The header that all share, the code of the state, and the two requests.
    const commands = log()
      .slice(before)
      .filter(({ detail }) => detail === "command");
    expect(commands).toHaveLength(4);
  });

  it("loads a state once for several requests at once", async () => {
    const { launch, log } = simulate();
    const folder = temporaryFolder();
    const first = startAutoServer(launch, { sessionCache: new PickleSessionCache(folder) });
    await first.run({ cmd: "def a := 1" }, { addToSessionCache: true });
    const second = startAutoServer(launch, { sessionCache: new PickleSessionCache(folder) });
    const before = log().length;
    await Promise.all([1, 2, 3].map(() => second.run({ cmd: "#check a", env: -1 })));
    const commands = log()
      .slice(before)
      .filter(({ detail }) => detail === "command");
    expect(commands).toHaveLength(5);
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

  it("has a cache of its own in the current directory where none is given", async () => {
    const folder = temporaryFolder();
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
    expect(await two.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toEqual({ env: 2 });
    expect(await one.run({ cmd: "example : f = 42 := by rfl", env: -1 })).toEqual({ env: 2 });
  });

  it("does nothing more once it is closed", async () => {
    const { server } = newServer();
    await server.run({ cmd: "def f := 1" });
    await server.close();
    await expect(server.run({ cmd: "def f := 1" })).rejects.toMatchObject({ code: "closed" });
  });
});
