import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { credentialProvider, findCredentials } from "../../src/remote/credentials.ts";
import { temporaryFolder } from "../support/folders.ts";

const NOWHERE = { HOME: "/nowhere", AWS_EC2_METADATA_DISABLED: "true" };

describe("findCredentials", () => {
  it("prefers keys, then what is configured for the chain, then nothing", () => {
    const keys = { AWS_ACCESS_KEY_ID: "a\n", AWS_SECRET_ACCESS_KEY: "s", AWS_PROFILE: "p" };
    expect(findCredentials({ ...NOWHERE, ...keys })).toEqual({
      kind: "keys",
      credentials: { accessKeyId: "a", secretAccessKey: "s", sessionToken: undefined },
    });
    expect(findCredentials({ ...NOWHERE, AWS_PROFILE: "p" })).toEqual({
      kind: "chain",
      because: "AWS_PROFILE",
    });
    expect(findCredentials(NOWHERE)).toEqual({ kind: "anonymous" });
  });

  it("sees the files of the AWS tools", () => {
    const home = temporaryFolder();
    mkdirSync(join(home, ".aws"));
    const path = join(home, ".aws", "credentials");
    writeFileSync(path, "");
    const env = { ...NOWHERE, HOME: home };
    expect(findCredentials(env)).toEqual({ kind: "chain", because: path });
  });
});

describe("credentialProvider", () => {
  it("loads the chain at the first request, once", async () => {
    let loaded = 0;
    const credentials = { accessKeyId: "a", secretAccessKey: "s" };
    const notes: string[] = [];
    const provide = credentialProvider(
      { kind: "chain", because: "AWS_PROFILE" },
      (note) => notes.push(note),
      async () => {
        loaded += 1;
        return { defaultProvider: () => async () => credentials };
      },
    );
    expect(loaded).toBe(0);
    expect(await Promise.all([provide(), provide()])).toEqual([credentials, credentials]);
    expect(loaded).toBe(1);
    expect(notes).toEqual([]);
  });

  it.each<[error: Error, says: RegExp]>([
    [
      Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" }),
      /Install @aws-sdk\/credential-provider-node beside lean-pickle/,
    ],
    [new Error("Could not load credentials."), /\(Could not load credentials\), so requests/],
  ])("says once that there are none: %s", async (error, says) => {
    const notes: string[] = [];
    const provide = credentialProvider(
      { kind: "chain", because: "AWS_PROFILE" },
      (note) => notes.push(note),
      () => Promise.reject(error),
    );
    expect(await Promise.all([provide(), provide()])).toEqual([undefined, undefined]);
    expect(notes).toEqual([expect.stringMatching(says)]);
    expect(notes[0]).toMatch(/^AWS_PROFILE /);
  });

  it("reads a profile by the AWS SDK itself", async () => {
    const file = join(temporaryFolder(), "credentials");
    writeFileSync(file, "[mine]\naws_access_key_id = A\naws_secret_access_key = S\n");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", file);
    vi.stubEnv("AWS_CONFIG_FILE", "/nowhere");
    vi.stubEnv("AWS_PROFILE", "mine");
    vi.stubEnv("AWS_ACCESS_KEY_ID", undefined);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", undefined);
    vi.stubEnv("AWS_SESSION_TOKEN", undefined);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const provide = credentialProvider(findCredentials(process.env), (note) => {
      throw new Error(note);
    });
    expect(await provide()).toMatchObject({ accessKeyId: "A", secretAccessKey: "S" });
  });
});
