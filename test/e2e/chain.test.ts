import { rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { addLines, useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { run, succeed } from "../support/program.ts";

const THEOREM =
  "theorem t (p q r : Prop) (hp : p) (f : p → q) (g : q → r) : p → (p ∧ q) ∧ (r ∨ False) := by\n  sorry";
const TACTICS = [
  "intro h",
  "apply And.intro",
  "constructor",
  "exact h",
  "apply f",
  "assumption",
  "left",
  "apply g",
  "apply f",
  "exact hp",
];

const BASE = "def base := 1";

const filled = useCache([
  { cmd: BASE, name: "base" },
  { from: "base", cmd: THEOREM, sorry: 0, name: "s0" },
]);

async function json(args: readonly string[], cwd: string, repl = {}): Promise<unknown> {
  return JSON.parse(await succeed([...args, "--json"], { cwd, repl }));
}

/** The REPLs that one command starts, and what it asks them for. */
async function asked(args: readonly string[], cwd: string): Promise<string[]> {
  const log = join(temporaryFolder(), "repl.log");
  await succeed(args, { cwd, repl: { LOG: log } });
  return readLog(log)
    .filter(({ event }) => event === "start" || event === "request")
    .map(({ event, detail }) => (event === "request" ? detail : event));
}

describe("a proof that is built state by state", () => {
  it("ends completed, each step a process that restores the state before and no other", async () => {
    const cwd = filled();
    for (const [at, tactic] of TACTICS.entries()) {
      const args = ["add", "--from", `s${at}`, "-t", tactic, "-n", `s${at + 1}`];
      // The header, the base, the theorem, and the tactics up to this one.
      expect(await asked(args, cwd)).toEqual([
        "start",
        ...["command", "command", "command"],
        ...Array(at + 1).fill("tactic"),
        "pickleProofState",
      ]);
    }
    expect(await json(["show", "s10"], cwd)).toMatchObject({
      sessionId: -12,
      goals: [],
      proofStatus: "Completed",
    });
    const drawn = (await succeed(["ls", "--tree"], { cwd })).split("\n").slice(1);
    const names = ["base", ...Array.from({ length: 11 }, (_, at) => `s${at}`)];
    for (const [depth, line] of drawn.entries()) {
      const indent = depth === 0 ? "" : `${"   ".repeat(depth - 1)}└─ `;
      expect(line.startsWith(`${indent}-${depth + 1} `)).toBe(true);
      expect(line).toContain(` ${names[depth]} `);
    }
    expect(drawn).toHaveLength(12);
  });

  it("comes to the same states where several steps are taken in one process", async () => {
    const cwd = temporaryFolder();
    const tactics = TACTICS.flatMap((tactic) => ["-t", tactic]);
    const steps = TACTICS.slice(0, 3).map((tactic, at) => ({
      from: `s${at}`,
      tactics: [tactic],
      name: `s${at + 1}`,
    }));
    addLines(cwd, [{ cmd: THEOREM, sorry: 0, name: "s0" }, ...steps]);
    const three = ["add", "-c", THEOREM, ...tactics.slice(0, 6)];
    expect(await json(three, cwd)).toMatchObject({ sessionId: -4, cached: true });
    const all = await json(["add", "-c", THEOREM, ...tactics], cwd);
    expect(all).toMatchObject({ sessionId: -5, cached: false, proofStatus: "Completed" });
    const rest = ["add", "--from", "-4", ...tactics.slice(6)];
    expect(await json(rest, cwd)).toMatchObject({ sessionId: -5, cached: true });
  });

  it("goes on where what it was built on is removed, with its whole recipe", async () => {
    const cwd = filled();
    addLines(cwd, [{ from: "s0", tactics: ["intro h"], name: "s1" }]);
    await succeed(["rm", "base", "s0"], { cwd });
    await succeed(["add", "--from", "s1", "-t", "constructor", "-n", "s2"], { cwd });
    const shown = await succeed(["show", "s2"], { cwd });
    const recipe = [BASE, "theorem t ", "sorry 0", "intro h", "constructor"];
    expect(recipe.map((step) => shown.includes(step))).toEqual(recipe.map(() => true));
    // By the same steps from nothing it is the same state.
    const steps = ["-c", BASE, "-c", THEOREM, "-t", "intro h", "-t", "constructor"];
    expect(await json(["add", ...steps], cwd)).toMatchObject({ name: "s2", cached: true });
    expect(await json(["add", "-c", BASE], cwd)).toMatchObject({ sessionId: -5 });
  });

  it("counts as a use of the state that it is built on", async () => {
    const cwd = filled();
    const path = await succeed(["show", "base", "--path"], { cwd });
    utimesSync(path, 1, 1);
    await succeed(["add", "--from", "base", "-c", "def other := 1"], { cwd });
    expect(statSync(path).mtimeMs).toBeGreaterThan(1000);
  });
});

describe("building on a state", () => {
  it.each<[string, string[], number, RegExp]>([
    ["a tactic on an environment", ["--from", "base", "-t", "skip"], 2, /base is an environment/],
    ["a sorry of an environment", ["--from", "base", "--sorry", "0"], 2, /base is an environment/],
    ["code on a proof state", ["--from", "s0", "-c", "x"], 2, /s0 is a proof state/],
    [
      "a sorry of a proof state without a tactic",
      ["--from", "s0", "--sorry", "0"],
      2,
      /s0 is a proof state/,
    ],
    ["nothing at all", ["--from", "base"], 2, /nothing to do/],
    ["a sorry that is no number", ["-c", "x", "--sorry", "first"], 2, /or "all"/],
    ["a state that is not there", ["--from", "nobody", "-c", "x"], 4, /no state nobody/],
  ])("refuses %s before a REPL starts", async (_what, args, exitCode, message) => {
    const cwd = filled();
    const log = join(cwd, "repl.log");
    const { code, stdout, stderr } = await run(["add", ...args], { cwd, repl: { LOG: log } });
    expect([code, stdout]).toEqual([exitCode, ""]);
    expect(stderr).toMatch(message);
    expect(readLog(log)).toEqual([]);
  });

  it.each<[string, string[], RegExp]>([
    ["code without a sorry", ["-c", "def f := 1", "-t", "skip"], /has no sorry/],
    ["a sorry that is not there", ["-c", THEOREM, "--sorry", "1"], /no sorry 1.*has one sorry/],
    [
      "tactics on several sorries",
      ["-c", `${THEOREM}\n${THEOREM.replace("theorem t", "theorem u")}`, "-t", "skip"],
      /has 2 sorries:\n {2}0 at 2:2 .*\n {2}1 at 4:2 .*--sorry N/s,
    ],
  ])("says what is wrong with %s", async (_what, args, message) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await run(["add", ...args], { cwd });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
    expect(await succeed(["ls", "-q"], { cwd })).toBe("");
  });

  it("needs no pickle of the state, unless that is asked for", async () => {
    const cwd = filled();
    rmSync(await succeed(["show", "base", "--path"], { cwd }));
    const add = ["add", "--from", "base", "-c", "theorem t : base = 1 := by rfl"];
    const { code, stderr } = await run([...add, "--restore", "pickle"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/State -1 was not restored \(damaged\)/);
    expect(await succeed(add, { cwd })).toBe("-3");
  });
});
