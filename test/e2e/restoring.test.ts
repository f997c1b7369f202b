/** States come back as they were, in another process: by recipe; and with --restore pickle, as recorded. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { jsonLines } from "../support/batches.ts";
import { addLines, useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { run, type Surroundings, succeed } from "../support/program.ts";

const THEOREM = "theorem t (p : Prop) (h : p) : p := by sorry";
const SIMP =
  "def k (n : Nat) := n\n@[simp] theorem k_eq (n : Nat) : k n = n := rfl\ntheorem t (n : Nat) : k n = n := by sorry";
const MACRO = 'macro "triv" : tactic => `(exact True.intro)\ntheorem t : True := by sorry';

const filled = useCache([
  { cmd: "def f := 42", name: "base" },
  { cmd: THEOREM, sorry: 0, name: "goal" },
  { cmd: SIMP, sorry: 0, name: "simp" },
  { cmd: MACRO, sorry: 0, name: "macro" },
]);

/** A folder for a cache, and what the REPLs there did. */
function newPlace(repl: Record<string, string> = {}) {
  const cwd = temporaryFolder();
  const logFile = join(cwd, "repl.log");
  const at: Surroundings = { cwd, repl: { LOG: logFile, ...repl } };
  const count = (event: string, detail: string): number =>
    readLog(logFile).filter((each) => each.event === event && each.detail === detail).length;
  return { cwd, at, count };
}

/** Code that adds something, code that uses it, and whether a pickle keeps it. */
const ENVIRONMENTS: [what: string, added: string, used: string, isKept: boolean][] = [
  ["compiled code", "def f := 42", "#eval f", false],
  [
    "an instance",
    "class Tick (a : Type) where\n  t : a\ninstance : Tick Nat := ⟨1⟩",
    "example : Tick Nat := inferInstance",
    false,
  ],
  [
    "a namespace",
    "namespace Pond\ndef depth : Nat := 3\nend Pond",
    "open Pond\nexample : depth = 3 := rfl",
    false,
  ],
  ["a notation", 'infixl:65 " +++ " => Nat.add', "example : (1 +++ 2) = 3 := rfl", false],
  [
    "a theorem",
    "theorem a (p : Prop) (h : p) : p := h",
    "example (p : Prop) (h : p) : p := a p h",
    true,
  ],
  ["a variable", "variable (n : Nat) (h : n = 0)", "theorem t : n = 0 := h", true],
];

describe("an environment that another process restores", () => {
  const repl = { DIALECT: "4.0.0" };
  const environments = useCache(
    ENVIRONMENTS.map(([, added]) => ({ cmd: added })),
    repl,
  );
  const users = ENVIRONMENTS.map(([, , used], at) => ({ from: -at - 1, cmd: used }));

  it.each(ENVIRONMENTS.map(([what, , used], at) => [what, used, -at - 1] as const))(
    "has %s of its code",
    async (_what, used, id) => {
      await succeed(["run", String(id), "-c", used], { cwd: environments(), repl });
    },
  );

  it("has all of its code where a state is added to it, and reloaded", async () => {
    const cwd = environments();
    addLines(cwd, users, repl);
    await succeed(["reload"], { cwd, repl });
  });

  it("lacks some of its code only with --restore pickle, as recorded", async () => {
    const place = { cwd: environments(), repl, stdin: jsonLines(users) };
    const { stdout } = await run(["add", "--batch", "-", "--restore", "pickle"], place);
    const isKept = stdout
      .trimEnd()
      .split("\n")
      .map((id) => id !== "-");
    expect(isKept).toEqual(ENVIRONMENTS.map((each) => each[3]));
  });

  it("says in show how it will be restored, and why", async () => {
    const at = { cwd: filled() };
    const shown = await succeed(["show", "base"], at);
    expect(shown).toContain("by recipe: a pickle would lose what its code adds");
    expect(await succeed(["show", "base", "--restore", "pickle"], at)).toContain(
      "by pickle: --restore pickle",
    );
  });
});

describe("a proof state that another process restores", () => {
  it.each([
    ["a simp lemma", "simp", "simp"],
    ["a tactic macro", "macro", "triv"],
  ])("has %s of its code", async (_what, goal, tactic) => {
    const at = { cwd: filled() };
    expect(await succeed(["run", goal, "-t", tactic], at)).toContain("no goals");
    const done = JSON.parse(await succeed(["add", "--from", goal, "-t", tactic, "--json"], at));
    expect(done).toMatchObject({ goals: [], proofStatus: "Completed" });
  });

  it("lacks them with --restore pickle: simp does less without a word", async () => {
    const args = ["run", "simp", "-t", "simp", "--restore", "pickle"];
    expect((await run(args, { cwd: filled() })).stdout).toContain("⊢ k n = n");
  });

  it("is a state of its own on a base that lacks something: never a hit", async () => {
    const at = { cwd: filled() };
    const add = ["add", "--from", "simp", "-t", "skip"];
    const first = await run([...add, "--restore", "pickle"], at);
    expect(first.stderr).toContain("It will never count as a hit");
    const again = JSON.parse(await succeed([...add, "--json"], at));
    expect(again.cached).toBe(false);
    expect(await succeed(["show", first.stdout.trim()], at)).toContain(
      "never: its base was restored by its pickle",
    );
  });

  it("is unpickled on its scopes if its steps took longer, and the scoped notation works", async () => {
    const repl = { TACTIC_MS: "60", IMPORT_MS: "20" };
    const { cwd, at, count } = newPlace(repl);
    const header = "import Mathlib\nset_option maxHeartbeats 400000\nopen Real\n";
    const steps = [1, 2, 3, 4].map((n) => ({
      from: `g${n - 1}`,
      tactics: ["skip"],
      name: `g${n}`,
    }));
    addLines(cwd, [{ cmd: `${header}${THEOREM}`, sorry: 0, name: "g0" }, ...steps], repl);
    await succeed(["add", "--from", "g4", "-t", "skip"], at);
    expect(count("request", "tactic")).toBe(1);
    expect(count("import", "Mathlib")).toBe(1);
    expect(count("request", "unpickleProofState")).toBeGreaterThan(0);
  });

  it("runs its side effects again by recipe, and not with --restore pickle", async () => {
    const { at, cwd } = newPlace();
    const effect = join(cwd, "effect.txt");
    const code = `#eval IO.FS.writeFile ${JSON.stringify(effect)} "x"\ntheorem t : True := by sorry`;
    const add = ["add", "-c", code, "--sorry", "0", "-n", "goal", "--json"];
    const { key } = JSON.parse(await succeed(add, at));
    rmSync(effect);
    await succeed(["run", "goal", "-t", "trivial", "--restore", "pickle"], at);
    expect(existsSync(effect)).toBe(false);
    await succeed(["run", "goal", "-t", "trivial"], at);
    expect(existsSync(effect)).toBe(true);
    // How a state is restored never changes its key.
    expect(JSON.parse(await succeed(["show", "goal", "--json"], at)).key).toBe(key);
  });
});

describe("what recipes share", () => {
  it("is run once in a reload, however many states need it", async () => {
    const { at, cwd, count } = newPlace();
    const steps = Array.from({ length: 30 }, (_, n) => ({
      from: n < 5 ? "root" : `s${n % 5}`,
      tactics: ["skip"],
      name: `s${n}`,
    }));
    addLines(cwd, [{ cmd: `import Lean\n${SIMP}`, sorry: 0, name: "root" }, ...steps]);
    const { states } = JSON.parse(await succeed(["reload", "--restore", "recipe", "--json"], at));
    expect(states.every(({ status }: { status: string }) => status === "loaded")).toBe(true);
    expect(states.every(({ via }: { via: string }) => via === "recipe")).toBe(true);
    expect(count("import", "Lean")).toBe(1);
    // One tactic for each state but the first, and one that asks the REPL about its sorries.
    expect(count("request", "tactic")).toBe(states.length);
  });

  it("is one import for environments with the same header", async () => {
    const { at, cwd, count } = newPlace();
    const numbers = [0, 1, 2, 3, 4, 5];
    addLines(
      cwd,
      numbers.map((n) => ({ cmd: `import Lean\ndef f${n} := ${n}` })),
    );
    await succeed(["reload"], at);
    expect(count("import", "Lean")).toBe(1);
    expect(count("request", "unpickleEnv")).toBe(0);
  });
});

describe("code with a header", () => {
  it("has its messages where they stand in the file", async () => {
    const { at, cwd } = newPlace();
    const lines = [
      "/- a comment",
      "over lines -/",
      "import Lean",
      "-- another",
      "import Std import Init",
      ...Array.from({ length: 34 }, () => ""),
      'def f : Nat := "x"',
    ];
    writeFileSync(join(cwd, "a.lean"), lines.join("\n"));
    const { code, stderr } = await run(["add", "a.lean"], at);
    expect(code).toBe(1);
    expect(stderr).toContain("a.lean:40:");
  });

  it("is not split if the REPL forgets the declarations before a sorry", async () => {
    const { at } = newPlace({ SORRY_ENV: "before" });
    const code =
      "import Lean\ntheorem a (p : Prop) (h : p) : p := h\ntheorem t (p : Prop) (h : p) : p := by sorry";
    await succeed(["add", "-c", code, "--sorry", "0", "-n", "goal"], at);
    expect(await succeed(["run", "goal", "-t", "exact a p h"], at)).toContain("no goals");
  });
});

describe("a recipe that no longer gives its state", () => {
  it("leaves it to the pickle, and says so", async () => {
    const cwd = filled();
    const at = { cwd };
    const path = join(cwd, "lean-pickle.json");
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    for (const recipe of Object.values<{ step: { cmd?: string } }>(manifest.recipes)) {
      if (recipe.step.cmd) {
        recipe.step.cmd = "def f : Nat := nope";
      }
    }
    writeFileSync(path, JSON.stringify(manifest));
    const { stdout, stderr } = await run(["reload", "goal", "--json"], at);
    const [state] = JSON.parse(stdout).states;
    expect(state).toMatchObject({ status: "loaded", via: "pickle" });
    expect(state.message).toContain("Its recipe no longer gives it");
    expect(stderr).not.toContain("stack");
    expect(await succeed(["run", "goal", "-t", "exact h"], at)).toContain("no goals");
  });

  it("is not run if somebody else could have written the manifest", async () => {
    const cwd = filled();
    const at = { cwd };
    chmodSync(join(cwd, "lean-pickle.json"), 0o666);
    const { code, stderr } = await run(["run", "base", "-c", "#eval f"], at);
    expect(code).toBe(1);
    expect(stderr).toContain("--trust");
    await succeed(["run", "base", "-c", "#eval f", "--trust"], at);
  });
});

describe("what Lean refuses, with what to do about it", () => {
  it("names the line of a second import, and never --allow-errors", async () => {
    const { at, cwd } = newPlace();
    writeFileSync(join(cwd, "a.lean"), "import Lean\ndef f := 1");
    writeFileSync(join(cwd, "b.lean"), "-- b\nimport Lean\ndef g := 1");
    const { code, stderr } = await run(["add", "a.lean", "b.lean"], at);
    expect(code).toBe(1);
    expect(stderr).toContain("move the import in line 2 of b.lean there");
    expect(stderr).not.toContain("Add it all the same");
  });

  it("names the ways to give several tactics", async () => {
    const { at } = newPlace();
    const { stderr } = await run(["add", "-c", THEOREM, "-t", "skip; exact h"], at);
    expect(stderr).toContain("give a -t for each");
  });

  it("names the way around a sorry that forgets the lemmas of its code", async () => {
    const { at } = newPlace({ SORRY_ENV: "before" });
    await succeed(["add", "-c", "import Lean", "-n", "base"], at);
    const code =
      "theorem a (p : Prop) (h : p) : p := h\ntheorem t (p : Prop) (h : p) : p := by sorry";
    const { stderr } = await run(["add", "--from", "base", "-c", code, "-t", "exact a p h"], at);
    expect(stderr).toContain("give the lemmas and the theorem as two -c");
  });

  it("takes the sorry of a tactic, with its key and its recipe", async () => {
    const at = { cwd: filled() };
    const sorry = ["-t", "have q : p := by sorry", "--sorry", "0"];
    const add = ["add", "--from", "goal", ...sorry, "-n", "inner"];
    await succeed(add, at);
    const shown = JSON.parse(await succeed(["show", "inner", "--json"], at));
    expect(shown.goals).toEqual(["p : Prop\nh : p\n⊢ p"]);
    expect(shown.recipe.at(-1)).toEqual({ sorry: 0 });
    expect(JSON.parse(await succeed([...add, "--json"], at)).cached).toBe(true);
    expect(await succeed(["run", "inner", "-t", "exact h"], at)).toContain("no goals");
    expect(await succeed(["ls", "--tree"], at)).toContain("└─ -5");
  });
});
