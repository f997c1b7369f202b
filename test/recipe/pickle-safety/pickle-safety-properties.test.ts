import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTokens } from "../../../src/recipe/lean-tokens.ts";
import {
  findBaseCode,
  findPickleLoss,
  splitAtProof,
} from "../../../src/recipe/pickle-safety/pickle-safety.ts";
import type { RecipeStep } from "../../../src/recipe/steps.ts";

const RUNS = { numRuns: 500 };

/** Some of the given texts, in their order, each on lines of its own. */
function linesOf(...texts: string[]): fc.Arbitrary<string> {
  return fc.subarray(texts).map((some) => some.join("\n"));
}

const scopes = linesOf(
  "open Nat Real",
  "open scoped Topology",
  "open A (x y)",
  "open A renaming x → y",
  "set_option maxHeartbeats 400000",
  'set_option a.b "c"',
  "universe u v",
  "namespace Foo.Bar",
  "section",
  "variable {α : Type*} [Group α]\n  (h : ∀ x, f x = fun y => y)",
);

const theorem = fc
  .record({
    start: fc.constantFrom("theorem t", "lemma t.{u}", "example"),
    binders: linesOf("  (x : ℝ) {n : ℕ}", "  [Fact p]", "  (h₀ : ∑ i in Finset.range 3, i = x)"),
    goal: fc.constantFrom(
      "x = 3",
      "∀ y > 0, ∃! z, y ∣ z",
      "(let a := 1; a) = 'a'.val",
      "f (n := 3) x",
    ),
    tactics: linesOf(
      "  intro y hy",
      "  have h : p := by norm_num",
      "  simp at h ⊢",
      "  refine ⟨?_, h⟩",
    ),
  })
  .map(
    ({ start, binders, goal, tactics }) =>
      `${start}\n${binders} :\n  ${goal} := by\n${tactics}\n  sorry`,
  );

const safeCode = fc
  .record({ header: linesOf("import Mathlib", "import Aesop.A"), scopes, theorem })
  .map((parts) => [parts.header, parts.scopes, parts.theorem].filter(Boolean).join("\n"));

const tactic = fc.constantFrom(
  "simp",
  "rw [h] at x",
  "intro x",
  "exact ⟨a, b⟩",
  "have h : p := by sorry",
);

/** Blanks and comments, on lines of their own. */
const blanks = fc
  .array(fc.constantFrom("\n", "-- import B\n", "/- @[simp] /- def -/ \n | -/\n", "   \n", "--\n"))
  .map((lines) => lines.join(""));

/** What is no scope command, and no part of a safe theorem. */
const intruders = fc.constantFrom(
  "def x := 1",
  "instance : Foo := x",
  "@[simp]",
  "@[simp] theorem u : p := q",
  "theorem u : p := q",
  "lemma u : p := q",
  "example : p := q",
  "attribute [simp] foo",
  "local notation",
  'notation "x" => y',
  "macro",
  "syntax",
  "elab",
  "simproc",
  "initialize x : y",
  "mutual",
  "end",
  "end Foo",
  "deriving instance Foo for Bar",
  "export A (b)",
  "#eval 1",
  "#check x",
  "private",
  "protected",
  "noncomputable section",
  "unsafe",
  "include h",
  "alias a := b",
  "structure A where",
  "inductive A",
  "run_cmd x",
  "/-- doc -/",
  "/-! doc -/",
  "abbrev",
  "axiom a : p",
  "opaque a : p",
  "class A",
);

const patterns = fc.constantFrom(
  "intro ⟨a, b⟩",
  "intro (a, b)",
  "rintro ⟨a⟩",
  "obtain ⟨a, b⟩ := h",
  "have ⟨a⟩ := h",
  "let (a, b) := h",
  "let rec f := x",
  "exact fun ⟨a, b⟩ => a",
  "exact fun (a, b) ↦ a",
  "exact fun | 0 => a",
  "exact match x with | 0 => a",
  "rcases h with a | b",
  "cases h with\n  | inl => simp",
  "exact nofun",
  "nomatch h",
  "native_decide",
  "bv_decide",
  "classical",
  "exact do x",
  "simp [h]",
);

function lossOf(code: string) {
  return findPickleLoss([{ cmd: code }, { sorry: 0 }]);
}

/** Code with a text put in front of a token; the last place is behind all of them. */
function insert(code: string, place: number, text: string): string {
  const tokens = readTokens(code);
  const at = tokens[place % (tokens.length + 1)]?.at ?? code.length;
  return `${code.slice(0, at)} ${text} ${code.slice(at)}`;
}

describe("a pickle-safe proof state", () => {
  it("stays so with comments and blanks around its code and its tactics", () => {
    fc.assert(
      fc.property(safeCode, tactic, blanks, blanks, (code, run, before, after) => {
        const around = (text: string) => `${before}${text}\n${after}`;
        const steps = [{ cmd: code }, { sorry: 0 }, { tactic: run }];
        expect(findPickleLoss(steps)).toBeUndefined();
        const more = [{ cmd: around(code) }, { sorry: 0 }, { tactic: around(run) }];
        expect(findPickleLoss(more)).toBeUndefined();
        expect(findBaseCode(more)).toEqual(findBaseCode(steps));
      }),
      RUNS,
    );
  });

  it("is not one with any other command, attribute or modifier, wherever it stands", () => {
    fc.assert(
      fc.property(safeCode, intruders, fc.nat(), (code, intruder, place) => {
        expect(lossOf(insert(code, place, intruder))).toBeDefined();
        expect(lossOf(insert(code, place, `\n${intruder}\n`))).toBeDefined();
      }),
      { numRuns: 1_500 },
    );
  });

  it("is not one with a pattern among its tactics", () => {
    fc.assert(
      fc.property(safeCode, tactic, patterns, (code, run, pattern) => {
        expect(lossOf(`${code}\n  ${pattern}`)).toBeDefined();
        const before = [{ cmd: code }, { sorry: 0 }, { tactic: run }];
        expect(findPickleLoss([...before, { tactic: pattern }])).toMatchObject({ step: 3 });
        expect(findPickleLoss([...before, { tactic: `${run} <;> ${pattern}` }])).toBeDefined();
      }),
      RUNS,
    );
  });

  it("has one base for all theorems behind the same commands", () => {
    fc.assert(
      fc.property(scopes, theorem, theorem, tactic, (commands, one, other, run) => {
        const [first, second] = [one, other].map((text) =>
          findBaseCode([{ cmd: `import A\n${commands}\n${text}` }, { sorry: 0 }, { tactic: run }]),
        );
        expect(first).toBeDefined();
        expect(first).toEqual(second);
        expect(
          findPickleLoss([{ cmd: first?.[0] ?? "" }, { cmd: one }, { sorry: 0 }]),
        ).toBeUndefined();
      }),
      RUNS,
    );
  });
});

describe("what a pickle loses", () => {
  it("stays the same behind comments and blanks, some lines further down", () => {
    fc.assert(
      fc.property(
        safeCode,
        intruders,
        fc.nat(),
        blanks,
        blanks,
        (code, intruder, place, before, after) => {
          const lossy = insert(code, place, `\n${intruder}`);
          const loss = lossOf(lossy);
          const moved = lossOf(`${before}${lossy}\n${after}`);
          const down = before.split("\n").length - 1;
          expect(moved).toEqual(
            loss && "line" in loss ? { ...loss, line: loss.line + down } : loss,
          );
        },
      ),
      RUNS,
    );
  });

  const pieces = fc.oneof(
    fc.constantFrom(
      ..."( ) [ ] { } ⟨ ⟩ ⦃ ⦄ | , : := => ↦ . · ; <;> ' \" \\ ` @ # % - / ! « » _".split(" "),
    ),
    fc.constantFrom(..."fun ∀ ∑ have let intro with simp sorry by theorem example open".split(" ")),
    fc.constantFrom(
      ..."section variable set_option import /- -/ -- /-- constructor __proto__".split(" "),
    ),
    fc.constantFrom(" ", "\n", "  ", "\t", "\r", "a", "A.b", "0", "1.5", "ℝ", "𝕜"),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  const anyText = fc.array(pieces).map((parts) => parts.join(""));
  const anyStep: fc.Arbitrary<RecipeStep> = fc.oneof(
    fc.record({ cmd: anyText }),
    fc.record({ sorry: fc.nat(3) }),
    fc.record({ tactic: anyText }),
    fc.record({ cmd: anyText.map((text) => `example : p := by\n  ${text}`) }),
  );

  it("is found in any text without an exception", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 4 }), (steps) => {
        const loss = findPickleLoss(steps);
        expect(findBaseCode(steps) === undefined).toBe(loss !== undefined);
        for (const step of steps) {
          splitAtProof("cmd" in step ? step.cmd : "");
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ..."( ( ) fun ∀ simp with have intro sorry [ := ⟨ variable open section ∑ rintro".split(" "),
    "open A\n",
    "variable (x : T)\n",
    "fun (a",
    "(fun ",
    "with a ",
    "intro a (b : c) ",
    "∀ (a : ∀ ",
    "simp [a] ",
    "let x ",
    "rintro (x y z",
    "/- ",
    "-- a\n",
    '"a" ',
    "import A\n",
    "a.",
    "\n  intro a",
  ])("is found in linear time in %j, over and over", (piece) => {
    const text = `${piece} `.repeat(20_000);
    const started = performance.now();
    lossOf(text);
    lossOf(`example : p := by\n  ${text}`);
    findPickleLoss([{ cmd: "example : p := by sorry" }, { sorry: 0 }, { tactic: text }]);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
