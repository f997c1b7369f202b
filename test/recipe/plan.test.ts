import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOfStep } from "../../src/recipe/key.ts";
import { keySteps, type Plan, planSteps } from "../../src/recipe/plan.ts";

const INPUTS = { toolchain: "leanprover/lean4:v4.33.0" };
const BASE = "b".repeat(64);

/** Any plan that makes sense: code with or without a proof, or tactics alone. */
const plans: fc.Arbitrary<Plan> = fc.record({
  code: fc.array(fc.string(), { maxLength: 3 }),
  sorry: fc.constantFrom(undefined, 0, 1, 7, "all" as const),
  tactics: fc.array(fc.string(), { maxLength: 3 }),
});

const keysOf = (...asked: Parameters<typeof keySteps>) => keySteps(...asked).map(({ key }) => key);

describe("planSteps", () => {
  it.each<[string, Plan, object[]]>([
    ["code", { code: ["a", "b"], tactics: [] }, [{ cmd: "a" }, { cmd: "b" }]],
    [
      "the sorry that is named",
      { code: ["a"], sorry: 2, tactics: [] },
      [{ cmd: "a" }, { sorry: 2 }],
    ],
    [
      "the only sorry, where tactics need one",
      { code: ["a"], tactics: ["t", "u"] },
      [{ cmd: "a" }, { sorry: 0 }, { tactic: "t" }, { tactic: "u" }],
    ],
    [
      "all sorries",
      { code: ["a"], sorry: "all", tactics: ["t"] },
      [{ cmd: "a" }, { sorry: "all" }, { tactic: "t" }],
    ],
    ["tactics on a proof state", { code: [], tactics: ["t"] }, [{ tactic: "t" }]],
    [
      "a sorry of the last tactic, on a proof state",
      { code: [], sorry: 1, tactics: ["t", "u"], isOnProofState: true },
      [{ tactic: "t" }, { tactic: "u" }, { sorry: 1 }],
    ],
  ])("takes %s", (_what, plan, steps) => {
    expect(planSteps(plan).map(({ step }) => step)).toEqual(steps);
  });

  it("says of each step whether it leads to an environment or to a proof state", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        for (const { kind, step } of planSteps(plan)) {
          expect(kind).toBe("cmd" in step ? "environment" : "proof-state");
        }
      }),
    );
  });
});

describe("keySteps", () => {
  it("gives the key of each step on the one before, the first on the base", () => {
    const steps = planSteps({ code: ["a"], tactics: ["t"] });
    const [a, sorry, t] = keysOf(BASE, steps, INPUTS);
    const inputs = INPUTS;
    expect(a).toBe(keyOfStep({ kind: "environment", base: BASE, step: { cmd: "a" }, inputs }));
    expect(sorry).toBe(
      keyOfStep({ kind: "proof-state", base: a ?? "", step: { sorry: 0 }, inputs }),
    );
    expect(t).toBe(
      keyOfStep({ kind: "proof-state", base: sorry ?? "", step: { tactic: "t" }, inputs }),
    );
  });

  it("gives the same keys where the steps are taken in two parts", () => {
    fc.assert(
      fc.property(plans, fc.nat(7), (plan, at) => {
        const steps = planSteps(plan);
        const first = keysOf(null, steps.slice(0, at), INPUTS);
        const rest = keysOf(first.at(-1) ?? null, steps.slice(at), INPUTS);
        expect([...first, ...rest]).toEqual(keysOf(null, steps, INPUTS));
      }),
    );
  });

  it("gives each state of a plan a key of its own, which changes with any step before it", () => {
    fc.assert(
      fc.property(plans, fc.string({ minLength: 1 }), (plan, more) => {
        const keys = keysOf(null, planSteps(plan), INPUTS);
        expect(new Set(keys).size).toBe(keys.length);
        const [first = "", ...others] = plan.code;
        const changed = { ...plan, code: [first + more, ...others] };
        const changedKeys = keysOf(null, planSteps(changed), INPUTS);
        expect(keys.filter((key) => changedKeys.includes(key))).toEqual([]);
      }),
    );
  });

  it("gives other keys on another base and with other inputs, and the same ones otherwise", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const steps = planSteps(plan);
        const keys = keysOf(null, steps, INPUTS);
        const others = [
          ...keysOf(BASE, steps, INPUTS),
          ...keysOf(null, steps, { ...INPUTS, project: null }),
        ];
        expect(keys.filter((key) => others.includes(key))).toEqual([]);
        expect(keysOf(null, planSteps(structuredClone(plan)), { ...INPUTS })).toEqual(keys);
      }),
    );
  });
});
