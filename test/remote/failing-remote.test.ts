import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { drop, type Fault, hang, startServer, status, type TestServer } from "./http-server.ts";
import { fetchState, filled, open, SHORT } from "./remotes.ts";
import { configAt } from "./samples.ts";

describe("a remote that fails", () => {
  const SOME = Array.from({ length: 40 }, (_, at) => at.toString(16).padStart(64, "0"));

  it.each<[what: string, misbehave: (server: TestServer) => void, says: RegExp]>([
    ["is stopped", (server) => server.stop(), /the connection was (refused|dropped)/],
    ["hangs", (server) => server.fail(hang, 1000), /no progress/],
    ["answers 503", (server) => server.fail(status(503), 1000), /it answered 503/],
    ["drops connections", (server) => server.fail(drop, 1000), /the connection was dropped/],
  ])("is off after three failures in a row if it %s", async (what, misbehave, says) => {
    const { remote, server, sentences } = await filled(what === "hangs" ? SHORT : {});
    misbehave(server);
    for (const key of SOME) {
      expect(await remote.find(key)).toBeUndefined();
    }
    expect(sentences("failure")).toHaveLength(2);
    expect(sentences("off")).toEqual([
      expect.stringMatching(
        /^The remote s3:\/\/bucket\/prefix is off for the rest of this run: 3 /,
      ),
    ]);
    expect(sentences("off")[0]).toMatch(says);
    expect(server.requests.length).toBeLessThanOrEqual(10);
    expect(remote.isOff).toBe(true);
    expect(remote.counters.missing).toBe(3);
  });

  it("is off with one warning, and ends what is under way, when the time is spent", async () => {
    const limits = { stallMs: 60_000, failingMs: 100, attempts: 2 };
    const { remote, server, sentences } = await filled(limits);
    server.fail(status(503), 1);
    server.fail(hang, 1000);
    const found = await Promise.all(SOME.map((key) => remote.find(key)));
    expect(found.every((each) => each === undefined)).toBe(true);
    expect(sentences("off")).toEqual([
      expect.stringMatching(/0\.1 s were spent|3 requests in a row/),
    ]);
  });

  it.each<[what: string, fault: Fault, says: RegExp]>([
    ["401", status(401), /it answered 401: it wants credentials/],
    ["a wrong signature", status(403, "SignatureDoesNotMatch"), /is AWS_SECRET_ACCESS_KEY right/],
    ["an expired token", status(400, "ExpiredToken"), /credentials have expired/],
    ["a wrong clock", status(403, "RequestTimeTooSkewed"), /clock of this machine/],
    ["no bucket", status(404, "NoSuchBucket"), /its bucket does not exist/],
    [
      "another region",
      status(301, "PermanentRedirect", { "x-amz-bucket-region": "eu-west-1" }),
      /in region eu-west-1: set AWS_REGION/,
    ],
  ])("is off at once after %s, and says so once", async (_what, fault, says) => {
    const { remote, server, notes } = await filled();
    server.fail(fault, 1000);
    await Promise.all(SOME.map((key) => remote.find(key)));
    expect(await remote.find("0".repeat(64))).toBeUndefined();
    expect(notes).toEqual([{ kind: "off", sentence: expect.stringMatching(says) }]);
  });

  it("stops with the run", async () => {
    const run = new AbortController();
    const server = await startServer();
    server.fail((...request) => {
      hang(...request);
      run.abort(new Error("interrupted"));
    });
    const { remote, notes } = open(configAt(server.endpoint), {}, run.signal);
    await expect(remote.find("0".repeat(64))).rejects.toThrow("interrupted");
    await expect(remote.find("0".repeat(64))).rejects.toThrow("interrupted");
    expect(notes).toEqual([]);
  });

  it("leaves no half of a pickle when the run stops", async () => {
    const run = new AbortController();
    const { server, sample, folder } = await filled();
    const { remote } = open(configAt(server.endpoint), {}, run.signal);
    server.fail(
      (_request, response) => {
        response.writeHead(200, { "content-length": 1000 });
        response.write(Buffer.alloc(500), () => run.abort(new Error("interrupted")));
      },
      1,
      /pickles/,
    );
    const before = readdirSync(folder);
    await expect(fetchState(remote, sample, join(folder, "x"))).rejects.toThrow("interrupted");
    expect(readdirSync(folder)).toEqual(before);
  });
});
