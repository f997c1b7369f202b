import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { isManifest } from "../../../src/store/manifest/fast-check.ts";
import { manifestSchema } from "../../../src/store/manifest/schema.ts";
import { anyManifest, anyState } from "../../support/manifests.ts";

const key = "ab".repeat(32);
const proofState = { isProofState: true, goals: ["⊢ p"], proofStatus: "Completed" };
const manifest = anyManifest([anyState(-1, { name: "base" }), anyState(-2, proofState)], {
  recipes: {
    [key]: { base: null, step: { cmd: "x" }, inputs: { a: 1 }, sorries: 2, hasErrors: true },
    ["cd".repeat(32)]: { base: key, step: { sorry: 0 }, inputs: {} },
    ["ef".repeat(32)]: { base: key, step: { tactic: "rfl" }, inputs: {} },
  },
});

/** The ways to every value in a JSON document, the document itself not counted. */
function paths(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.keys(value).flatMap((name) => {
    const below = [...path, name];
    return [below, ...paths((value as Record<string, unknown>)[name], below)];
  });
}

/** A copy with another value at a path, or with nothing there. */
function mutate(path: readonly string[], change: { value?: unknown }): unknown {
  const copy = structuredClone(manifest) as unknown as Record<string, unknown>;
  let at = copy;
  for (const name of path.slice(0, -1)) {
    at = at[name] as Record<string, unknown>;
  }
  const last = path.at(-1) ?? "";
  if ("value" in change) {
    at[last] = change.value;
  } else {
    delete at[last];
  }
  // As it would be read: a list from which something was taken has a null there.
  return JSON.parse(JSON.stringify(copy));
}

describe("isManifest", () => {
  it("takes what this program writes", () => {
    expect(isManifest(manifest)).toBe(true);
    expect(v.is(manifestSchema, manifest)).toBe(true);
  });

  it("takes nothing that the schema does not take, whatever is changed", () => {
    const odd = fc.constantFrom<unknown>(null, -1, 0, 1.5, 2, "", "x", "../x", true, [], {}, [1], {
      cmd: "a",
      tactic: "b",
    });
    const change = fc.oneof(
      fc.record({ value: odd }),
      fc.record({ value: fc.jsonValue() }),
      fc.constant({}),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths(manifest)), change, (path, changed) => {
        const mutant = mutate(path, changed);
        expect(isManifest(mutant) && !v.is(manifestSchema, mutant)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it("leaves nothing to the schema where only what is free to change was changed", () => {
    const free: [string[], unknown][] = [
      [["states", "0", "goals"], ["⊢ q"]],
      [["states", "1", "proofStatus"], null],
      [["states", "0", "createdAt"], "2026-12-31T23:59:59.999Z"],
      [["states", "0", "later"], { any: "thing" }],
    ];
    for (const [path, value] of free) {
      expect(isManifest(mutate(path, { value })), path.join()).toBe(true);
    }
  });
});
