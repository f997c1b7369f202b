/** Which remote is meant, and how it is used: read from a URL and the environment. */
import { LeanPickleError } from "../errors.ts";
import { type CredentialSource, findCredentials } from "./credentials.ts";
import { readSigningKey, readTrustedKeys, type SigningKey, type TrustedKeys } from "./signature.ts";

/** Whether `add` uploads what it makes. `push` writes in both modes. */
type RemoteMode = "read" | "readwrite";

/** A remote, and everything that the environment says about it. */
export interface RemoteConfig {
  /** The URL that the user gave, for messages. It holds no secret. */
  url: string;
  /** `s3` is storage that can be written; `web` is any web server, for reading. */
  kind: "s3" | "web";
  /** The HTTP address of the prefix. It ends with a slash. */
  base: URL;
  /** The region that requests are signed for. */
  region: string;
  mode: RemoteMode;
  credentials: CredentialSource;
  /** Signs what is pushed. */
  signingKey: SigningKey | undefined;
  /** With at least one key, only states signed by one of them are taken. */
  trustedKeys: TrustedKeys;
}

type Environment = NodeJS.ProcessEnv;

/** Where a remote lies. */
type Place = Pick<RemoteConfig, "url" | "kind" | "base" | "region">;

const NO_CREDENTIALS: CredentialSource = { kind: "anonymous" };

/**
 * Reads the configuration of a remote. It sends nothing.
 * @param url the value of `--remote`; without it `LEAN_PICKLE_REMOTE` counts
 * @returns undefined if no remote is named
 * @throws {LeanPickleError} `usage` for a URL, a mode, credentials or a key that is not usable
 */
export function readRemoteConfig(
  url: string | undefined,
  env: Environment = process.env,
): RemoteConfig | undefined {
  const named = (url ?? env.LEAN_PICKLE_REMOTE)?.trim();
  if (!named) {
    return undefined;
  }
  const place = parsePlace(named, env);
  const mode = readMode(env.LEAN_PICKLE_REMOTE_MODE);
  if (mode === "readwrite" && place.kind === "web") {
    throw usage(
      `${place.url} can only be read, and LEAN_PICKLE_REMOTE_MODE is readwrite.`,
      "Name storage that can be written: s3://BUCKET/PREFIX.",
    );
  }
  return {
    ...place,
    mode,
    credentials: place.kind === "s3" ? findCredentials(env) : NO_CREDENTIALS,
    signingKey: readSigningKey(env.LEAN_PICKLE_REMOTE_SIGN_KEY),
    trustedKeys: readTrustedKeys(env.LEAN_PICKLE_REMOTE_KEYS),
  };
}

/** Whether a URL names this machine, so that nothing leaves it. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function readMode(value: string | undefined): RemoteMode {
  const mode = value?.trim() || "read";
  if (mode !== "read" && mode !== "readwrite") {
    throw usage(`LEAN_PICKLE_REMOTE_MODE is "${mode}". It can be read or readwrite.`);
  }
  return mode;
}

function parsePlace(named: string, env: Environment): Place {
  const [scheme] = /^[a-z0-9]+(?=:\/\/)/i.exec(named) ?? [];
  switch (scheme?.toLowerCase()) {
    case "s3":
      return parseBucket(named, env);
    case "http":
    case "https":
      return parseWebAddress(named);
    default:
      throw usage(
        scheme
          ? `A remote cannot be reached by ${scheme}://.`
          : "The remote is not named by a URL.",
        "A remote is s3://BUCKET/PREFIX, or https://HOST/PATH for reading.",
      );
  }
}

function parseWebAddress(named: string): Place {
  const url = parseHttpUrl(named, "The URL of the remote");
  if (url.protocol === "http:" && !isLoopback(url)) {
    throw usage(
      `The remote ${url.href} is read without encryption, so anyone on the way could change what Lean is given.`,
      "Name it with https://. Only this machine itself is read by http://.",
    );
  }
  return { url: url.href.replace(/\/+$/, ""), kind: "web", base: asFolder(url), region: "" };
}

function parseBucket(named: string, env: Environment): Place {
  const [, bucket = "", path = ""] = /^s3:\/\/([^/]*)(.*)$/is.exec(named) ?? [];
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]$/.test(bucket)) {
    throw usage(
      "The URL of the remote names no bucket that can exist.",
      "A remote is s3://BUCKET/PREFIX.",
    );
  }
  const prefix = path.split("/").filter((part) => part !== "");
  if (prefix.some((part) => part === "." || part === "..") || /[?#]/.test(path)) {
    throw usage(`The prefix ${path} of the remote has a ".", a "..", a "?" or a "#".`);
  }
  const region = env.AWS_REGION?.trim() || env.AWS_DEFAULT_REGION?.trim() || "us-east-1";
  if (!/^[A-Za-z0-9-]+$/.test(region)) {
    throw usage(`AWS_REGION is "${region}", which cannot be a region.`);
  }
  const base = bucketAddress(bucket, region, env);
  base.pathname += prefix.map((part) => `${encodeSegment(part)}/`).join("");
  return { url: ["s3:/", bucket, ...prefix].join("/"), kind: "s3", base, region };
}

/**
 * Custom endpoints have the bucket in the path, which all of them know. AWS has it in the host,
 * unless its certificate would not cover that name.
 */
function bucketAddress(bucket: string, region: string, env: Environment): URL {
  const [variable, endpoint] =
    [
      ["AWS_ENDPOINT_URL_S3", env.AWS_ENDPOINT_URL_S3?.trim()] as const,
      ["AWS_ENDPOINT_URL", env.AWS_ENDPOINT_URL?.trim()] as const,
    ].find(([, value]) => value) ?? [];
  if (variable && endpoint) {
    const url = asFolder(parseHttpUrl(endpoint, variable));
    url.pathname += `${bucket}/`;
    return url;
  }
  const host = `s3.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
  return /^[a-z0-9-]{3,63}$/.test(bucket)
    ? new URL(`https://${bucket}.${host}/`)
    : new URL(`https://${host}/${bucket}/`);
}

function parseHttpUrl(text: string, what: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw usage(`${what} is not a URL with https:// or http://.`);
  }
  if (url.username || url.password) {
    throw usage(
      `${what} holds a name or a password, which messages would show.`,
      "Credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    );
  }
  if (url.search || url.hash) {
    throw usage(`${what} has a "?" or a "#", and objects are found by their path alone.`);
  }
  return url;
}

function asFolder(url: URL): URL {
  const folder = new URL(url);
  folder.pathname = `${url.pathname.replace(/\/+$/, "")}/`;
  return folder;
}

/** Percent-encodes as S3 signs it: all but letters, digits and `-._~`. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function usage(message: string, hint?: string): LeanPickleError {
  return new LeanPickleError("usage", message, { hint });
}
