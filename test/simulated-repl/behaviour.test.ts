// What no recording shows: more losses, wrong code, proof states at a sorry, what things cost.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/folders.ts";
import { type Answer, ask, converse, type Settings } from "./harness.ts";
import { readLog } from "./index.ts";

const PI = { cmd: "import Mathlib\nopen Real" };
const USE = { tactic: "have h : π = π := rfl", proofState: 0 };
const THEOREM = { cmd: "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry" };
const SKIP = { tactic: "skip", proofState: 0 };
const [PICKLE, UNPICKLE] = [{ pickleTo: "e", env: 0 }, { unpickleEnvFrom: "e" }];
const GOAL = { unpickleProofStateFrom: "p" };
const CLASS = "class C (a : Type) where\n  t : a\ninstance : C Nat := ⟨1⟩";

/** What is said: a severity, a place and a text for each message, or why nothing was done. */
const place = ({ pos }: Answer): string => `${pos.line}:${pos.column}`;
const line = (each: Answer): string => `${each.severity} ${place(each)} ${each.data}`;
const said = ({ message, messages = [] }: Answer) => message ?? messages.map(line).join("\n");
const importsIn = (log: string) => readLog(log).filter(({ event }) => event === "import");
const modulesIn = (log: string): string[] => importsIn(log).map(({ detail }) => detail);

/** Code, code that uses it, and whether a pickle loses what that takes. */
const LOSSES: [isLost: boolean, cmd: string, then: string][] = [
  [true, "theorem Pond.t : True := trivial", "open Pond\nexample : True := t"],
  [true, PI.cmd, "example : π = π := rfl"],
  [true, "def f := 1", "def g := f + 1"],
  [true, CLASS, "example : C Nat := inferInstance"],
  [true, 'macro "triv" : tactic => `(tactic| exact trivial)', "example : True := by triv"],
  [false, "def twice (n : Nat) : Nat := n + n", "example : twice 2 = 4 := by rfl"],
  [false, "namespace A\ndef d := 1", "example : d = 1 := rfl\nend A\nexample : A.d = 1 := rfl"],
  [false, "inductive T where\n  | a\n  | b", "example : T := T.a"],
  [false, "structure S where\n  x : Nat", "example : S := ⟨1⟩"],
  [false, "variable (p : Prop) (h : p)", "theorem t : p → p := by\n  intro a; exact a"],
];

it("what another process cannot use of a pickle is what it loses, and the process itself can", () => {
  const cwd = temporaryFolder();
  // Each case has an environment for its code, and one for the use of it.
  const uses = LOSSES.map(([, cmd, then], n) => ({
    code: { cmd },
    pickle: { pickleTo: `e${n}`, env: 2 * n },
    unpickle: { unpickleEnvFrom: `e${n}` },
    use: { cmd: then, env: 2 * n },
  }));
  const last = (items: object[], each: number) =>
    ask(items, cwd).filter((_answer, at) => at % each === each - 1);
  const here = last(
    uses.flatMap(({ code, pickle, use }) => [code, pickle, use]),
    3,
  );
  const again = last(
    uses.flatMap(({ code, use }) => [code, use]),
    2,
  );
  const there = last(
    uses.flatMap(({ unpickle, use }) => [unpickle, use]),
    2,
  );
  for (const [at, [isLost, cmd]] of LOSSES.entries()) {
    expect([here[at], again[at]].map(said), cmd).toEqual(["", ""]);
    expect(said(there[at]).startsWith("error"), cmd).toBe(isLost);
  }
});

it("a proof state has what its base environment has, and imports nothing then", () => {
  const cwd = temporaryFolder();
  const LOG = join(cwd, "log");
  const statement = { cmd: "theorem t : π = π := by sorry", env: 0 };
  const [, , pickled, used] = ask([PI, statement, { pickleTo: "p", proofState: 0 }, USE], cwd);
  const [bare, refused] = ask([GOAL, USE], cwd);
  const [, based, usable] = ask([PI, { ...GOAL, env: 0 }, USE], cwd, { LOG });
  const goals = [pickled, bare, based].map((answer) => answer.goals[0]);
  expect(goals).toEqual(["⊢ π = π", "⊢ pi = pi", "⊢ π = π"]);
  expect([refused.message, usable.goals]).toEqual([expect.stringContaining("`π`"), used.goals]);
  expect(modulesIn(LOG)).toEqual(["Mathlib"]);
});

it("a constant that the base environment has is fatal in old releases, a panic in new ones", () => {
  const cwd = temporaryFolder();
  ask([{ cmd: "def f := 1" }, { ...THEOREM, env: 0 }, { pickleTo: "p", proofState: 0 }], cwd);
  const input = [{ cmd: "def f := 2" }, { ...GOAL, env: 0 }];
  const [stderr, DIALECT] = ["(kernel) constant has already been declared 'f'\n", "4.0.0"];
  const old = { exitCode: 1, stderr: `uncaught exception: ${stderr}` };
  expect(converse(input, cwd, { DIALECT })).toMatchObject(old);
  expect(converse(input, cwd)).toMatchObject({ exitCode: 0, stderr: `PANIC: ${stderr}` });
});

it.each([
  ["at", 0, "Completed"],
  ["before", undefined, "Completed"],
  ["before", 0, "Incomplete: contains sorry"],
])("a proof state has the environment from %s its sorry, with env %s", (SORRY_ENV, env, status) => {
  const both = { cmd: "theorem A : True := trivial\nexample : True := by sorry", env };
  const steps = [{ cmd: "" }, both, { tactic: "exact A", proofState: 0 }];
  const [, { sorries }, { proofStatus }] = ask(steps, temporaryFolder(), { SORRY_ENV });
  expect([sorries[0].goal, proofStatus]).toEqual(["⊢ True", status]);
});

/** Tactics and commands, and what is said of them. */
const SAYINGS: [text: string, wanted: string][] = [
  ["skip; exact hp", "<input>:1:5: expected end of input"],
  ["skip\nexact hp", "<input>:2:1: expected end of input"],
  ["· skip", "<input>:1:1: unknown tactic"],
  ["exact", "<input>:1:6: unexpected end of input; expected term"],
  ["exact hp hq", "error 0:0 Function expected"],
  ["exact hq", "error 0:0 Type mismatch"],
  ["apply hq", "Lean error:\nTactic `apply` failed: could not unify"],
  ["rw [hp]", "Lean error:\nTactic `rw` failed"],
  ["omega", "Lean error:\nTactic `omega` failed"],
  ["def f := 1\nexample (f : Nat) : f = 1 := rfl", "error 2:29 Type mismatch"],
  ["def f := 1\ndef f := 2", "error 2:4 `f` has already been declared"],
  ["theorem t : nope := by sorry", "error 1:12 Unknown identifier `nope`"],
  ["theorem t : 3 := by sorry", "error 1:12 type expected, got\n  (3 : Nat)"],
  ['theorem t : 1 = "x" := rfl', "error 1:12 Type mismatch"],
  ["def f : Nat := (1", "error 1:17 unexpected end of input; expected ')'"],
  ["def f : Nat := by exat 1", "error 1:18 unknown tactic"],
  ["def f : Nat := fun x => x", "error 1:15 unexpected token 'fun'; expected term"],
  ["lemma l : True := trivial", "error 1:0 unexpected token 'lemma'; expected command"],
  ["example : π = π := rfl", "error 1:10 Unknown identifier `π`"],
  ["def f : Nat := sorry\n#eval f", "error 2:6 cannot evaluate expression that depends on"],
  ["def f\u00a0:= 1", "error 1:5 expected token"],
  ["#eval IO.FS.removeFile x", "error 1:6 Unknown identifier `IO.FS.removeFile`"],
  ["/- comment -/ def f : Nat := 1 -- and one\r\n#check f", "info 2:0 f : Nat"],
  ["import Nope.A\ndef f := 1", "error 1:0 unknown module prefix 'Nope'"],
];

it("of these tactics and commands is said what Lean says", () => {
  const items = SAYINGS.map(([text]) => {
    const isTactic = !/^(#|def|theorem|lemma|example|import|\/-)/.test(text);
    return isTactic ? { ...SKIP, tactic: text } : { cmd: text };
  });
  const [, ...answers] = ask([THEOREM, ...items], temporaryFolder());
  for (const [at, [text, wanted]] of SAYINGS.entries()) {
    expect(said(answers[at]), text).toContain(wanted);
  }
});

it("runs a few programs, each time that their code is run", () => {
  const file = join(temporaryFolder(), "file");
  const spawn = 'IO.Process.spawn { cmd := "echo", args := #["{", "child"] }';
  const cmd = `#eval IO.FS.writeFile "${file}" "text"\n#eval IO.println "x"\n#eval ${spawn}`;
  const { stdout } = converse([{ cmd }], temporaryFolder());
  expect(stdout).toMatch(/^\{ child\n\{[\s\S]*"data": "x\\n"/);
  expect(readFileSync(file, "utf8")).toBe("text");
});

it("the log has each start, request and import", () => {
  const cwd = temporaryFolder();
  const LOG = join(cwd, "log");
  const code = { cmd: `import Lean\nimport Std\n${THEOREM.cmd}` };
  const make = [code, { pickleTo: "p", proofState: 0 }];
  ask([...make, PICKLE, GOAL, { ...GOAL, env: 0 }], cwd, { LOG });
  ask([{ cmd: "" }, UNPICKLE, { ...GOAL, env: 9 }], cwd, { LOG, IGNORE_ENV: "1" });
  expect(modulesIn(LOG)).toEqual(["Lean,Std", "Lean,Std", "Init", "Lean,Std", "Lean,Std"]);
  const kinds = readLog(LOG).map(({ event, detail }) => (event === "request" ? detail : event));
  expect(kinds.slice(0, 4)).toEqual(["start", "command", "import", "pickleProofState"]);
});

it.each<[Settings, number, object[]]>([
  [{ IMPORT_MS: "300" }, 600, [{ cmd: "import Lean" }, { cmd: "import Std" }, { cmd: "" }]],
  [{ INIT_MS: "300" }, 300, [{ cmd: "import Lean" }, { cmd: "" }, { cmd: "", env: 0 }]],
  [{ COMMAND_MS: "300" }, 600, [THEOREM, SKIP]],
  [{ TACTIC_MS: "300" }, 300, [THEOREM, SKIP]],
  [{ PICKLE_MS: "300", UNPICKLE_MS: "300" }, 600, [THEOREM, PICKLE, UNPICKLE]],
  [{}, 300, [{ cmd: "#eval IO.sleep 300" }]],
])("%j takes its time", (settings, least, items) => {
  const before = performance.now();
  ask(items, temporaryFolder(), settings);
  expect(performance.now() - before).toBeGreaterThanOrEqual(least);
});
