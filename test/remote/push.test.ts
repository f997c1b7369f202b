import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { RemoteLimits } from "../../src/remote/limits.ts";
import { picklePath } from "../../src/remote/pickle-transfer.ts";
import { statePath } from "../../src/remote/remote.ts";
import { temporaryFolder } from "../support/folders.ts";
import { drop, type Fault, startServer, status, type TestServer } from "./http-server.ts";
import { fetchState, KEYS, open, PREFIX, SHORT } from "./remotes.ts";
import { configAt, pemPair, type Sample, sampleState, writePickle } from "./samples.ts";

describe("push", () => {
  async function writer(env: NodeJS.ProcessEnv = {}, limits: Partial<RemoteLimits> = {}) {
    const server = await startServer();
    const sample = sampleState();
    const path = writePickle(temporaryFolder(), sample);
    return {
      server,
      sample,
      path,
      ...open(configAt(server.endpoint, { ...KEYS, ...env }), limits),
    };
  }

  it("sends the pickle first and the state last, and nothing twice", async () => {
    const { server, sample, path, remote } = await writer();
    const [stateAt, pickleAt] = [
      PREFIX + statePath(sample.key),
      PREFIX + picklePath(sample.parts.state),
    ];
    const first = await remote.push(sample.parts, path);
    expect(first).toMatchObject({ sent: true, sentPickle: true });
    expect(first.bytes).toBe(1000 + (server.objects.get(stateAt)?.length ?? 0));
    expect(server.requests).toEqual([
      `GET ${stateAt}`,
      `HEAD ${pickleAt}`,
      `PUT ${pickleAt}`,
      `PUT ${stateAt}`,
    ]);
    server.requests.length = 0;
    expect(await remote.push(sample.parts, path)).toEqual({
      sent: false,
      sentPickle: false,
      bytes: 0,
    });
    expect(server.requests).toEqual([`GET ${stateAt}`, `HEAD ${pickleAt}`]);
    expect(await remote.push(sample.parts, path, { force: true })).toEqual(first);
    expect(remote.counters).toMatchObject({ sent: 2, bytesSent: 2 * first.bytes });
  });

  it.each<
    [what: string, damage: (server: TestServer, sample: Sample) => void, sentPickle: boolean]
  >([
    ["state's file", ({ objects }, { key }) => objects.delete(PREFIX + statePath(key)), false],
    [
      "readable state's file",
      ({ objects }, { key }) => objects.set(PREFIX + statePath(key), Buffer.from("{}")),
      false,
    ],
    ["pickle", ({ objects }, { parts }) => objects.delete(PREFIX + picklePath(parts.state)), true],
    [
      "whole pickle",
      ({ objects }, { parts }) => objects.set(PREFIX + picklePath(parts.state), Buffer.alloc(9)),
      true,
    ],
  ])("sends again where there is no %s", async (_what, damage, sentPickle) => {
    const { server, sample, path, remote } = await writer();
    await remote.push(sample.parts, path);
    damage(server, sample);
    expect(await remote.push(sample.parts, path)).toMatchObject({ sent: true, sentPickle });
    expect(await fetchState(remote, sample, join(temporaryFolder(), "x"))).toBe(true);
  });

  it("signs in place of what is not signed", async () => {
    const { privatePem } = pemPair();
    const { server, sample, path, remote } = await writer();
    await remote.push(sample.parts, path);
    const env = { ...KEYS, LEAN_PICKLE_REMOTE_SIGN_KEY: privatePem };
    const signer = open(configAt(server.endpoint, env)).remote;
    expect(await signer.push(sample.parts, path)).toMatchObject({ sent: true, sentPickle: false });
    expect(await signer.push(sample.parts, path)).toMatchObject({ sent: false });
  });

  it("writes where reading is not allowed", async () => {
    const { server, sample, path, remote } = await writer();
    server.fail(status(403), 2, /^(GET|HEAD)/);
    expect(await remote.push(sample.parts, path)).toMatchObject({ sent: true });
  });

  it("reports once that it cannot write, and goes on reading", async () => {
    const { server, sample, path, remote, notes } = await writer();
    server.fail(status(403, "AccessDenied"), 1000, /PUT/);
    await expect(remote.push(sample.parts, path)).rejects.toMatchObject({
      name: "RemoteError",
      kind: "forbidden",
      message: expect.stringMatching(
        /^Could not push the state \w{12} to s3:\/\/bucket\/prefix: it answered 403 \(AccessDenied\)\.$/,
      ),
    });
    await expect(remote.push(sample.parts, path)).rejects.toThrow(/it cannot be written/);
    expect(server.requests.filter((line) => line.startsWith("PUT"))).toHaveLength(1);
    expect(notes).toMatchObject([{ kind: "write" }]);
    expect(remote.isOff).toBe(false);
  });

  it("goes on where it was interrupted", async () => {
    const { server, sample, path, remote } = await writer();
    server.fail(status(503), 3, /PUT.*states/);
    await expect(remote.push(sample.parts, path)).rejects.toMatchObject({
      kind: "status",
      status: 503,
    });
    expect(await remote.find(sample.key)).toBeUndefined();
    expect(await remote.push(sample.parts, path)).toMatchObject({ sent: true, sentPickle: false });
  });

  it.each<[what: string, fault: Fault]>([
    ["503", status(503)],
    ["a dropped connection", drop],
  ])("sends the whole pickle again after %s", async (_what, fault) => {
    const { server, remote } = await writer();
    const sample = sampleState({ bytes: 3_000_000 });
    server.fail(fault, 2, /PUT.*pickles/);
    await remote.push(sample.parts, writePickle(temporaryFolder(), sample));
    const stored = server.objects.get(PREFIX + picklePath(sample.parts.state));
    expect(stored?.equals(sample.pickle)).toBe(true);
  });

  it("understands an answer that comes before all of the pickle is sent", async () => {
    const { server, remote } = await writer();
    const sample = sampleState({ bytes: 20_000_000 });
    server.fail((_request, response) => response.writeHead(403).end(), 3, /PUT/);
    const pushed = remote.push(sample.parts, writePickle(temporaryFolder(), sample));
    await expect(pushed).rejects.toMatchObject({ kind: "forbidden" });
    expect(server.requests.filter((line) => line.startsWith("PUT"))).toHaveLength(1);
  });

  it("is ended where the server takes nothing", async () => {
    const { server, remote } = await writer({}, { ...SHORT, attempts: 1 });
    const sample = sampleState({ bytes: 20_000_000 });
    server.fail(() => undefined, 1, /PUT/);
    const pushed = remote.push(sample.parts, writePickle(temporaryFolder(), sample));
    await expect(pushed).rejects.toMatchObject({ kind: "slow" });
  });

  it("refuses a pickle of another size, and one that is not there", async () => {
    const { sample, path, remote, server } = await writer();
    writeFileSync(path, "x");
    await expect(remote.push(sample.parts, path)).rejects.toThrow(/has 1 bytes instead of 1000/);
    const folder = join(temporaryFolder(), "folder");
    mkdirSync(folder);
    await expect(remote.push(sample.parts, join(folder, "x"))).rejects.toThrow(/ENOENT/);
    expect(server.objects.size).toBe(0);
  });

  it("writes nothing to a web server, and nothing to a remote that is off", async () => {
    const { server, sample, path } = await writer();
    const web = open(configAt("", {}, `${server.endpoint}/x`)).remote;
    await expect(web.push(sample.parts, path)).rejects.toThrow(/a web server can only be read/);
    const { remote } = open(configAt(server.endpoint, KEYS));
    server.fail(status(401), 1);
    await remote.find(sample.key);
    await expect(remote.push(sample.parts, path)).rejects.toThrow(
      /it is off for the rest of this run/,
    );
  });
});
