/** With which AWS credentials requests are signed, if any. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { LeanPickleError } from "../errors.ts";

/** What a request is signed with. */
interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

/**
 * Where credentials come from: variables, the chain of the AWS SDK (profiles, web identity, roles of
 * containers and instances), or nowhere.
 */
export type CredentialSource =
  | { kind: "keys"; credentials: Credentials }
  /** `because` names what is configured: `AWS_PROFILE`. */
  | { kind: "chain"; because: string }
  | { kind: "anonymous" };

/** Gives the credentials for one request; undefined for a request without a signature. */
export type CredentialProvider = () => Promise<Credentials | undefined>;

/** The variables that tell the chain where to look. */
const CHAIN_VARIABLES = [
  "AWS_PROFILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/**
 * Says where credentials come from, without reading them.
 * @throws {LeanPickleError} `usage` if only one of the two keys is set, or one has odd characters
 */
export function findCredentials(env: NodeJS.ProcessEnv): CredentialSource {
  const [accessKeyId, secretAccessKey, sessionToken] = [
    env.AWS_ACCESS_KEY_ID,
    env.AWS_SECRET_ACCESS_KEY,
    env.AWS_SESSION_TOKEN,
  ].map((value) => value?.trim() || undefined);
  if (accessKeyId && secretAccessKey) {
    if ([accessKeyId, secretAccessKey, sessionToken ?? "x"].some((each) => /[^!-~]/.test(each))) {
      const message = "The AWS credentials hold a space, a line break, or no ASCII characters.";
      throw new LeanPickleError("usage", message);
    }
    return { kind: "keys", credentials: { accessKeyId, secretAccessKey, sessionToken } };
  }
  if (accessKeyId || secretAccessKey) {
    const [set, missing] = accessKeyId
      ? ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
      : ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"];
    throw new LeanPickleError("usage", `${set} is set, and ${missing} is not.`);
  }
  const because = findChainReason(env);
  return because ? { kind: "chain", because } : { kind: "anonymous" };
}

/** What says that the chain would find something; undefined if nothing does. */
function findChainReason(env: NodeJS.ProcessEnv): string | undefined {
  const variable = CHAIN_VARIABLES.find((name) => env[name]);
  if (variable) {
    return variable;
  }
  const home = env.HOME ?? homedir();
  const files = [
    env.AWS_SHARED_CREDENTIALS_FILE || join(home, ".aws", "credentials"),
    env.AWS_CONFIG_FILE || join(home, ".aws", "config"),
  ];
  const isOnEc2 = env.AWS_EC2_METADATA_DISABLED !== "true" && readVendor() === "Amazon EC2";
  return files.find((file) => existsSync(file)) ?? (isOnEc2 ? "an EC2 instance" : undefined);
}

/** Who made this machine; asking the metadata service instead would cost a second elsewhere. */
function readVendor(): string | undefined {
  try {
    return readFileSync("/sys/devices/virtual/dmi/id/sys_vendor", "utf8").trim();
  } catch {
    return undefined;
  }
}

/** The part of the AWS SDK that is used. */
export interface CredentialChain {
  defaultProvider(): () => Promise<Credentials>;
}

/**
 * Makes a provider of credentials.
 * @param onNote gets a sentence if the chain has none; requests are then sent without a signature
 * @param loadChain loads the chain of the AWS SDK
 */
export function credentialProvider(
  source: CredentialSource,
  onNote: (sentence: string) => void,
  loadChain: () => Promise<CredentialChain> = () => import("@aws-sdk/credential-provider-node"),
): CredentialProvider {
  if (source.kind !== "chain") {
    const credentials = source.kind === "keys" ? source.credentials : undefined;
    return async () => credentials;
  }
  const findNone = (error: unknown) => {
    onNote(describeFailure(source.because, error));
    return undefined;
  };
  const start = async () => {
    const provide = (await loadChain()).defaultProvider();
    await provide();
    return provide;
  };
  let chain: Promise<(() => Promise<Credentials>) | undefined> | undefined;
  return async () => {
    chain ??= start().catch(findNone);
    // The chain remembers what it found, and renews it before it expires.
    return (await chain)?.();
  };
}

function describeFailure(because: string, error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") {
    return `${because} is there for AWS credentials, but reading it needs a package that is not installed, so requests are sent without credentials. Install @aws-sdk/credential-provider-node beside lean-pickle, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ("aws configure export-credentials --format env" prints them).`;
  }
  const why = error instanceof Error ? error.message : String(error);
  return `${because} gives no AWS credentials (${why.trim().replace(/\.$/, "")}), so requests are sent without any.`;
}
