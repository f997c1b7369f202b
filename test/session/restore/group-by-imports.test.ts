import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseImports } from "../../../src/recipe/import-header.ts";
import { planReload } from "../../../src/session/restore/group-by-imports.ts";
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

describe("planReload", () => {
  it("puts proof states with the same imports together, behind code that imports just that", () => {
    const { states, recipes } = proofStates([
      "import A\nimport B\ndef x := 1",
      "-- a comment\nimport A import B\nexample : True := by sorry",
      "import B\nimport A",
      "def f := 1",
      "theorem t : True := by sorry",
    ]);
    expect(
      planReload({ recipes }, states).map(({ header, states }) => [header, states.length]),
    ).toEqual([
      ["import A\nimport B", 2],
      [null, 1],
      ["", 2],
    ]);
  });

  it.each<[string, ReturnType<typeof proofStates>]>([
    [
      "whose header is more than plain imports",
      proofStates(["module\nimport A", "module\nimport A"]),
    ],
    ["whose header is not understood", proofStates(["import 1", "import 1"])],
    ["whose imports failed", proofStates(["import A", "import A"], { hasErrors: true })],
    ["whose imports are not known", proofStates(["import A", "import A"], {}, { imports: null })],
    [
      "whose imports are noted otherwise",
      proofStates(["import A", "import A"], {}, { imports: ["B"] }),
    ],
    ["that are environments", proofStates(["import A", "import A"], {}, { isProofState: false })],
    [
      "whose recipe is not known to its end",
      proofStates(["import A", "import A"], { base: keyOf(9) }),
    ],
  ])("shares nothing among states %s", (_what, { states, recipes }) => {
    expect(planReload({ recipes }, states)).toEqual(
      states.map((state) => ({ header: null, states: [state] })),
    );
  });

  it("shares nothing where the recipes go round in a circle", () => {
    const { states, recipes } = proofStates(["import A", "import A"]);
    for (const n of [0, 1]) {
      recipes[keyOf(1000 + n)] = { base: keyOf(n + 1), step: { cmd: "x" }, inputs: {} };
    }
    expect(planReload({ recipes }, states).every(({ header }) => header === null)).toBe(true);
  });

  it("holds each state once, in no more portions than there are imports, in order", () => {
    const code = fc.constantFrom("import A", "import B", "def x := 1", "module\nimport A");
    const kind = fc.record({ cmd: code, isProofState: fc.boolean() });
    fc.assert(
      fc.property(fc.array(kind, { maxLength: 30 }), (kinds) => {
        const { states, recipes } = proofStates(kinds.map(({ cmd }) => cmd));
        const mixed = states.map((state, at) => ({
          ...state,
          isProofState: kinds[at]?.isProofState ?? false,
        }));
        const units = planReload({ recipes }, mixed);
        const ids = units.map((unit) => unit.states.map(({ sessionId }) => sessionId));
        expect(ids.flat().sort((a, b) => b - a)).toEqual(mixed.map(({ sessionId }) => sessionId));
        const firsts = ids.map(([first]) => first ?? 0);
        expect(firsts).toEqual([...firsts].sort((a, b) => b - a));
        for (const { header, states } of units) {
          const isAlone = states.length === 1;
          expect(isAlone).toBe(header === null);
          expect(isAlone || states.every((state) => state.isProofState)).toBe(true);
        }
        const headers = units.map(({ header }) => header).filter((header) => header !== null);
        expect(new Set(headers).size).toBe(headers.length);
      }),
    );
  });
});
