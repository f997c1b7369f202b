import { describe, expect, it } from "vitest";
import {
  findBaseCode,
  findPickleLoss,
  type PickleLoss,
  splitAtProof,
} from "../../../src/recipe/pickle-safety/pickle-safety.ts";
import type { RecipeStep } from "../../../src/recipe/steps.ts";

const HEADER = `import Mathlib
import Aesop

set_option maxHeartbeats 400000

open BigOperators Real Nat Topology Rat
`;

/** What the pickle of the first sorry of code loses. */
function lossOf(code: string): PickleLoss | undefined {
  return findPickleLoss([{ cmd: code }, { sorry: 0 }]);
}

describe("a theorem is pickle-safe", () => {
  it.each([
    "theorem foo (x : ℝ) (h₀ : 2 * x + 1 = 7) : x = 3 := by\n  sorry",
    "theorem foo\n  (b h v : ℝ)\n  (h₀ : 0 < b ∧ 0 < h)\n  (h₁ : v = 1 / 3 * (b * h)) :\n  v = 65 := sorry",
    "theorem lean_workbook_1 (a b : ℝ) (h : 0 ≤ a) : a^2 + b⁻¹ ≥ √2  :=  by sorry",
    "lemma foo : ∀ x, x > 0 → ∑ i in Finset.range 10, f i = 5 := by sorry",
    "theorem foo : ∑ i ∈ Finset.range (n + 1), i = ∏ i, g i ∧ ∑' n : ℕ, f n = 0 := by sorry",
    "theorem foo : (Finset.filter (fun n => n % 2 = 0) s).card = 3 := by sorry",
    "theorem foo (x : {x : ℝ // x > 0}) : ∃! n, n ∣ 12 ∧ ‖x‖ = ⌊y⌋ := by sorry",
    "theorem foo (f : ℕ → ℕ) (h : f = fun x ↦ if x = 0 then 1 else x - 1) : f 0 = 1 := by sorry",
    "theorem foo : ∀ {x : ℕ} (y : ℕ) ⦃z⦄, ∃ a b : ℤ, ∃ (c : ℤ), a ≡ b [ZMOD 5] := by sorry",
    "theorem foo : ∫ x in Set.Icc 0 1, x ^ 2 = (1 / 3 : ℝ) ∧ ∀ᶠ n in atTop, p n := by sorry",
    "theorem foo : let x := 1; let f : ℕ → ℕ := fun y => y; f x = 1 := by sorry",
    "theorem foo [Fact p.Prime] : Module.finrank (K := ℚ) V = 2 := by sorry",
    "theorem foo : f '' s ⊆ g ⁻¹' t ∧ ⋃₀ S = Set.univ ∧ (5 !) = 120 := by sorry",
    "theorem foo.{u, v} (α : Type u) : α = α := by sorry",
    "theorem foo : \"a\".length = 1 ∧ 'a' ≠ 'b' := by sorry",
    "example : (if 1 = 1 then 2 else 3) = 2 := by sorry",
    "  theorem foo : True := by\n    sorry",
    "theorem foo : True := by\n  constructor\n  · intro x\n    sorry\n  · exact ⟨by simp, fun h => h⟩",
    "theorem foo : a = c := by\n  calc a = b := by rfl\n    _ = c := by sorry",
    "theorem foo : p := by\n  have h₁ : 1 = 1 := by norm_num\n  have : 2 = 2 := sorry\n  linarith [h₁]",
    "theorem foo : p := by\n  simp at h\n  rw [Nat.add_comm]\n  sorry",
    "theorem foo : p := fun x (y : ℕ) => by\n  sorry",
    "theorem foo : p :=\n  have h := q\n  sorry",
  ])("such as %j", (theorem) => {
    expect(lossOf(theorem)).toBeUndefined();
    expect(lossOf(`${HEADER}\n${theorem}`)).toBeUndefined();
  });
});

describe("commands before a theorem are pickle-safe", () => {
  it.each([
    "",
    "-- open Foo in\n/- instance /- : -/ Foo -/",
    "open Foo",
    "open Foo Foo.Bar «a b»",
    "open scoped Foo Bar",
    "open Foo (a b)",
    "open Foo hiding a b",
    "open Foo renaming a → b, c.d -> e",
    "open Foo\n  Bar",
    "  open Foo\n  open Bar",
    "set_option maxHeartbeats 400000",
    "set_option pp.all true\nset_option autoImplicit false",
    'set_option a.b "c -- d"',
    "universe u v w",
    "section\nsection Foo.Bar",
    "namespace Foo.Bar\nopen Nat",
    "variable (a b : ℕ)\n  {α : Type*} [Group α] [inst : Ring β]",
    "variable {x} ⦃y⦄ (h : ∀ n, f n = fun x => x)",
  ])("such as %j", (commands) => {
    expect(lossOf(`${commands}\ntheorem t : True := by sorry`)).toBeUndefined();
    expect(lossOf(`import A\n${commands}\n-- b\ntheorem t : True := by sorry`)).toBeUndefined();
    const steps = [{ cmd: "import A" }, { cmd: commands }, { cmd: "example : True := by sorry" }];
    expect(findPickleLoss([...steps, { sorry: 0 }])).toBeUndefined();
  });
});

describe("a pickle loses", () => {
  const T = "theorem t : True := by sorry";

  it.each<[code: string, why: string, line: number]>([
    // Other commands, attributes, modifiers.
    [`@[simp] ${T}`, "command", 1],
    [`@[simp]\n${T}`, "command", 1],
    [`private ${T}`, "command", 1],
    [`open Nat\nprotected\n${T}`, "command", 2],
    [`open Nat\nnoncomputable section\n${T}`, "command", 2],
    [`noncomputable\nsection\n${T}`, "command", 1],
    [`public section\n${T}`, "command", 1],
    [`@[expose] section\n${T}`, "command", 1],
    [`/-- doc -/\n${T}`, "command", 1],
    [`/-! doc -/\n${T}`, "command", 1],
    [`instance : Tick Nat := x\n${T}`, "command", 1],
    [`open Nat\n\ninstance : Tick Nat := x\n${T}`, "command", 3],
    [`section\nend\n${T}`, "command", 2],
    [`local notation "x" => y\n${T}`, "command", 1],
    [`#eval 1\n${T}`, "command", 1],
    [`include h\n${T}`, "command", 1],
    [`${T}\n${T}`, "command", 2],
    [`${T}\n#check t`, "command", 2],
    [`${T}\nattribute [simp] t`, "command", 2],
    [`${T} def evil := 1`, "command", 1],
    [`${T} instance : Foo := x`, "command", 1],
    [`${T}\n  instance : Foo := x`, "command", 2],
    [`theorem t : p := by simp open Foo`, "command", 1],
    [`theorem t : p := by\n  set_option a true in simp`, "command", 2],
    [`open Nat ${T}`, "command", 1],
    [`open Nat def x := 1\n${T}`, "command", 1],
    [`section def x := 1\n${T}`, "command", 1],
    [`universe u def x := 1\n${T}`, "command", 1],
    [`set_option a true def y := 1\n${T}`, "command", 1],
    [`variable (x : ℕ) def y := 1\n${T}`, "command", 1],
    ["import A\nopen Nat", "unclear", 1],
    // What is not understood.
    ["", "unclear", 1],
    [`import Mathlib ${T}`, "command", 1],
    [`import Mathlib\nimport\n${T}`, "command", 3],
    [`module\nimport A\n${T}`, "unclear", 1],
    [`import all A\n${T}`, "unclear", 1],
    [`open Nat in\n${T}`, "unclear", 1],
    [`open scoped Nat in\n${T}`, "unclear", 1],
    [`set_option a true in\n${T}`, "unclear", 1],
    [`variable (n) in\n${T}`, "unclear", 1],
    [`open\n${T}`, "unclear", 1],
    [`open scoped\n${T}`, "unclear", 1],
    [`open Nat (\n${T}`, "unclear", 1],
    [`open Nat renaming a\n${T}`, "unclear", 1],
    [`open scoped Nat hiding a\n${T}`, "unclear", 1],
    [`open A B hiding a\n${T}`, "unclear", 1],
    [`open private a from B\n${T}`, "command", 1],
    [`set_option a\n${T}`, "unclear", 1],
    [`section A B\n${T}`, "unclear", 1],
    [`namespace\n${T}`, "unclear", 1],
    [`open A\nB\n${T}`, "unclear", 2],
    [`variable (x : ℕ)\n(y : ℕ)\n${T}`, "unclear", 2],
    [`variable x\n${T}`, "unclear", 1],
    [`variable (x : ℕ := 5)\n${T}`, "unclear", 1],
    [`variable (x := 5)\n${T}`, "unclear", 1],
    [`variable (h : p := by simp)\n${T}`, "unclear", 1],
    [`variable (h : p (by simp))\n${T}`, "construct", 1],
    [`variable (h : match x with | _ => p)\n${T}`, "construct", 1],
    [`variable (h : f = fun (a, b) => a)\n${T}`, "construct", 1],
    [`my_command\n${T}`, "unclear", 1],
    [`${T}\nmy_command`, "unclear", 2],
    [`${T} my_command x`, "unclear", 1],
    [`${T} "s"`, "unclear", 1],
    [`/- ${T}`, "unclear", 1],
    [`${T} /- a`, "unclear", 1],
    [`/-/ a\n${T}`, "unclear", 1],
    [`\t${T}`, "unclear", 1],
    [`${T}\r\n`, "unclear", 1],
    [`\u00a0${T}`, "unclear", 1],
    ["theorem t : True", "unclear", 1],
    ["theorem", "unclear", 1],
    ["theorem : True := by sorry", "unclear", 1],
    ["theorem «t» : True := by sorry", "unclear", 1],
    ["theorem t : (True := by sorry", "unclear", 1],
    ["theorem t : True) := by sorry", "unclear", 1],
    ["theorem t : f [x) := by sorry", "unclear", 1],
    ["theorem t :\nTrue := by sorry", "unclear", 2],
    ['theorem t : s!"{1}" = s := by sorry', "unclear", 1],
    ["theorem t : `a = b := by sorry", "unclear", 1],
    ["theorem t : eval% x = y := by sorry", "unclear", 1],
    ["theorem t (x : ℕ := 5) : p := by sorry", "unclear", 1],
    // Names and constructs that add more than constants.
    ["theorem a.b : True := by sorry", "construct", 1],
    ["theorem _root_.b : True := by sorry", "construct", 1],
    ["theorem t (h : p := by simp) : q := by sorry", "unclear", 1],
    ["theorem t : f ⟨0, h⟩ = 1 := by sorry", "construct", 1],
    ["theorem t : f (by simp) = 1 := by sorry", "construct", 1],
    ["theorem t : (match 0 with\n  | _ => 5) = 5 := by sorry", "construct", 1],
    ["theorem t : p\n  | 0 => sorry", "construct", 2],
    ["theorem t : p where\n  a := sorry", "construct", 1],
    ["theorem t : |x| = 1 := by sorry", "construct", 1],
    ["theorem t : {x | p x} = s := by sorry", "construct", 1],
    ["theorem t : (a || b) = c := by sorry", "construct", 1],
    ["theorem t : f = fun (a, b) => a := by sorry", "construct", 1],
    ["theorem t : f = fun (some x) => x := by sorry", "construct", 1],
    ["theorem t : f = λ ⟨a, b⟩ ↦ a := by sorry", "construct", 1],
    ["theorem t : f = fun 0 => x := by sorry", "construct", 1],
    ["theorem t : f = fun .a => x := by sorry", "construct", 1],
    ["theorem t : f = fun Nat.zero => x := by sorry", "construct", 1],
    ["theorem t : f = fun | 0 => x := by sorry", "construct", 1],
    ["theorem t : ∑ (a, b) ∈ s, a = 5 := by sorry", "construct", 1],
    ["theorem t : ∑ (⟨a, b⟩ : ℕ × ℕ) ∈ s, a = 5 := by sorry", "construct", 1],
    ["theorem t : ∀ᶠ (a, b) in f, p := by sorry", "construct", 1],
    ["theorem t : ⋃ ⟨a, b⟩, f a = s := by sorry", "construct", 1],
    ["theorem t : let (a, b) := c; a = b := by sorry", "construct", 1],
    ["theorem t : let rec f x := f x; f = g := by sorry", "construct", 1],
    ["theorem t : if let x := c then p else q := by sorry", "construct", 1],
    ["theorem t : (x matches y) := by sorry", "construct", 1],
    ["theorem t : (do x) = y := by sorry", "construct", 1],
    ["theorem t : p := sorry\ntermination_by n", "construct", 2],
  ])("of %j: %s, line %i", (code, why, line) => {
    expect(lossOf(code)).toMatchObject({ why, step: 0, line });
  });
});

describe("findPickleLoss", () => {
  const CODE = { cmd: "example : True := by sorry" };

  it("takes every environment for one that a pickle loses something of", () => {
    expect(findPickleLoss([])).toEqual({ why: "environment" });
    expect(findPickleLoss([{ cmd: "import A" }, CODE])).toEqual({ why: "environment" });
  });

  it.each<[RecipeStep[], number]>([
    [[{ sorry: 0 }], 0],
    [[{ tactic: "simp" }], 0],
    [[CODE, { tactic: "simp" }], 1],
    [[CODE, { sorry: 0 }, { sorry: 1 }], 2],
    [[CODE, { sorry: 0 }, CODE], 2],
    [[CODE, CODE, { sorry: 0 }], 0],
    [[{ cmd: "open A" }, { cmd: "import B\nexample : True := by sorry" }, { sorry: 0 }], 1],
    [[CODE, { sorry: 0 }, { tactic: "simp" }, { tactic: "classical" }], 3],
  ])("does not understand %j", (steps, step) => {
    expect(findPickleLoss(steps)).toMatchObject({ step });
  });

  it("understands a sorry that a tactic leaves", () => {
    const tactic = { tactic: "have h : 1 = 1 := by sorry" };
    expect(findPickleLoss([CODE, { sorry: 0 }, tactic, { sorry: 0 }, tactic])).toBeUndefined();
  });

  it("shows the line, trimmed and shortened", () => {
    expect(lossOf("import A\n\n  instance : Tick Nat := x\nexample : p := by sorry")).toEqual({
      why: "command",
      step: 0,
      line: 3,
      text: "instance : Tick Nat := x",
    });
    expect(lossOf(`def ${"𝕜".repeat(200)} := 1`)).toMatchObject({
      text: `def ${"𝕜".repeat(75)}…`,
    });
    expect(findPickleLoss([CODE, { sorry: 0 }, { sorry: 3 }])).toMatchObject({ text: "sorry 3" });
    expect(lossOf("")).toMatchObject({ line: 1, text: "" });
  });
});

describe("findBaseCode", () => {
  const proof: RecipeStep[] = [{ sorry: 0 }, { tactic: "simp" }];

  it.each<[string[], string[]]>([
    [["theorem t : p := by sorry"], []],
    [[`${HEADER}\ntheorem t : p := by sorry`], [HEADER.trim()]],
    [[`-- a\n${HEADER}\n/- b -/\nlemma u (h : q) : r := by\n  sorry -- c`], [HEADER.trim()]],
    [
      ["import A", "open B", "\nopen C -- d\n\nexample : p := by sorry"],
      ["import A", "open B", "open C"],
    ],
    [["import A\n", "example : p := by sorry"], ["import A\n"]],
    [["", "  open C\n    D\n  example : p := by sorry"], ["open C\n    D"]],
  ])("of %j is %j", (code, base) => {
    expect(findBaseCode([...code.map((cmd) => ({ cmd })), ...proof])).toEqual(base);
  });

  it("is none of what is not pickle-safe", () => {
    expect(findBaseCode([{ cmd: "open A" }])).toBeUndefined();
    expect(findBaseCode([{ cmd: "@[simp] theorem t : p := by sorry" }, ...proof])).toBeUndefined();
  });
});

describe("splitAtProof", () => {
  it.each<[string, ReturnType<typeof splitAtProof>]>([
    ["theorem t : p", { scopes: "", proof: "theorem t : p" }],
    [
      "import A\n-- b\nopen C\n-- d\nexample : p",
      { scopes: "import A\n-- b\nopen C", proof: "example : p" },
    ],
    ["import A\n-- b\n\n", undefined],
    ["def f := 1\nexample : p", undefined],
    ["open A", undefined],
  ])("of %j is %j", (code, parts) => {
    expect(splitAtProof(code)).toEqual(parts);
  });
});
