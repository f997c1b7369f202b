import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { withLock } from "../../../src/store/lock/lock.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { startServer } from "../../support/servers.ts";
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
