import { chmodSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { simulate, startAutoServer, startServer } from "../../support/servers.ts";
import { addCode } from "../../support/states.ts";

/** A cache with a pickle that everyone could have written. */
async function suspectCache(): Promise<string> {
  const folder = temporaryFolder();
  const cache = new PickleSessionCache(folder);
  await addCode(cache, startServer(), "def f := 42");
  chmodSync(cache.get(-1)?.pickleFile ?? "", 0o666);
  return folder;
}

describe("a pickle that somebody else could have written", () => {
  it("is refused by a server that was asked for it, with a code of its own", async () => {
    const sessionCache = new PickleSessionCache(await suspectCache(), { restore: "pickle" });
    const server = startAutoServer(simulate().launch, { sessionCache });
    await expect(server.run({ cmd: "#check f", env: -1 })).rejects.toMatchObject({
      code: "untrusted",
      message: expect.stringContaining("can be written by everyone"),
    });
    expect(await server.run({ cmd: "def g := 1" })).toMatchObject({ env: 0 });
  });

  it("is not needed to run the recipe of its state", async () => {
    const sessionCache = new PickleSessionCache(await suspectCache());
    const server = startAutoServer(simulate().launch, { sessionCache });
    expect(await server.run({ cmd: "#check f", env: -1 })).toHaveProperty("env");
  });

  it("is loaded by a cache that trusts it", async () => {
    const sessionCache = new PickleSessionCache(await suspectCache(), {
      trust: true,
      restore: "pickle",
    });
    const server = startAutoServer(simulate().launch, { sessionCache });
    expect(await server.run({ cmd: "#check f", env: -1 })).toHaveProperty("env");
  });

  it("is no verdict on the others", async () => {
    const folder = await suspectCache();
    await addCode(new PickleSessionCache(folder), startServer(), "def g := 1");
    const verdicts = await new PickleSessionCache(folder).reload(startServer());
    expect(verdicts.map(({ status }) => status)).toEqual(["failed", "loaded"]);
  });
});
