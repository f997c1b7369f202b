import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findBuiltOn } from "../../../src/store/manifest/built-on.ts";

type Recipes = Parameters<typeof findBuiltOn>[0];

/** Recipes out of what each key is based on. */
function recipesOf(bases: Record<string, string | null>): Recipes {
  const entries = Object.entries(bases).map(([key, base]) => [
    key,
    { base, step: { cmd: key }, inputs: {} },
  ]);
  return Object.fromEntries(entries);
}

function builtOn(bases: Record<string, string | null>, states: [number, string][]) {
  const keyed = states.map(([sessionId, key]) => ({ sessionId, key }));
  return Object.fromEntries(findBuiltOn(recipesOf(bases), keyed));
}

describe("findBuiltOn", () => {
  const chain = { a: null, b: "a", c: "b", d: "c" };

  it("passes over steps without a state, and those whose state is not among them", () => {
    const states: [number, string][] = [
      [-1, "a"],
      [-2, "c"],
      [-3, "d"],
    ];
    expect(builtOn(chain, states)).toEqual({ "-1": null, "-2": -1, "-3": -2 });
    expect(builtOn(chain, [[-3, "d"]])).toEqual({ "-3": null });
  });

  it("takes the oldest of several states with one key, and none of them for a base of another", () => {
    const states: [number, string][] = [
      [-4, "d"],
      [-3, "b"],
      [-2, "b"],
      [-1, "a"],
    ];
    expect(builtOn(chain, states)).toEqual({ "-1": null, "-2": -1, "-3": -1, "-4": -2 });
  });

  it("ends where a base, or all of a recipe, is not known", () => {
    const states: [number, string][] = [
      [-1, "b"],
      [-2, "x"],
      [-3, "gone"],
      [-4, "c"],
    ];
    expect(builtOn({ b: "gone", c: "lost" }, states)).toEqual({
      "-1": -3,
      "-2": null,
      "-3": null,
      "-4": null,
    });
  });

  it("agrees with walking back from each state by itself", () => {
    const bases = fc.array(fc.option(fc.nat()), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(bases, fc.array(fc.nat(29), { maxLength: 30 }), (picks, keys) => {
        // Each key is based on an earlier one, or on nothing.
        const base = picks.map((pick, at) => (pick === null || at === 0 ? null : pick % at));
        const recipes = Object.fromEntries(
          base.map((at, key) => [String(key), at === null ? null : String(at)]),
        );
        const states = keys.map((key, at): [number, string] => [-at - 1, String(key)]);
        const expected = keys.map((key, at) => {
          for (let above = base[key] ?? null; above !== null; above = base[above] ?? null) {
            const found = keys.indexOf(above);
            if (found >= 0) {
              return [-at - 1, -found - 1];
            }
          }
          return [-at - 1, null];
        });
        expect(builtOn(recipes, states)).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it("leads from every state to a root, whatever the recipes say", () => {
    const key = fc.constantFrom("a", "b", "c", "d", "e", "f");
    const recipes = fc.dictionary(key, fc.option(key));
    fc.assert(
      fc.property(recipes, fc.array(key), (bases, keys) => {
        const found = builtOn(
          bases,
          keys.map((each, at) => [-at - 1, each]),
        );
        for (const start of Object.keys(found)) {
          let steps = 0;
          for (let at = found[start]; at; at = found[at]) {
            expect(++steps).toBeLessThan(keys.length);
          }
        }
      }),
    );
  });

  it("walks over each step once, however many states there are", () => {
    const length = 50_000;
    const bases: [string, string | null][] = Array.from({ length }, (_, at) => [
      String(at),
      at === 0 ? null : String(at - 1),
    ]);
    let looks = 0;
    const recipes = new Proxy(recipesOf(Object.fromEntries(bases)), {
      get(target, key: string) {
        looks++;
        return target[key];
      },
    });
    const states = bases.map(([key], at) => ({ sessionId: -at - 1, key })).reverse();
    const found = findBuiltOn(recipes, states);
    expect(found.get(-length)).toBe(1 - length);
    expect(looks).toBeLessThanOrEqual(length);
  });
});
