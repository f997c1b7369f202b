// The toy Lean: what it knows it checks, and what it does not know is an error.
import { describe, expect, it } from "vitest";
import { type Answer, ask } from "./harness.ts";

/** What Lean says about some code: severity, place, text. */
async function said(cmd: string, settings: Record<string, string> = {}): Promise<string[]> {
  const [answer] = await ask([{ cmd }], { settings });
  return textsOf(answer);
}

function textsOf(answer: Answer): string[] {
  return (answer.messages ?? []).map(
    ({ severity, pos, data }: Answer) => `${severity} ${pos.line}:${pos.column} ${data}`,
  );
}

/** What some tactics answer one after the other, from the only `sorry` of some code. */
async function run(statement: string, ...tactics: string[]): Promise<Answer[]> {
  const cmd = `example ${statement} := by sorry`;
  const steps = tactics.map((tactic, proofState) => ({ tactic, proofState }));
  return (await ask([{ cmd }, ...steps])).slice(1);
}

describe("declarations", () => {
  const RIGHT = [
    "def f := 42",
    'def s : String := "x"',
    "def twice (x : Nat) : Nat := x + x\nexample : twice 21 = 42 := rfl",
    "def id' {p : Prop} (h : p) : p := h\ntheorem t : True := id' trivial",
    "theorem t (p q : Prop) (h : p ∧ q) : q ∧ p := ⟨h.2, h.1⟩",
    "theorem t : ∀ (n m : Nat), n + m = m + n := Nat.add_comm",
    "theorem t (p : Prop) : p → ¬¬p := fun h n => n h",
    "import Lean import Std.Data\nimport Mathlib\nlemma l : 1 + 1 = 2 := by rfl",
    "module\n\npublic import Lean\npublic meta import all Std\ndef f := 1",
    "/- a /- nested -/ comment -/ def f := 1 -- and a line\n/-- documented -/ abbrev g := f",
    "@[simp] theorem t : 2 * 3 = 6 := by\n  rfl\n\ndef after := 1",
    "axiom choice : 1 = 2\ntheorem t : 1 = 2 := choice",
    "theorem t (a b : Nat) (h : a = b) : b = a := by\n  rw [h]",
    "theorem t (p q : Prop) (hq : q) : p ∨ q := by right; exact hq",
  ];
  it("are taken where they are right", async () => {
    const answers = await ask(RIGHT.map((cmd) => ({ cmd })));
    expect(answers).toEqual(RIGHT.map((_, env) => ({ env })));
  });

  const WRONG: [string, string | RegExp][] = [
    ["def f := g", "error 1:9 Unknown identifier `g`"],
    ["def f : Foo := 1", "error 1:8 Unknown identifier `Foo`"],
    ["def f := 1\ndef f := 2", "error 2:4 `f` has already been declared"],
    ["def Nat := 2", "error 1:4 `Nat` has already been declared"],
    ['def é : Nat := "αβ" -- x', /^error 1:15 Type mismatch\n {2}"αβ"\nhas type\n {2}String\n/],
    ['def 𝔸 : Nat := "x"', /^error 1:15 Type mismatch/],
    ["theorem t : 1 = 2 := rfl", /^error 1:21 Type mismatch/],
    ["theorem t : 1 = 2 := by rfl", /^error 1:24 Tactic `rfl` failed: The left-hand side\n {2}1\n/],
    ["theorem t : 2 = 2 := Eq.refl 3", /^error 1:21 .*mismatch/],
    ["theorem t (p q : Prop) (hp : p) : q := hp", /^error 1:39 Type mismatch/],
    ["theorem t (p q : Prop) (hp : p) : p ∧ q := ⟨hp, hp⟩", /^error 1:48 Type mismatch/],
    ["theorem t : Nat := 1", /^error 1:8 type of theorem `t` is not a proposition/],
    ["def f : 3 := 1", "error 1:8 type expected, got\n  (3 : Nat)"],
    ["def f : Nat := -1", /^error 1:15 failed to synthesize/],
    ["def f : Nat := (1", "error 1:17 unexpected end of input; expected ')'"],
    ["def f : Nat := 1 1", /^error 1:15 Function expected at/],
    ["def f : Nat := by exat 1", "error 1:18 unknown tactic"],
    ["def f : Nat := by\n  skip\n  exact 1\n  skip", "error 4:2 No goals to be solved"],
    ["lemma l : True := trivial", "error 1:0 unexpected identifier; expected command"],
    ["open Nowhere", "error 1:5 Unknown namespace `Nowhere`"],
    ["def f := 1 import Lean", /^error 1:11 invalid 'import' command/],
    ["instance : Foo := 1", /^error 1:0 the stand-in REPL does not know the command 'instance'/],
    ["def f := 1 /- open", /^error 1:11 unterminated comment/],
    ["def s := sorry", "error 1:9 don't know how to synthesize placeholder"],
    ["def x := rfl", "error 1:4 failed to infer definition type"],
  ];
  it("are refused where they are wrong, with one message at the right place", async () => {
    const answers = await ask(WRONG.map(([cmd]) => ({ cmd })));
    for (const [at, [cmd, wanted]] of WRONG.entries()) {
      const messages = textsOf(answers[at]);
      expect(messages, cmd).toHaveLength(1);
      const matcher = typeof wanted === "string" ? wanted : expect.stringMatching(wanted);
      expect(messages[0], cmd).toEqual(matcher);
    }
  });

  it("goes on after an error, and declares what had one", async () => {
    const cmd = 'nonsense here\ndef f : Nat := "x"\n#check f\n#eval f\ndef g := f';
    const messages = await said(cmd);
    expect(messages.map((each) => each.split(" ").slice(0, 2).join(" "))).toEqual([
      "error 1:0",
      "error 2:15",
      "info 3:0",
      "error 4:6",
    ]);
  });

  it("says that an import is not there, and has nothing after that", async () => {
    const settings = { MODULES: "Demo,Lean" };
    expect(await said("import Demo.Basic\nimport Lean", settings)).toEqual([]);
    const [unknown, ...rest] = await said("import Nope.A\ndef f := 1", settings);
    expect(unknown).toContain("error 1:0 unknown module prefix 'Nope'");
    expect(rest).toEqual([expect.stringContaining("unknown constant 'Nat'")]);
  });

  it("takes no import on top of an environment", async () => {
    const [, answer] = await ask([{ cmd: "" }, { cmd: "import Lean", env: 0 }]);
    expect(answer.messages).toMatchObject([{ severity: "error" }]);
  });

  it("evaluates and checks", async () => {
    const cmd =
      "def f (x y : Nat) {z : Int} : Nat := x\n#check f\n#eval 2 + 3 * 4\n#check 1 = 2\n#check And.intro";
    expect(await said(cmd)).toEqual([
      "info 2:0 f (x y : Nat) {z : Int} : Nat",
      "info 3:0 14",
      "info 4:0 1 = 2 : Prop",
      "info 5:0 And.intro {a b : Prop} (left : a) (right : b) : a ∧ b",
    ]);
  });

  it("does not evaluate what stands on a sorry", async () => {
    const messages = await said("def f : Nat := sorry\ndef g := f + 1\n#eval g");
    expect(messages.at(-1)).toContain("depends on the `sorry` axiom");
  });

  it("lists sorries where they stand, each with what is known there", async () => {
    const cmd =
      "def a := 1\ntheorem t (x y : Nat) : x = y ∧ a = 1 :=\n  ⟨sorry, by\n    have h : x = 2 := sorry\n    sorry⟩";
    const [answer, closed] = await ask([{ cmd }, { tactic: "rfl", proofState: 2 }]);
    expect(answer.sorries.map(({ pos, endPos, goal }: Answer) => [pos, endPos, goal])).toEqual([
      [{ line: 3, column: 3 }, { line: 3, column: 8 }, "x y : Nat\n⊢ x = y"],
      [{ line: 4, column: 22 }, { line: 4, column: 27 }, "x y : Nat\n⊢ x = 2"],
      [{ line: 5, column: 4 }, { line: 5, column: 9 }, "x y : Nat\nh : x = 2\n⊢ a = 1"],
    ]);
    expect(answer.messages).toMatchObject([{ severity: "warning", pos: { line: 2, column: 8 } }]);
    expect(closed).toMatchObject({ proofStatus: "Completed" });
  });
});

describe("tactics", () => {
  it.each([
    ["(p q : Prop) (hp : p) (hq : q) : p ∧ q", "constructor", "assumption", "exact hq"],
    ["(p q : Prop) : p → q → p", "intro hp hq", "exact hp"],
    [": ¬False", "intro h", "exact h"],
    ["(p q : Prop) (h : p ↔ q) : q ↔ p", "exact ⟨h.mpr, h.mp⟩"],
    ["(p q : Prop) (hp : p) : p ∨ q", "left", "exact hp"],
    ["(a b c : Nat) : a + b + c = b + a + c", "rw [Nat.add_comm a b]"],
    [": True", "trivial"],
    ["(p q r : Prop) (f : p → q → r) (hp : p) (hq : q) : r", "apply f", "exact hp", "exact hq"],
    ["(n : Nat) (h : ∀ (m : Nat), m = n) : 3 = n", "apply h"],
    ["(p : Prop) (h : p) : p", "have h : p := h", "skip", "exact h"],
  ])("prove %s", async (statement, ...tactics) => {
    const answers = await run(statement, ...tactics);
    expect(answers.at(-1)).toMatchObject({ proofStatus: "Completed", goals: [] });
  });

  it("name the goals after the arguments, and hide shadowed hypotheses", async () => {
    const [first, second] = await run("(p : Prop) : p → p → p ∧ p ∧ p", "intro h h", "constructor");
    expect(first.goals).toEqual(["p : Prop\nh✝ h : p\n⊢ p ∧ p ∧ p"]);
    expect(second.goals.map((goal: string) => goal.split("\n")[0])).toEqual([
      "case left",
      "case right",
    ]);
  });

  it.each([
    ["exact hq", "Type mismatch"],
    ["exact nope", "Unknown identifier `nope`"],
    ["exact ⟨hp⟩", "is not a structure"],
  ])("put a sorry for the wrong term of %s", async (tactic, message) => {
    const [answer] = await run("(p q : Prop) (hp : p) (hq : q) : p", tactic);
    expect(answer).toMatchObject({ proofStatus: "Incomplete: contains sorry", goals: [] });
    expect(answer.messages[0].data).toContain(message);
  });

  it.each([
    ["apply hq", /^Lean error:\nTactic `apply` failed: could not unify/],
    ["intro h", /^Lean error:\nTactic `intro` failed/],
    ["rfl", /^Lean error:\nTactic `rfl` failed/],
    ["constructor", /^Lean error:\nTactic `constructor` failed/],
    ["left", /^Lean error:\nTactic `left` failed/],
    ["rw [hp]", /^Lean error:\nTactic `rewrite` failed/],
    ["trivial hp", /^Lean error:\n<input>:1:9: expected end of input/],
    ["exact", /^Lean error:\n<input>:1:6: unexpected end of input; expected term/],
    ["simp", /^Lean error:\n<input>:1:1: unknown tactic/],
    ["skip\nskip", /^Lean error:\n<input>:2:1: expected end of input/],
  ])("answer %j with an error that takes no id", async (tactic, message) => {
    const [answer, next] = await run("(p q : Prop) (hp : ¬p) (hq : q) : p", tactic);
    expect(answer).toEqual({ message: expect.stringMatching(message) });
    expect(next).toBeUndefined();
  });

  it("leave open what a rewrite does not close", async () => {
    const [answer] = await run("(a b : Nat) (h : a = b) : a = 1", "rw [h]");
    expect(answer.goals).toEqual(["a b : Nat\nh : a = b\n⊢ b = 1"]);
  });

  it("say what a proof with a sorry in it still lacks", async () => {
    const statement = { cmd: "example (x : Nat) : x = x := by sorry" };
    const steps = [
      { tactic: "have h : x = x := sorry", proofState: 0 },
      { tactic: "rfl", proofState: 1 },
      { tactic: "rfl", proofState: 2 },
    ];
    const [, , inner, outer] = await ask([statement, ...steps]);
    expect(inner.proofStatus).toBe("Incomplete: contains metavariable(s)");
    expect(outer.proofStatus).toBe("Incomplete: contains sorry");
  });

  it("have nothing to do where no goal is left", async () => {
    const [, answer] = await run(": True", "trivial", "trivial");
    expect(answer).toEqual({ message: "Lean error:\nNo goals to be solved" });
  });
});
