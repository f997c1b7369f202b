import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRemoteConfig } from "../../src/remote/config.ts";
import { temporaryFolder } from "../support/folders.ts";
import { pemPair } from "./samples.ts";

/** Nothing of this machine is to be read. */
const NOWHERE = { HOME: "/nowhere", AWS_EC2_METADATA_DISABLED: "true" };

function read(url: string | undefined, env: NodeJS.ProcessEnv = {}) {
  return readRemoteConfig(url, { ...NOWHERE, ...env });
}

describe("readRemoteConfig", () => {
  it.each<[url: string, env: NodeJS.ProcessEnv, base: string]>([
    ["s3://b-1/a/b", {}, "https://b-1.s3.us-east-1.amazonaws.com/a/b/"],
    ["s3://b-1", { AWS_REGION: "eu-west-3" }, "https://b-1.s3.eu-west-3.amazonaws.com/"],
    [
      "S3://b-1/",
      { AWS_DEFAULT_REGION: "cn-north-1" },
      "https://b-1.s3.cn-north-1.amazonaws.com.cn/",
    ],
    ["s3://b.dots/a", {}, "https://s3.us-east-1.amazonaws.com/b.dots/a/"],
    ["s3://Big_One/a//b/", {}, "https://s3.us-east-1.amazonaws.com/Big_One/a/b/"],
    ["s3://b-1/a", { AWS_ENDPOINT_URL: "http://minio:9000" }, "http://minio:9000/b-1/a/"],
    [
      "s3://b-1/ä b(!)",
      { AWS_ENDPOINT_URL: "http://no", AWS_ENDPOINT_URL_S3: "https://host/s3/" },
      "https://host/s3/b-1/%C3%A4%20b%28%21%29/",
    ],
    ["https://host/a/", {}, "https://host/a/"],
    ["https://host:444", {}, "https://host:444/"],
    ["http://127.0.0.1:80/a", {}, "http://127.0.0.1/a/"],
    ["http://[::1]:8080/a", {}, "http://[::1]:8080/a/"],
    ["http://localhost/a", {}, "http://localhost/a/"],
  ])("finds %s with %j at %s", (url, env, base) => {
    expect(read(url, env)?.base.href).toBe(base);
  });

  it("takes the variable if there is no option, and nothing if neither is set", () => {
    const env = { LEAN_PICKLE_REMOTE: "s3://from/env" };
    expect(read(undefined, env)?.url).toBe("s3://from/env");
    expect(read("https://host/x/", env)?.url).toBe("https://host/x");
    expect(read(undefined)).toBeUndefined();
    expect(read(undefined, { LEAN_PICKLE_REMOTE: " " })).toBeUndefined();
  });

  it("reads, unless it is to write", () => {
    const mode = (LEAN_PICKLE_REMOTE_MODE: string) =>
      read("s3://b-1", { LEAN_PICKLE_REMOTE_MODE })?.mode;
    expect([mode(""), mode("read"), mode("readwrite")]).toEqual(["read", "read", "readwrite"]);
  });

  it.each<[url: string, env: NodeJS.ProcessEnv, says: RegExp]>([
    ["bucket/prefix", {}, /not named by a URL/],
    ["ftp://host/x", {}, /cannot be reached by ftp/],
    ["s3:///x", {}, /names no bucket/],
    ["s3://a", {}, /names no bucket/],
    ["s3://key:secret@bucket/x", {}, /names no bucket/],
    ["s3://bucket/../x", {}, /has a "\."/],
    ["s3://bucket/x?y", {}, /has a "\."/],
    ["s3://bucket/x", { AWS_REGION: "evil.host/" }, /AWS_REGION is "evil.host\/"/],
    ["s3://bucket/x", { AWS_ENDPOINT_URL_S3: "minio:9000" }, /AWS_ENDPOINT_URL_S3 is not a URL/],
    ["s3://bucket/x", { AWS_ENDPOINT_URL: "http://a:b@c" }, /AWS_ENDPOINT_URL holds a name/],
    ["https://me:secret@host/x", {}, /holds a name or a password/],
    ["https://host/x?token=secret", {}, /has a "\?"/],
    ["http://host/x", {}, /without encryption/],
    ["http://127.0.0.1.evil.org/x", {}, /without encryption/],
    ["s3://bucket/x", { LEAN_PICKLE_REMOTE_MODE: "write" }, /It can be read or readwrite/],
    ["https://host/x", { LEAN_PICKLE_REMOTE_MODE: "readwrite" }, /can only be read/],
    ["s3://bucket/x", { AWS_ACCESS_KEY_ID: "x" }, /AWS_SECRET_ACCESS_KEY is not/],
    ["s3://bucket/x", { AWS_SECRET_ACCESS_KEY: "x" }, /AWS_ACCESS_KEY_ID is not/],
    ["s3://bucket/x", { AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "y\nz" }, /line break/],
    ["s3://bucket/x", { LEAN_PICKLE_REMOTE_SIGN_KEY: "/nowhere/key" }, /names a file that cannot/],
    ["s3://bucket/x", { LEAN_PICKLE_REMOTE_KEYS: "/nowhere/key" }, /names a file that cannot/],
  ])("refuses %s with %j", (url, env, says) => {
    let error: unknown;
    try {
      read(url, env);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "usage", message: expect.stringMatching(says) });
    expect(String(error)).not.toMatch(/secret@|=secret/);
  });

  it("takes keys as PEM or as paths, several in one", () => {
    const folder = temporaryFolder();
    const [a, b, c] = [pemPair(), pemPair(), pemPair()];
    const [both, one, own] = ["both", "one", "own"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(both, a.publicPem + b.publicPem);
    writeFileSync(one, c.publicPem);
    writeFileSync(own, a.privatePem);
    const ids = (LEAN_PICKLE_REMOTE_KEYS: string) => [
      ...(read("s3://b-1", { LEAN_PICKLE_REMOTE_KEYS })?.trustedKeys.keys() ?? []),
    ];
    const all = ids(a.publicPem + b.publicPem + c.publicPem);
    expect(all).toHaveLength(3);
    expect(ids([both, one].join(delimiter))).toEqual(all);
    expect(ids(a.publicPem.replaceAll("\n", "\\n"))).toEqual(all.slice(0, 1));
    for (const LEAN_PICKLE_REMOTE_SIGN_KEY of [own, a.privatePem, `${own}\n`]) {
      expect(read("s3://b-1", { LEAN_PICKLE_REMOTE_SIGN_KEY })?.signingKey?.id).toBe(all[0]);
    }
    expect(() => ids(a.privatePem)).toThrow(/holds a private key/);
  });
});
