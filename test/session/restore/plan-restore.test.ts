import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseImports } from "../../../src/recipe/import-header.ts";
import { chooseWays } from "../../../src/session/restore/choose-ways.ts";
import { planRestore } from "../../../src/session/restore/plan-restore.ts";
import type { RestoreMode } from "../../../src/session/state/cache-types.ts";
import type { ManifestState, RecipeEntry } from "../../../src/store/manifest/schema.ts";
import { anyState } from "../../support/manifests.ts";

const keyOf = (n: number) => n.toString(16).padStart(64, "0");

/** Proof states of the recipe `root code, sorry 0`, one for each code, and the recipes. */
function proofStates(
  codes: readonly string[],
  root: Partial<RecipeEntry> = {},
  state: Partial<ManifestState> = {},
): { states: ManifestState[]; recipes: Record<string, RecipeEntry> } {
  const recipes: Record<string, RecipeEntry> = {};
  const states = codes.map((cmd, n) => {
    recipes[keyOf(1000 + n)] = { base: null, step: { cmd }, inputs: {}, ...root };
    recipes[keyOf(n + 1)] = { base: keyOf(1000 + n), step: { sorry: 0 }, inputs: {} };
    const imports = parseImports(cmd);
    return anyState(-1 - n, { isProofState: true, key: keyOf(n + 1), imports, ...state });
  });
  return { states, recipes };
}

const SAFE = "import A\nopen Nat\ntheorem t (n : Nat) : n = n := by\n  sorry";
const LOSSY = "import A\ninstance : Tick Nat := ⟨1⟩\nexample : True := by sorry";

/** The first way to the only state of a recipe. */
function firstWay(code: string, mode: RestoreMode, root: Partial<RecipeEntry> = {}) {
  const { states, recipes } = proofStates([code], root);
  const { ways, reason } = chooseWays(recipes, states[0] as ManifestState, mode);
  const [way] = ways;
  return { via: way.via, onto: way.via === "pickle" ? way.onto : undefined, reason };
}

describe("chooseWays", () => {
  it("prefers the pickle of a proof state that loses nothing, if its steps took longer", () => {
    expect(firstWay(SAFE, "auto", { elapsedMs: 900 })).toMatchObject({
      via: "pickle",
      onto: ["import A\nopen Nat"],
    });
    expect(firstWay(SAFE, "auto", { elapsedMs: 2 })).toMatchObject({ via: "recipe" });
    expect(firstWay(SAFE, "auto")).toMatchObject({ via: "recipe" });
  });

  it("does not count the import as time that a pickle saves, which needs it too", () => {
    const recipes: Record<string, RecipeEntry> = {
      [keyOf(1)]: { base: null, step: { cmd: "import A\n" }, inputs: {}, elapsedMs: 480 },
      [keyOf(2)]: { base: keyOf(1), step: { cmd: SAFE.slice(9) }, inputs: {}, elapsedMs: 3 },
      [keyOf(3)]: { base: keyOf(2), step: { sorry: 0 }, inputs: {} },
    };
    const state = anyState(-1, { isProofState: true, key: keyOf(3), imports: ["A"] });
    expect(chooseWays(recipes, state, "auto").ways[0].via).toBe("recipe");
  });

  it("uses no pickle that comes unsigned from a remote, unless it is told to", () => {
    const of = (fromRemote: "signed" | "unsigned", mode: RestoreMode) => {
      const { states, recipes } = proofStates([SAFE], { elapsedMs: 900 }, { fromRemote });
      return chooseWays(recipes, states[0] as ManifestState, mode).ways;
    };
    expect(of("signed", "auto").map(({ via }) => via)).toEqual(["pickle", "recipe", "pickle"]);
    for (const mode of ["auto", "recipe"] as const) {
      expect(of("unsigned", mode).map(({ via }) => via)).toEqual(["recipe"]);
    }
    // What is built on it may be anything, so it is never a hit.
    expect(of("unsigned", "pickle")).toMatchObject(
      Array(2).fill({ via: "pickle", lacks: expect.stringContaining("not signed") }),
    );
  });

  it("runs the recipe of what a pickle would change, and names the line", () => {
    const { via, reason } = firstWay(LOSSY, "auto", { elapsedMs: 900 });
    expect(via).toBe("recipe");
    expect(reason).toBe('a pickle would lose line 2, "instance : Tick Nat := ⟨1⟩"');
  });

  it("runs the recipe of code in which Lean found errors, whatever its text says", () => {
    expect(firstWay(SAFE, "auto", { elapsedMs: 900, hasErrors: true }).via).toBe("recipe");
  });

  it("does as it is told, and uses the pickle of an unknown origin", () => {
    expect(firstWay(LOSSY, "pickle")).toMatchObject({ via: "pickle", onto: ["import A"] });
    expect(firstWay(SAFE, "recipe", { elapsedMs: 900 }).via).toBe("recipe");
    const unknown = firstWay(SAFE, "recipe", { base: keyOf(9) });
    expect(unknown).toMatchObject({ via: "pickle", onto: null, reason: "its recipe is not known" });
  });

  it("runs the recipes of environments", () => {
    const { states, recipes } = proofStates([SAFE], { elapsedMs: 900 });
    const environment = { ...(states[0] as ManifestState), isProofState: false, key: keyOf(1000) };
    expect(chooseWays(recipes, environment, "auto").ways[0].via).toBe("recipe");
  });
});

describe("planRestore", () => {
  it("puts states with the same imports into one unit, in order", () => {
    const { states, recipes } = proofStates([
      "import A\nimport B\ndef x := 1",
      "def f := 1",
      "-- a comment\nimport A import B\nexample : True := by sorry",
      "import B\nimport A",
      "theorem t : True := by sorry",
    ]);
    const units = planRestore({ recipes }, states, "auto");
    expect(units.map((unit) => unit.states.map(({ state }) => state.sessionId))).toEqual([
      [-1, -3],
      [-2, -5],
      [-4],
    ]);
  });

  it("puts states with the same first code together, if its header is not plain", () => {
    const { states, recipes } = proofStates(["module\nimport A", "module\nimport A"]);
    const [first, second] = states as [ManifestState, ManifestState];
    const twin = { ...second, key: first.key };
    const units = planRestore({ recipes }, [first, second, twin], "auto");
    expect(units.map((unit) => unit.states.length)).toEqual([2, 1]);
  });

  it("leaves environments that come back by their pickles alone: each imports by itself", () => {
    const { states, recipes } = proofStates(["import A", "import A"], {}, { isProofState: false });
    expect(planRestore({ recipes }, states, "pickle")).toHaveLength(2);
    expect(planRestore({ recipes }, states, "auto")).toHaveLength(1);
  });

  it("holds each state once, in the order of the first states", () => {
    const code = fc.constantFrom("import A", "import B", SAFE, LOSSY, "module\nimport A");
    const kind = fc.record({ cmd: code, isProofState: fc.boolean() });
    const mode = fc.constantFrom<RestoreMode>("auto", "recipe", "pickle");
    fc.assert(
      fc.property(fc.array(kind, { maxLength: 30 }), mode, (kinds, restore) => {
        const { states, recipes } = proofStates(kinds.map(({ cmd }) => cmd));
        const mixed = states.map((state, at) => ({
          ...state,
          isProofState: kinds[at]?.isProofState ?? false,
        }));
        const units = planRestore({ recipes }, mixed, restore);
        const ids = units.map((unit) => unit.states.map(({ state }) => state.sessionId));
        expect(ids.flat().sort((a, b) => b - a)).toEqual(mixed.map(({ sessionId }) => sessionId));
        const firsts = ids.map(([first]) => first ?? 0);
        expect(firsts).toEqual([...firsts].sort((a, b) => b - a));
        expect(units.flatMap((unit) => unit.states).every(({ ways }) => ways.length > 0)).toBe(
          true,
        );
      }),
    );
  });
});
