import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { picklePath } from "../../src/remote/pickle-transfer.ts";
import { statePath } from "../../src/remote/remote.ts";
import type { RemoteState } from "../../src/remote/state-file.ts";
import { cut, drip, drop, type Fault, hang, startServer, status, swapFor } from "./http-server.ts";
import { fetchState, filled, KEYS, open, PREFIX, SHORT } from "./remotes.ts";
import { configAt, pemPair, sha256, writePickle } from "./samples.ts";

describe("reading", () => {
  it("brings a state and its pickle", async () => {
    const { remote, sample, target, notes, server } = await filled();
    expect(await remote.find(sample.key)).toEqual({ ...sample.parts, isSigned: false });
    expect(await fetchState(remote, sample, target)).toBe(true);
    expect(readFileSync(target).equals(sample.pickle)).toBe(true);
    expect(remote.counters).toMatchObject({ fetched: 1, missing: 0, sent: 0 });
    expect(server.requests).toContain(`GET ${PREFIX}${picklePath(sample.parts.state)}`);
    expect(notes).toEqual([]);
  });

  it("keeps its connection, whatever is answered", async () => {
    const { remote, sample, target, folder, server } = await filled({}, KEYS);
    const before = server.connections;
    server.fail(status(403), 3, /states\/0{64}/);
    await fetchState(remote, sample, target);
    for (let at = 0; at < 5; at++) {
      await remote.find("0".repeat(64));
      await remote.push(sample.parts, writePickle(folder, sample), { force: true });
    }
    // A request can begin an instant before the connection of the last one is free.
    expect(server.connections - before).toBeLessThan(10);
  });

  it("says nothing about a state that is not there, or not to be seen", async () => {
    const { remote, notes, server } = await filled();
    expect(await remote.find("0".repeat(64))).toBeUndefined();
    server.fail(status(403, "AccessDenied"), 10);
    for (let at = 0; at < 5; at++) {
      expect(await remote.find("0".repeat(64))).toBeUndefined();
    }
    expect(remote.isOff).toBe(false);
    expect(remote.counters.missing).toBe(6);
    expect(notes).toEqual([]);
  });

  it.each<[what: string, fault: Fault]>([
    ["503", status(503, "SlowDown")],
    ["500", status(500)],
    ["429", status(429)],
    ["a dropped connection", drop],
    ["a cut body", cut],
  ])("tries again after %s, twice at most", async (_what, fault) => {
    const { remote, sample, target, notes, server } = await filled();
    server.fail(fault, 2, /states/);
    server.fail(fault, 2, /pickles/);
    expect(await fetchState(remote, sample, target)).toBe(true);
    expect(readFileSync(target).equals(sample.pickle)).toBe(true);
    expect(notes).toEqual([]);
    expect(server.requests).toHaveLength(6);

    server.fail(fault, 3);
    expect(await remote.find(sample.key)).toBeUndefined();
    expect(server.requests).toHaveLength(9);
    expect(notes).toMatchObject([{ kind: "failure" }]);
    expect(await remote.find(sample.key)).toBeDefined();
  });

  it.each<[what: string, fault: Fault, says: RegExp]>([
    ["hangs", hang, /made no progress for 0\.1 s/],
    ["sends a byte now and then", drip, /made no progress for 0\.1 s/],
  ])("gives a server up that %s", async (_what, fault, says) => {
    const { remote, sample, sentences, server } = await filled({ ...SHORT, stallMs: 60 });
    server.fail(fault, 1, /states/);
    expect(await remote.find(sample.key)).toBeUndefined();
    expect(sentences("failure")).toEqual([expect.stringMatching(says)]);
  });

  it("gives up a connection that is not encrypted in time", async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    const { remote, sentences } = open(configAt(`https://127.0.0.1:${port}`), {
      ...SHORT,
      stallMs: 60_000,
    });
    onTestFinished(() => {
      silent.close();
    });
    expect(await remote.find("0".repeat(64))).toBeUndefined();
    expect(sentences("failure")).toEqual([expect.stringContaining("no connection after 0.05 s")]);
  });

  it.each<[what: string, fault: (pickle: Buffer) => Fault, says: RegExp]>([
    ["other bytes", (pickle) => swapFor(Buffer.alloc(pickle.length)), /its SHA-256 is another/],
    ["fewer bytes", (pickle) => swapFor(pickle.subarray(1)), /it has 999 bytes instead of 1000/],
    ["more bytes", (pickle) => swapFor(Buffer.concat([pickle, pickle])), /more than 1000 bytes/],
    [
      "the announcement of fewer",
      (pickle) => swapFor(pickle.subarray(1), { "content-length": "999" }),
      /it has 999 bytes instead of 1000/,
    ],
    [
      "the announcement of more",
      () => swapFor(Buffer.alloc(0), { "content-length": "1001" }),
      /more than 1000 bytes/,
    ],
    ["nothing", () => status(404), /it is missing/],
  ])("takes no pickle with %s, and leaves nothing", async (_what, fault, says) => {
    const { remote, sample, target, folder, sentences, server } = await filled();
    server.fail(fault(sample.pickle), 1, /pickles/);
    const before = readdirSync(folder);
    expect(await fetchState(remote, sample, target)).toBe(false);
    expect(readdirSync(folder)).toEqual(before);
    expect(sentences("miss")).toEqual([expect.stringMatching(says)]);
    expect(sentences("miss")[0]).toContain(`state ${sample.key.slice(0, 12)}`);
    expect(remote.counters).toMatchObject({ fetched: 0, missing: 1 });
    expect(await fetchState(remote, sample, target)).toBe(true);
  });

  it("takes any bytes as a pickle only if their digest fits", async () => {
    const { remote, sample, folder, server } = await filled();
    const found = (await remote.find(sample.key)) as RemoteState;
    const path = PREFIX + picklePath(found.state);
    const one = fc.uint8Array({ minLength: 1000, maxLength: 1000 });
    let count = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(one, fc.uint8Array(), fc.constant(sample.pickle)),
        async (bytes) => {
          server.objects.set(path, Buffer.from(bytes));
          const target = join(folder, `${count++}`);
          const isSame = sha256(bytes) === found.state.sha256;
          expect(await remote.fetchPickle(found, target)).toBe(isSame);
          expect(existsSync(target)).toBe(isSame);
        },
      ),
    );
  });

  it("never writes over a file, nor fails where none can be written", async () => {
    const { remote, sample, folder, sentences } = await filled();
    const there = join(folder, "there");
    writeFileSync(there, "mine");
    expect(await fetchState(remote, sample, there)).toBe(false);
    expect(readFileSync(there, "utf8")).toBe("mine");
    expect(await fetchState(remote, sample, join(folder, "no", "such"))).toBe(false);
    expect(sentences("failure")).toEqual([
      expect.stringMatching(/was not stored\..*EEXIST/),
      expect.stringMatching(/was not stored\..*ENOENT/),
    ]);
    expect(remote.isOff).toBe(false);
  });

  it("reads no file of a state, and no pickle, that is too large", async () => {
    const { remote, sample, target, sentences } = await filled({ stateBytes: 100 });
    expect(await remote.find(sample.key)).toBeUndefined();
    expect(sentences("miss")).toEqual([expect.stringContaining("more than 100 bytes")]);
    const small = await filled({ pickleBytes: 999 });
    expect(await fetchState(small.remote, small.sample, target)).toBe(false);
    expect(small.sentences("miss")).toEqual([expect.stringContaining("more than are read")]);
  });

  it("takes only what is signed where keys are configured", async () => {
    const [{ privatePem, publicPem }, other] = [pemPair(), pemPair()];
    const { server, sample } = await filled({}, { LEAN_PICKLE_REMOTE_SIGN_KEY: privatePem });
    const find = (LEAN_PICKLE_REMOTE_KEYS: string) =>
      open(configAt(server.endpoint, { LEAN_PICKLE_REMOTE_KEYS })).remote.find(sample.key);
    expect(await find(publicPem)).toMatchObject({ isSigned: true });
    expect(await find(other.publicPem + publicPem)).toMatchObject({ isSigned: true });
    expect(await find(other.publicPem)).toBeUndefined();
  });

  it("follows redirects of a web server, but not everywhere", async () => {
    const { server, sample, target } = await filled();
    const { remote, sentences } = open(configAt("", {}, `${server.endpoint}/elsewhere`));
    const to = (location: string) => status(302, undefined, { location });
    const path = statePath(sample.key);
    server.fail(to(`/x?y=1`), 1, /elsewhere/);
    server.fail(to(`${server.endpoint}${PREFIX}${path}`), 1, /\/x/);
    server.fail(to(`${PREFIX}${picklePath(sample.parts.state)}`), 1, /elsewhere.*pickles/);
    expect(await fetchState(remote, sample, target)).toBe(true);
    server.fail(to("http://example.org/"), 1);
    expect(await remote.find(sample.key)).toBeUndefined();
    expect(sentences("failure")).toEqual([expect.stringContaining("where nothing is read from")]);
    server.fail(to("/round"), 10);
    expect(await remote.find(sample.key)).toBeUndefined();
    expect(sentences("failure")[1]).toContain("redirects more than 5 times");
  });

  it("sends signatures for S3 only, and a token where there is one", async () => {
    const server = await startServer();
    const find = (env: NodeJS.ProcessEnv, url?: string) =>
      open(configAt(server.endpoint, env, url)).remote.find("0".repeat(64));
    await find({ ...KEYS, AWS_SESSION_TOKEN: "TOKEN", AWS_REGION: "eu-west-1" });
    expect(server.lastHeaders).toMatchObject({
      authorization: expect.stringMatching(/^AWS4-HMAC-SHA256 Credential=AK\/\d+\/eu-west-1\/s3\//),
      "x-amz-content-sha256": sha256(Buffer.alloc(0)),
      "x-amz-security-token": "TOKEN",
    });
    await find({});
    expect(server.lastHeaders).not.toHaveProperty("authorization");
    await find(KEYS, server.endpoint);
    expect(server.lastHeaders).not.toHaveProperty("authorization");
  });
});
