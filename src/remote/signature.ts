/** Signatures with Ed25519: who vouches for a state. */

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { delimiter } from "node:path";
import { isSystemError, LeanPickleError } from "../errors.ts";
import { canonicalJson } from "../recipe/key.ts";
import { describeSystemError } from "../system/system-error.ts";

/** A signature over the canonical JSON of a value. */
export interface Signature {
  /** The id of the public key: see {@link SigningKey.id}. */
  keyId: string;
  algorithm: "ed25519";
  /** 64 bytes in base64. */
  value: string;
}

/** The private key that signs what is pushed. */
export interface SigningKey {
  /** The first 16 hexadecimal digits of the SHA-256 of the public key (SPKI, DER). */
  id: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** The public keys whose signatures count, by their ids. */
export type TrustedKeys = ReadonlyMap<string, KeyObject>;

const PEM = "-----BEGIN";

/**
 * Reads the private key of `LEAN_PICKLE_REMOTE_SIGN_KEY`: the PEM itself if the value holds
 * `-----BEGIN`, else the path of a PEM file.
 * @throws {LeanPickleError} `usage` if it is no Ed25519 private key
 */
export function readSigningKey(value: string | undefined): SigningKey | undefined {
  const variable = "LEAN_PICKLE_REMOTE_SIGN_KEY";
  if (!value?.trim()) {
    return undefined;
  }
  const pem = value.includes(PEM) ? unescapeLines(value) : readKeyFile(variable, value.trim());
  const privateKey = parseKey(`${variable} holds no private key`, () => createPrivateKey(pem));
  checkType(variable, privateKey);
  const publicKey = createPublicKey(privateKey);
  return { id: keyId(publicKey), privateKey, publicKey };
}

/**
 * Reads the public keys of `LEAN_PICKLE_REMOTE_KEYS`: PEM blocks one after the other if the value
 * holds `-----BEGIN`, else the paths of PEM files, separated as in `PATH`. A file can hold several.
 * @throws {LeanPickleError} `usage` if one of them is no Ed25519 public key
 */
export function readTrustedKeys(value: string | undefined): TrustedKeys {
  const variable = "LEAN_PICKLE_REMOTE_KEYS";
  if (!value?.trim()) {
    return new Map();
  }
  const texts = value.includes(PEM)
    ? [unescapeLines(value)]
    : value.split(delimiter).flatMap((path) => {
        const trimmed = path.trim();
        return trimmed === "" ? [] : [readKeyFile(variable, trimmed)];
      });
  const keys = texts.flatMap((text) => parsePublicKeys(variable, text));
  return new Map(keys.map((key) => [keyId(key), key]));
}

/** Signs the canonical JSON of a value. */
export function signJson(value: unknown, { id, privateKey }: SigningKey): Signature {
  const bytes = Buffer.from(canonicalJson(value));
  return {
    keyId: id,
    algorithm: "ed25519",
    value: sign(null, bytes, privateKey).toString("base64"),
  };
}

/** Whether a signature over the canonical JSON of a value is of this key. */
export function isSignedBy(value: unknown, signature: Signature, key: KeyObject): boolean {
  const bytes = Buffer.from(canonicalJson(value));
  return verify(null, bytes, key, Buffer.from(signature.value, "base64"));
}

function parsePublicKeys(variable: string, text: string): KeyObject[] {
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g) ?? [];
  if (blocks.length === 0) {
    throw new LeanPickleError("usage", `${variable} holds no PEM block.`);
  }
  return blocks.map((block) => {
    if (block.includes("PRIVATE KEY")) {
      throw new LeanPickleError("usage", `${variable} holds a private key.`, {
        hint: 'It takes public keys: "openssl pkey -in KEY -pubout" prints the one of KEY.',
      });
    }
    const key = parseKey(`${variable} holds no public key`, () => createPublicKey(block));
    checkType(variable, key);
    return key;
  });
}

function keyId(publicKey: KeyObject): string {
  const der = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex").slice(0, 16);
}

function checkType(variable: string, { asymmetricKeyType }: KeyObject): void {
  if (asymmetricKeyType !== "ed25519") {
    throw new LeanPickleError(
      "usage",
      `${variable} holds a key of type ${asymmetricKeyType}, and only Ed25519 keys are used.`,
      { hint: '"openssl genpkey -algorithm ed25519" makes one.' },
    );
  }
}

function parseKey(what: string, parse: () => KeyObject): KeyObject {
  try {
    return parse();
  } catch (error) {
    const message = `${what} in PEM without a passphrase.`;
    throw new LeanPickleError("usage", message, { cause: error });
  }
}

function readKeyFile(variable: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isSystemError(error)) {
      const message = `${variable} names a file that cannot be read. ${describeSystemError(error)}`;
      throw new LeanPickleError("usage", message, { cause: error });
    }
    throw error;
  }
}

/** The settings of some CI systems write a line break as `\n`. */
function unescapeLines(pem: string): string {
  return pem.replaceAll("\\n", "\n");
}
