import { describe, expect, it } from "vitest";
import type { CommandRequest, TacticRequest } from "../../../src/repl/protocol.ts";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { startServer } from "../../support/servers.ts";
import { addCode, addGoal, THEOREM } from "../../support/states.ts";

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

  it("is whole where the base was removed while the state was being made", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    await addCode(cache, startServer(), "def f := 42");
    const server = startServer();
    const env = await cache.load(-1, server);
    await new PickleSessionCache(folder).remove(-1);
    const request = { cmd: "example : f = 42 := by rfl", env };
    await cache.add(server, request, await server.run(request));
    const entry = cache.get(-2)?.entry;
    expect(entry && cache.recipe(entry)).toEqual([{ cmd: "def f := 42" }, { cmd: request.cmd }]);
    expect(entry?.imports).toEqual([]);
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

  it("is not known where a tactic has a field whose meaning is not known", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    const server = startServer();
    await server.run({ cmd: THEOREM });
    const request = { tactic: "apply And.intro", proofState: 0, mystery: 1 } as TacticRequest;
    const id = await cache.add(server, request, await server.run(request));
    const entry = cache.get(id)?.entry;
    expect(entry && cache.recipe(entry)).toBeUndefined();
  });

  it("is not known where a request has a field whose meaning is not known", async () => {
    const cache = new PickleSessionCache(temporaryFolder());
    const server = startServer();
    const request = { cmd: "def f := 1", setOptions: [["x", true]] } as CommandRequest;
    const id = await cache.add(server, request, await server.run(request));
    const entry = cache.get(id)?.entry;
    expect(entry && cache.recipe(entry)).toBeUndefined();
  });
});
