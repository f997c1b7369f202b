import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, keyOfStep } from "../../src/recipe/key.ts";
import {
  readSigningKey,
  readTrustedKeys,
  type SigningKey,
  signJson,
  type TrustedKeys,
} from "../../src/remote/signature.ts";
import { parseStateFile, renderStateFile, type StateParts } from "../../src/remote/state-file.ts";
import { pemPair, sampleState } from "./samples.ts";

const NO_KEYS: TrustedKeys = new Map();
const { parts, key } = sampleState();
const [own, other] = [newKey(), newKey()];

function newKey(): { signing: SigningKey; trusted: TrustedKeys } {
  const { privatePem, publicPem } = pemPair();
  const signing = readSigningKey(privatePem);
  if (!signing) {
    throw new Error("no key");
  }
  return { signing, trusted: readTrustedKeys(publicPem) };
}

/** The file of the sample, changed. */
function changed(change: (file: { [name: string]: unknown } & StateParts) => void): Buffer {
  const file = JSON.parse(renderStateFile(parts, own.signing).toString());
  change(file);
  return Buffer.from(JSON.stringify(file));
}

function misfitOf(bytes: Uint8Array, trusted = NO_KEYS, wanted = key) {
  const parsed = parseStateFile(bytes, wanted, trusted);
  return parsed.ok ? "none" : parsed.misfit;
}

describe("a state's file", () => {
  it("comes back as it was written", () => {
    for (const [signing, trusted] of [
      [undefined, NO_KEYS],
      [own.signing, NO_KEYS],
      [own.signing, own.trusted],
      [own.signing, new Map([...other.trusted, ...own.trusted])],
    ] as const) {
      const parsed = parseStateFile(renderStateFile(parts, signing), key, trusted);
      expect(parsed).toEqual({ ok: true, state: { ...parts, isSigned: trusted.size > 0 } });
    }
  });

  it("is written without what belongs to one cache, and read without it", () => {
    const local = { sessionId: -3, name: "mine", pickleFile: "session_cache/x" };
    const wide = { ...parts, state: { ...parts.state, ...local } };
    expect(renderStateFile(wide, undefined)).toEqual(renderStateFile(parts, undefined));
    const bytes = changed(({ state }) => Object.assign(state, local));
    const parsed = parseStateFile(bytes, key, NO_KEYS);
    expect(parsed).toEqual({ ok: true, state: { ...parts, isSigned: false } });
  });

  it.each<[what: string, misfit: string, bytes: Buffer]>([
    ["nothing", "not-json", Buffer.alloc(0)],
    ["half a file", "not-json", renderStateFile(parts, undefined).subarray(0, 300)],
    ["another encoding", "not-json", Buffer.from('{"a":"é"}', "latin1")],
    ["an array", "not-json", Buffer.from("[]")],
    ["another object", "schema", Buffer.from("{}")],
    ["an old format", "old-format", changed((file) => Object.assign(file, { version: 0 }))],
    ["a new format", "new-format", changed((file) => Object.assign(file, { version: 2 }))],
    ["a missing field", "schema", changed(({ state }) => Object.assign(state, { sha256: null }))],
    ["no steps", "schema", changed((file) => Object.assign(file, { steps: [] }))],
    ["a size of nothing", "schema", changed(({ state }) => Object.assign(state, { bytes: 0 }))],
    ["a time of never", "schema", changed(({ state }) => Object.assign(state, { createdAt: "x" }))],
    ["depth", "too-deep", Buffer.from(`{"version":1,"x":${"[".repeat(1e5)}${"]".repeat(1e5)}}`)],
    ["__proto__", "too-deep", Buffer.from('{"version":1,"x":{"__proto__":{}}}')],
    ["infinity", "too-deep", Buffer.from('{"version":1,"x":1e999}')],
    ["a step less", "recipe", changed(({ steps }) => steps.pop())],
    [
      "other code",
      "recipe",
      changed(({ steps }) => Object.assign(steps[0] ?? {}, { step: { cmd: "x" } })),
    ],
    [
      "other inputs",
      "recipe",
      changed(({ steps }) => Object.assign(steps[1] ?? {}, { inputs: {} })),
    ],
    [
      "another key of a step",
      "recipe",
      changed(({ steps }) => Object.assign(steps[0] ?? {}, { key })),
    ],
    ["another kind", "kind", changed(({ state }) => Object.assign(state, { isProofState: false }))],
    [
      "two things in a step",
      "schema",
      changed(({ steps }) => Object.assign(steps[0]?.step ?? {}, { sorry: 1 })),
    ],
  ])("with %s is not taken: %s", (_what, misfit, bytes) => {
    expect(misfitOf(bytes)).toBe(misfit);
  });

  it("is not taken under the name of another key", () => {
    expect(misfitOf(renderStateFile(parts, own.signing), own.trusted, "0".repeat(64))).toBe(
      "other-key",
    );
    const renamed = changed(({ state }) => Object.assign(state, { key: "0".repeat(64) }));
    expect(misfitOf(renamed, NO_KEYS, "0".repeat(64))).toBe("recipe");
  });

  it.each<[what: string, misfit: string, bytes: Buffer]>([
    ["no signature", "unsigned", renderStateFile(parts, undefined)],
    ["a signature of another key", "foreign-signature", renderStateFile(parts, other.signing)],
    ["no object", "wrong-signature", changed((file) => Object.assign(file, { signature: "x" }))],
    [
      "the signature of another file",
      "wrong-signature",
      changed((file) => Object.assign(file, { signature: signJson({}, own.signing) })),
    ],
    [
      "the key's id on another key's signature",
      "wrong-signature",
      changed((file) => {
        const { signature: _, ...content } = file;
        const signature = { ...signJson(content, other.signing), keyId: own.signing.id };
        Object.assign(file, { signature });
      }),
    ],
    [
      "another pickle",
      "wrong-signature",
      changed(({ state }) => Object.assign(state, { sha256: key })),
    ],
    ["other goals", "wrong-signature", changed(({ state }) => Object.assign(state, { goals: [] }))],
    ["one more field", "wrong-signature", changed((file) => Object.assign(file, { extra: 1 }))],
  ])("with %s is not taken where keys are configured: %s", (_what, misfit, bytes) => {
    expect(misfitOf(bytes, own.trusted)).toBe(misfit);
  });

  it("is not written if nobody would take it", () => {
    const { state, steps } = parts;
    for (const bad of [
      { state, steps: [] },
      { state, steps: steps.slice(0, 2) },
      { state: { ...state, bytes: -1 }, steps },
    ]) {
      expect(() => renderStateFile(bad, undefined)).toThrow(/its file .*, so nobody would take it/);
    }
  });

  it("may leave the keys of its steps out", () => {
    const steps = parts.steps.map(({ key: _, ...step }) => step);
    expect(misfitOf(renderStateFile({ ...parts, steps }, own.signing), own.trusted)).toBe("none");
  });
});

describe("any change of a state's file", () => {
  const signed = renderStateFile(parts, own.signing);
  const flips = fc.tuple(fc.nat(signed.length - 1), fc.integer({ min: 1, max: 255 }));

  function flip(mutations: [number, number][]): Buffer {
    const bytes = Buffer.from(signed);
    for (const [at, bits] of mutations) {
      bytes[at] = (bytes[at] ?? 0) ^ bits;
    }
    return bytes;
  }

  it("is refused, or means the same, where keys are configured", () => {
    fc.assert(
      fc.property(fc.array(flips, { minLength: 1, maxLength: 3 }), (mutations) => {
        const parsed = parseStateFile(flip(mutations), key, own.trusted);
        expect(parsed.ok ? parsed.state : undefined).toEqual(
          parsed.ok ? { ...parts, isSigned: true } : undefined,
        );
      }),
      { numRuns: 1000 },
    );
  });

  it("is refused, or leaves the recipe as it is, where none are", () => {
    fc.assert(
      fc.property(fc.array(flips, { minLength: 1, maxLength: 3 }), (mutations) => {
        const parsed = parseStateFile(flip(mutations), key, NO_KEYS);
        if (parsed.ok) {
          expect(recipeOf(parsed.state)).toBe(recipeOf(parts));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("of whole values too", () => {
    const file = JSON.parse(signed.toString());
    const paths = pathsOf(file);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const parsed = parseStateFile(
          Buffer.from(JSON.stringify(replaced(file, path, value))),
          key,
          own.trusted,
        );
        if (parsed.ok) {
          expect(parsed.state).toEqual({ ...parts, isSigned: true });
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("never throws, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseStateFile(bytes, key, own.trusted).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseStateFile(Buffer.from(text), key, own.trusted).ok).toBe(false);
      }),
    );
  });

  it("leaves any recipe that is written readable", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary" }), { minLength: 1 }),
        fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ maxDepth: 5 })).filter(isPlain),
        (codes, inputs) => {
          let base: string | null = null;
          const steps = codes.map((cmd) => {
            base = keyOfStep({ kind: "environment", base, step: { cmd }, inputs });
            return { step: { cmd }, inputs };
          });
          const last = base ?? "";
          const state = { ...parts.state, key: last, isProofState: false };
          const bytes = renderStateFile({ state, steps }, own.signing);
          const parsed = parseStateFile(bytes, last, own.trusted);
          expect(parsed.ok && canonicalJson(parsed.state.steps)).toBe(canonicalJson(steps));
        },
      ),
    );
  });
});

describe("keys", () => {
  it("are Ed25519 or refused", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const privatePem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
    const publicPem = publicKey.export({ type: "spki", format: "pem" }) as string;
    expect(() => readSigningKey(privatePem)).toThrow(/only Ed25519 keys are used/);
    expect(() => readTrustedKeys(publicPem)).toThrow(/only Ed25519 keys are used/);
    expect(() => readSigningKey(publicPem)).toThrow(/holds no private key/);
    expect(() => readTrustedKeys("-----BEGIN x")).toThrow(/holds no PEM block/);
  });
});

/** Names that belong to every object are no inputs of this program, and are not read. */
function isPlain(inputs: object): boolean {
  return !/"(__proto__|constructor|prototype)":/.test(JSON.stringify(inputs));
}

function recipeOf({ steps }: StateParts): string {
  return canonicalJson(steps.map(({ step, inputs }) => ({ step, inputs })));
}

type Path = (string | number)[];

function pathsOf(value: unknown): Path[] {
  if (typeof value !== "object" || value === null) {
    return [[]];
  }
  const isArray = Array.isArray(value);
  const below = Object.entries(value).flatMap(([name, part]) =>
    pathsOf(part).map((path): Path => [isArray ? Number(name) : name, ...path]),
  );
  return [[], ...below];
}

function replaced(value: unknown, [first, ...rest]: Path, by: unknown): unknown {
  if (first === undefined) {
    return by;
  }
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[first] = replaced(copy[first], rest, by);
  return copy;
}
