import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { addToCache } from "../../../src/session/add/add-to-cache.ts";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { fileSystem } from "../../../src/store/disk/file-system.ts";
import { withLock } from "../../../src/store/lock/lock.ts";
import { code } from "../../support/additions.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { garbage } from "../../support/kill-loop.ts";
import { simulate, startServer } from "../../support/servers.ts";
import { addCode } from "../../support/states.ts";
import { until } from "../../support/wait.ts";

describe("a pickle that was removed before it became a state's", () => {
  it("does not become one, and nothing is added", async () => {
    const folder = temporaryFolder();
    const cache = new PickleSessionCache(folder);
    const server = startServer();
    await addCode(cache, server, "def f := 1");
    const pickles = () =>
      readdirSync(join(folder, "session_cache")).filter((name) => name.endsWith(".olean"));
    const [first] = pickles();
    // As prune would, of a file that nobody seems to need: under the lock, which the addition awaits.
    const adding = await withLock(folder, {}, async () => {
      const result = addCode(cache, server, "def g := 1").catch((error: unknown) => error);
      await until(() => pickles().length === 2, "the new pickle has its name");
      rmSync(join(folder, "session_cache", pickles().find((name) => name !== first) ?? ""));
      return { result };
    });
    expect(await adding.result).toMatchObject({
      code: "pickle-failed",
      message: expect.stringContaining("was removed before it became a state's"),
    });
    expect([...new PickleSessionCache(folder)].map(({ sessionId }) => sessionId)).toEqual([-1]);
    expect(existsSync(join(folder, "session_cache", first ?? ""))).toBe(true);
  });
});

describe("a pickle that cannot be read back", () => {
  it("leaves the manifest as it was, to the byte", async () => {
    const folder = temporaryFolder();
    const { launch } = simulate();
    const add = (text: string, name: string) => {
      const addition = { code: code(text), tactics: [] };
      return addToCache(launch, new PickleSessionCache(folder), addition, { name });
    };
    await add("def f := 1", "f");
    const manifest = readFileSync(join(folder, "lean-pickle.json"), "utf8");
    const full = Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC" });
    const spy = vi.spyOn(fileSystem, "fsync").mockRejectedValueOnce(full);
    onTestFinished(() => spy.mockRestore());
    await expect(add("def g := 1", "g")).rejects.toBe(full);
    expect(readFileSync(join(folder, "lean-pickle.json"), "utf8")).toBe(manifest);
    expect(garbage(folder)).toEqual([]);
  });
});
