import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, type KeyParts, keyOfPickle, keyOfStep } from "../../src/recipe/key.ts";

const parts: KeyParts = {
  kind: "environment",
  base: null,
  step: { cmd: "def f := 1" },
  inputs: { toolchain: "leanprover/lean4:v4.33.0" },
};

describe("keyOfStep", () => {
  it("is the same for the same making, and stays so from version to version", () => {
    expect(keyOfStep(parts)).toBe(keyOfStep(structuredClone(parts)));
    expect(keyOfStep(parts)).toBe(
      "3823850f889b1ab693c84f4771277570a9c5796a5a872c7c9b0b088859023ab7",
    );
  });

  it.each<[string, Partial<KeyParts>]>([
    ["kind", { kind: "proof-state" }],
    ["base", { base: "0".repeat(64) }],
    ["code", { step: { cmd: "def f := 1 " } }],
    ["kind of step", { step: { tactic: "def f := 1" } }],
    ["toolchain", { inputs: { toolchain: null } }],
    ["other inputs", { inputs: { ...parts.inputs, project: "x" } }],
  ])("is another one for another %s", (_what, changed) => {
    expect(keyOfStep({ ...parts, ...changed })).not.toBe(keyOfStep(parts));
  });
});

describe("keyOfPickle", () => {
  it("tells states by their kind and content", () => {
    const digest = "1".repeat(64);
    expect(keyOfPickle("environment", digest)).not.toBe(keyOfPickle("proof-state", digest));
    expect(keyOfPickle("environment", digest)).not.toBe(keyOfPickle("environment", "2".repeat(64)));
  });
});

describe("canonicalJson", () => {
  it("does not depend on the order of keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
