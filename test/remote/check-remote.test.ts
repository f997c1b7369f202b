import { describe, expect, it } from "vitest";
import { checkRemote, type RemoteCheck } from "../../src/remote/check-remote.ts";
import type { RemoteConfig } from "../../src/remote/config.ts";
import { type Fault, startServer, status } from "./http-server.ts";
import { configAt, pemPair } from "./samples.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "AK", AWS_SECRET_ACCESS_KEY: "SK" };
const WRITER = { ...KEYS, LEAN_PICKLE_REMOTE_MODE: "readwrite" };

/** What was found, by what was checked. */
async function check(config: RemoteConfig) {
  const findings = await checkRemote(config, { limits: { retryMs: 1, connectMs: 5_000 } });
  return Object.fromEntries(
    findings.map(({ check: what, status: found, sentence }) => [what, `${found}: ${sentence}`]),
  ) as Partial<Record<RemoteCheck, string>>;
}

describe("checkRemote", () => {
  it("finds a remote in order, and leaves nothing in it", async () => {
    const server = await startServer();
    const { privatePem, publicPem } = pemPair();
    const found = await check(
      configAt(server.endpoint, {
        ...WRITER,
        LEAN_PICKLE_REMOTE_SIGN_KEY: privatePem,
        LEAN_PICKLE_REMOTE_KEYS: publicPem,
      }),
    );
    expect(found).toEqual({
      credentials: "ok: The credentials are those of AWS_ACCESS_KEY_ID.",
      signatures: expect.stringMatching(
        /^ok: Pushed states are signed with the key (\w{16}); only those signed by \1 are taken\.$/,
      ),
      reachable: "ok: s3://bucket/prefix answers.",
      clock: expect.stringMatching(/^ok: The clocks differ by \d s\.$/),
      readable: "ok: It can be read.",
      writable: "ok: It can be written.",
    });
    expect(server.objects.size).toBe(0);
    expect(server.requests).toEqual([
      "GET /bucket/prefix/v1/probe/doctor",
      "PUT /bucket/prefix/v1/probe/doctor",
      "DELETE /bucket/prefix/v1/probe/doctor",
    ]);
  });

  it("sends nothing but a reading request without credentials, and to a web server", async () => {
    const server = await startServer();
    const anonymous = await check(configAt(server.endpoint));
    expect(anonymous.writable).toBe("ok: Without credentials it is only read.");
    const web = await check(configAt("", KEYS, `${server.endpoint}/x`));
    expect(web.writable).toBe("ok: A web server is only read.");
    expect(server.requests.map((line) => line.split(" ")[0])).toEqual(["GET", "GET"]);
  });

  it("finds a remote that is not there", async () => {
    const server = await startServer();
    server.stop();
    const found = await check(configAt(server.endpoint, WRITER));
    expect(found.reachable).toBe(
      "problem: s3://bucket/prefix cannot be reached: the connection was refused.",
    );
    expect(found.writable).toBeUndefined();
  });

  it.each<[what: string, faults: [Fault, RegExp][], env: NodeJS.ProcessEnv, expected: object]>([
    [
      "a bucket that does not exist",
      [[status(404, "NoSuchBucket"), /^/]],
      WRITER,
      { readable: "problem: It cannot be read: its bucket does not exist." },
    ],
    [
      "credentials that are not accepted",
      [[status(403, "InvalidAccessKeyId"), /^/]],
      WRITER,
      { readable: "problem: It cannot be read: it does not know the AWS access key." },
    ],
    [
      "a reader where there should be a writer",
      [[status(403, "AccessDenied"), /PUT/]],
      WRITER,
      { writable: "problem: It cannot be written: it answered 403 (AccessDenied)." },
    ],
    [
      "a reader",
      [[status(403), /PUT/]],
      KEYS,
      { readable: "ok: It can be read.", writable: expect.stringMatching(/^warning: /) },
    ],
    [
      "a reader without the right to list",
      [[status(403), /^/]],
      KEYS,
      { readable: expect.stringMatching(/^unknown: It answered 403, as for what/) },
    ],
    [
      "a clock that is wrong",
      [[status(404, undefined, { date: "Thu, 01 Jan 2026 00:00:00 GMT" }), /GET/]],
      KEYS,
      {
        clock: expect.stringMatching(/^problem: The clock of this machine is \d+ s (ahead|behind)/),
      },
    ],
  ])("finds %s", async (_what, faults, env, expected) => {
    const server = await startServer();
    for (const [fault, match] of faults) {
      server.fail(fault, 10, match);
    }
    expect(await check(configAt(server.endpoint, env))).toMatchObject(expected);
  });

  it("reads what it wrote where reading nothing is not allowed", async () => {
    const server = await startServer();
    server.fail(status(403), 1, /GET/);
    const found = await check(configAt(server.endpoint, WRITER));
    expect(found).toMatchObject({
      readable: "ok: It can be read.",
      writable: expect.stringMatching(/^ok/),
    });
    expect(server.objects.size).toBe(0);
  });

  it("warns of what it would not take back, and of a way without encryption", async () => {
    const [{ privatePem }, { publicPem }] = [pemPair(), pemPair()];
    const server = await startServer();
    const env = { LEAN_PICKLE_REMOTE_SIGN_KEY: privatePem, LEAN_PICKLE_REMOTE_KEYS: publicPem };
    const found = await check(configAt(server.endpoint, env));
    expect(found.signatures).toMatch(/^warning: .* does not take what it pushes\.$/);
    const open = { ...configAt(server.endpoint), base: new URL("http://0.0.0.0:1/") };
    expect((await check(open)).encryption).toMatch(
      /^warning: http:\/\/0\.0\.0\.0:1 is not encrypted/,
    );
  });
});
