/** States, keys and configurations that the tests of the remote share. */
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyOfStep } from "../../src/recipe/key.ts";
import type { RecipeStep } from "../../src/recipe/steps.ts";
import { type RemoteConfig, readRemoteConfig } from "../../src/remote/config.ts";
import type { SharedStep, StateParts } from "../../src/remote/state-file.ts";

/** A state and its pickle. */
export interface Sample {
  parts: StateParts;
  key: string;
  pickle: Buffer;
}

const INPUTS = { toolchain: "leanprover/lean4:v4.33.0", repl: "1".repeat(64) };

/** A proof state with a recipe of three steps, and a pickle of random bytes. */
export function sampleState(options: { bytes?: number; code?: string } = {}): Sample {
  const code = options.code ?? "theorem a : True := by sorry";
  const pickle = randomBytes(options.bytes ?? 1000);
  const steps: SharedStep[] = [];
  let base: string | null = null;
  const todo: RecipeStep[] = [{ cmd: code }, { sorry: 0 }, { tactic: "skip" }];
  for (const step of todo) {
    const kind = "cmd" in step ? "environment" : "proof-state";
    base = keyOfStep({ kind, base, step, inputs: INPUTS });
    steps.push({ key: base, step, inputs: INPUTS, elapsedMs: 1.5 });
  }
  const key = base as string;
  const state = {
    isProofState: true,
    key,
    bytes: pickle.length,
    sha256: sha256(pickle),
    createdAt: "2026-01-02T03:04:05.678Z",
    elapsedMs: 12,
    lean: { toolchain: INPUTS.toolchain, version: "4.33.0", gitHash: null },
    imports: [],
    goals: ["⊢ True"],
    proofStatus: "Incomplete: open goals remain",
  };
  return { parts: { state, steps }, key, pickle };
}

/** Writes the pickle of a sample into a folder. */
export function writePickle(folder: string, { key, pickle }: Sample): string {
  const path = join(folder, `${key}.olean`);
  writeFileSync(path, pickle);
  return path;
}

export function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** An Ed25519 key pair as PEM. */
export function pemPair(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    publicPem: publicKey.export({ type: "spki", format: "pem" }) as string,
  };
}

/** The configuration of `s3://bucket/prefix` at an endpoint. */
export function configAt(
  endpoint: string,
  env: NodeJS.ProcessEnv = {},
  url = "s3://bucket/prefix",
): RemoteConfig {
  const config = readRemoteConfig(url, {
    HOME: "/nowhere",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ENDPOINT_URL_S3: endpoint,
    ...env,
  });
  if (!config) {
    throw new Error("no remote is named");
  }
  return config;
}
