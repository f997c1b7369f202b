/**
 * The remote against a real server. `test/support/s3-server.sh start DIR PORT` starts one, and prints
 * the variables that this reads: LEAN_PICKLE_TEST_S3, its endpoint, and the keys of a writer.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AwsClient } from "aws4fetch";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { checkRemote } from "../../src/remote/check-remote.ts";
import type { RemoteConfig } from "../../src/remote/config.ts";
import { picklePath } from "../../src/remote/pickle-transfer.ts";
import { Remote, type RemoteNote, statePath } from "../../src/remote/remote.ts";
import { namedLines } from "../support/batches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { SharingMachine } from "../support/sharing-machine.ts";
import { configAt, pemPair, sampleState, writePickle } from "./samples.ts";

const endpoint = process.env.LEAN_PICKLE_TEST_S3;
const bucket = `lean-pickle-${randomBytes(4).toString("hex")}`;
const keys = {
  AWS_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID,
  AWS_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY,
};

/** A remote of its own prefix, and the notes that it gives. */
function openRemote(
  env: NodeJS.ProcessEnv = {},
  path = `${bucket}/${randomBytes(4).toString("hex")}`,
) {
  const config: RemoteConfig = configAt(endpoint ?? "", { ...keys, ...env }, `s3://${path}`);
  const notes: RemoteNote[] = [];
  const remote = new Remote(config, { onNote: (note) => notes.push(note) });
  onTestFinished(() => remote.close());
  return { remote, notes, config, path };
}

function client(): AwsClient {
  return new AwsClient({
    accessKeyId: keys.AWS_ACCESS_KEY_ID ?? "",
    secretAccessKey: keys.AWS_SECRET_ACCESS_KEY ?? "",
    service: "s3",
    region: "us-east-1",
    retries: 0,
  });
}

describe.skipIf(!endpoint)("a real server (LEAN_PICKLE_TEST_S3)", () => {
  beforeAll(async () => {
    const made = await client().fetch(`${endpoint}/${bucket}`, { method: "PUT" });
    expect(made.status).toBe(200);
  });

  it.each(["plain", "a b/é+(1)!*'~/c"])("takes and gives states below %s", async (prefix) => {
    const folder = temporaryFolder();
    const { remote, notes, path } = openRemote({}, `${bucket}/${prefix}`);
    const sample = sampleState({ bytes: 3_000_000 });
    expect(await remote.find(sample.key)).toBeUndefined();
    const pushed = await remote.push(sample.parts, writePickle(folder, sample));
    expect(pushed).toMatchObject({ sent: true, sentPickle: true });

    const { remote: other } = openRemote({}, path);
    const found = await other.find(sample.key);
    expect(found).toEqual({ ...sample.parts, isSigned: false });
    const target = join(folder, "fetched.olean");
    expect(found && (await other.fetchPickle(found, target))).toBe(true);
    expect(readFileSync(target).equals(sample.pickle)).toBe(true);
    expect(other.counters).toMatchObject({ fetched: 1, missing: 0 });
    expect(notes).toEqual([]);
  });

  it("is not sent what it has, unless it is forced", async () => {
    const { remote } = openRemote();
    const sample = sampleState();
    const path = writePickle(temporaryFolder(), sample);
    await remote.push(sample.parts, path);
    expect(await remote.push(sample.parts, path)).toMatchObject({ sent: false, bytes: 0 });
    const forced = await remote.push(sample.parts, path, { force: true });
    expect(forced).toMatchObject({ sent: true, sentPickle: true });
  });

  it("refuses a pickle whose digest is another", async () => {
    const { remote } = openRemote();
    const sample = sampleState();
    const path = writePickle(temporaryFolder(), { ...sample, pickle: randomBytes(1000) });
    await expect(remote.push(sample.parts, path)).rejects.toThrow(/it answered 400/);
    expect(await remote.find(sample.key)).toBeUndefined();
  });

  it("gives nothing that was changed behind its back", async () => {
    const folder = temporaryFolder();
    const { privatePem, publicPem } = pemPair();
    const { remote, notes, config } = openRemote({
      LEAN_PICKLE_REMOTE_SIGN_KEY: privatePem,
      LEAN_PICKLE_REMOTE_KEYS: publicPem,
    });
    const sample = sampleState();
    await remote.push(sample.parts, writePickle(folder, sample));
    const found = await remote.find(sample.key);
    expect(found?.isSigned).toBe(true);

    const put = (path: string, body: string | Buffer) =>
      client().fetch(new URL(path, config.base).href, { method: "PUT", body });
    await put(picklePath(sample.parts.state), randomBytes(1000));
    const target = join(folder, "fetched.olean");
    expect(found && (await remote.fetchPickle(found, target))).toBe(false);
    expect(existsSync(target)).toBe(false);
    await put(statePath(sample.key), JSON.stringify({ version: 1, ...sample.parts }));
    expect(await remote.find(sample.key)).toBeUndefined();
    expect(notes.map(({ sentence }) => sentence)).toEqual([
      expect.stringMatching(/pickle .* is not taken: its SHA-256 is another\.$/),
      expect.stringMatching(/is not taken: its file is not signed\.$/),
    ]);
  });

  it("says once what is wrong with credentials and buckets", async () => {
    const wrong = [
      openRemote({ AWS_SECRET_ACCESS_KEY: "another" }),
      openRemote({ AWS_ACCESS_KEY_ID: "nobody" }),
      openRemote({}, "no-such-bucket-anywhere/x"),
    ];
    const said: string[] = [];
    for (const { remote, notes } of wrong) {
      for (const key of ["1", "2", "3"].map((digit) => digit.repeat(64))) {
        expect(await remote.find(key)).toBeUndefined();
      }
      expect(notes).toHaveLength(1);
      said.push(notes[0]?.sentence ?? "");
    }
    expect(said).toEqual([
      expect.stringMatching(/AWS_SECRET_ACCESS_KEY|access key/),
      expect.stringMatching(/AWS_SECRET_ACCESS_KEY|access key/),
      expect.stringContaining("its bucket does not exist"),
    ]);
  });

  it("gives strangers nothing, and takes nothing from them", async () => {
    const [id, secret] = (process.env.LEAN_PICKLE_TEST_S3_READER ?? "::").split(/:(?=[^:]*$)/);
    const nobody = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" };
    const reader = { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret };
    const sample = sampleState();
    const pickle = writePickle(temporaryFolder(), sample);
    for (const env of [nobody, ...(id ? [reader] : [])]) {
      const { remote, notes } = openRemote(env);
      expect(await remote.find(sample.key)).toBeUndefined();
      await expect(remote.push(sample.parts, pickle)).rejects.toThrow(/Could not push/);
      await expect(remote.push(sample.parts, pickle)).rejects.toThrow(/Could not push/);
      expect(notes.filter(({ kind }) => kind === "off" || kind === "write")).toHaveLength(1);
    }
  });

  it("is found in order by doctor, which leaves nothing behind", async () => {
    const { config } = openRemote({ LEAN_PICKLE_REMOTE_MODE: "readwrite" });
    const findings = await checkRemote(config);
    expect(findings.filter(({ status }) => status !== "ok")).toEqual([]);
    const probe = await client().fetch(new URL("v1/probe/doctor", config.base).href);
    expect(probe.status).toBe(404);
  });

  it("serves many at once", async () => {
    const folder = temporaryFolder();
    const { remote } = openRemote();
    const samples = Array.from({ length: 100 }, (_, at) =>
      sampleState({ code: `-- ${at}\nexample : True := by sorry` }),
    );
    const inParallel = async (work: (sample: (typeof samples)[number]) => Promise<unknown>) => {
      const queue = samples.values();
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          for (const sample of queue) {
            await work(sample);
          }
        }),
      );
    };
    await inParallel((sample) => remote.push(sample.parts, writePickle(folder, sample)));
    await inParallel(async ({ key }) => {
      const found = await remote.find(key);
      return found && remote.fetchPickle(found, join(folder, `${key}.fetched`));
    });
    expect(remote.counters).toMatchObject({ sent: 100, fetched: 100, missing: 0 });
  });

  it("shares states between machines that run the program", async () => {
    const env = { LEAN_PICKLE_REMOTE: `s3://${bucket}/machines`, ...keys };
    const [maker, user] = [0, 1].map(() => new SharingMachine({ endpoint: endpoint ?? "" }, env));
    const lines = namedLines(40);
    await maker?.batch(lines);
    const pushed = await maker?.run("push");
    expect(pushed).toMatchObject({
      code: 0,
      stdout: lines.map((_, n) => `${-n - 1}\tsent\n`).join(""),
    });
    const fetched = await user?.batch(lines);
    expect(fetched).toMatchObject({ code: 0, stderr: expect.stringContaining("40 states came") });
    expect(user?.starts).toBe(0);
    const verdicts = await user?.json("reload");
    expect(verdicts).toMatchObject({ loaded: 40, failed: 0 });
    expect((await maker?.run("push"))?.stdout).not.toMatch(/\tsent/);
  });
});
