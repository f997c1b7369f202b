import { statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type Ended, run, type Surroundings, succeed } from "../support/program.ts";
import { changedBetween, snapshot } from "../support/snapshots.ts";

const THEOREM = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";
const GOALS = [
  "case left\np q : Prop\nhp : p\nhq : q\n⊢ p",
  "case right\np q : Prop\nhp : p\nhq : q\n⊢ q",
];

interface Filled {
  cwd: string;
  /** The REPLs that were started, and what they were asked for. */
  requests(): string[];
  /** Runs `lean-pickle run`. */
  on(args: readonly string[], changes?: Partial<Surroundings>): Promise<Ended>;
}

const fill = useCache([
  { cmd: "axiom a : 1 = 2", name: "env" },
  { cmd: THEOREM, sorry: 0, name: "goal" },
]);

/** A cache with an environment `env` and a proof state `goal`. */
function filled(): Filled {
  const cwd = fill();
  const log = join(temporaryFolder(), "repl.log");
  return {
    cwd,
    requests: () =>
      readLog(log)
        .filter(({ event }) => event === "start" || event === "request")
        .map(({ event, detail }) => (event === "request" ? detail : event)),
    on: (args, { repl, ...changes } = {}) =>
      run(["run", ...args], { cwd, repl: { LOG: log, ...repl }, ...changes }),
  };
}

describe("run on an environment", () => {
  it("prints messages with their positions, and restores the state and nothing else", async () => {
    const { requests, on } = filled();
    const { stdout, stderr, code } = await on(["env", "-c", "#check a\n#eval 2 + 3"]);
    expect(stdout).toBe("<code>:1:0: info: a : 1 = 2\n<code>:2:0: info: 5\n");
    expect([stderr, code]).toEqual(["", 0]);
    // The header, the code of the state, and this code.
    expect(requests()).toEqual(["start", "command", "command", "command"]);
  });

  it("runs files, standard input and code in order, each on what came of the one before", async () => {
    const { cwd, requests, on } = filled();
    writeFileSync(join(cwd, "A.lean"), "theorem b : 1 = 2 := a\n#check b\n");
    const args = ["env", "A.lean", "-", "-c", "#check c", "-c", "#check nope"];
    const { stdout, stderr, code } = await on(args, { stdin: "theorem c : 1 = 2 := b\n" });
    expect(stdout.split("\n")).toEqual([
      "A.lean:2:0: info: b : 1 = 2",
      "<code 1>:1:0: info: c : 1 = 2",
      expect.stringMatching(/^<code 2>:1:7: error: /),
      "",
    ]);
    expect([stderr, code]).toEqual(["error: Lean found errors in <code 2>.\n", 1]);
    expect(requests().filter((each) => each === "command")).toHaveLength(6);
  });

  it("shows the goals at the sorries of the last code", async () => {
    const { on } = filled();
    const { stdout, code } = await on(["env", "-c", THEOREM]);
    expect(stdout).toBe(
      "<code>:1:8: warning: declaration uses `sorry`\n\nsorry 0 at 1:55\np q : Prop\nhp : p\nhq : q\n⊢ p ∧ q\n",
    );
    expect(code).toBe(0);
  });

  it("stops at an error, unless errors are allowed", async () => {
    const { requests, on } = filled();
    const args = ["env", "-c", "#check nope", "-c", "#check a"];
    const stopped = await on(args);
    expect(stopped.stdout).toMatch(/^<code 1>:1:7: error: [^\n]*\n$/);
    expect(stopped.stderr).toBe("error: Lean found errors in <code 1>.\n");
    expect([stopped.code, requests().length]).toEqual([1, 4]);
    const allowed = await on([...args, "--allow-errors"]);
    expect(allowed.stdout).toMatch(/^<code 1>:1:7: error: .*\n<code 2>:1:0: info: a : 1 = 2\n$/);
    expect([allowed.stderr, allowed.code]).toEqual(["", 0]);
  });

  it("says so where Lean has nothing to say", async () => {
    const { on } = filled();
    const { stdout, stderr, code } = await on(["env", "-c", "theorem b : 1 = 2 := a"]);
    expect([stdout, stderr, code]).toEqual(["", "Lean has nothing to say about it.\n", 0]);
  });

  it("gives the answers of the REPL as JSON, those with errors too", async () => {
    const { on } = filled();
    const args = ["env", "--json", "-c", "#check a", "-c", "#check nope"];
    const { stdout, stderr, code } = await on(args);
    expect(JSON.parse(stdout)).toEqual([
      { env: 2, messages: [expect.objectContaining({ severity: "info", data: "a : 1 = 2" })] },
      { env: 3, messages: [expect.objectContaining({ severity: "error" })] },
    ]);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "lean-error" } });
    expect(code).toBe(1);
  });

  it.each([
    ["dies", { CRASH_ON: "def end" }, 1, /exited with code 1/],
    ["does not answer in time", { HANG_ON: "def end" }, 124, /did not answer within 2 s/],
  ] as const)("prints what Lean said before it %s", async (_what, repl, exitCode, message) => {
    const { on } = filled();
    const args = ["env", "--timeout", "2", "-c", "#check a", "-c", "def end := 1"];
    const { stdout, stderr, code } = await on(args, { repl });
    expect([stdout, code]).toEqual(["<code 1>:1:0: info: a : 1 = 2\n", exitCode]);
    expect(stderr).toMatch(message);
  });
});

describe("run on a proof state", () => {
  it("prints the goals as Lean prints them, and whether that is a proof", async () => {
    const { requests, on } = filled();
    // On a busy machine its steps may take longer than its pickle, which is used then.
    const open = await on(["goal", "--restore", "recipe", "-t", "apply And.intro"]);
    expect(open.stdout).toBe(`${GOALS.join("\n\n")}\n\nIncomplete: open goals remain\n`);
    expect([open.stderr, open.code]).toEqual(["", 0]);
    expect(requests().filter((each) => each.startsWith("unpickle"))).toEqual([]);
    expect(requests().at(-1)).toBe("tactic");
    const tactics = ["-t", "apply And.intro", "-t", "exact hp", "-t", "exact hq"];
    const { stdout, code } = await on(["goal", ...tactics]);
    expect([stdout, code]).toEqual(["no goals\n\nCompleted\n", 0]);
  });

  it("gives the answer to each tactic as JSON", async () => {
    const { on } = filled();
    const { stdout } = await on(["goal", "-t", "apply And.intro", "-t", "exact hp", "--json"]);
    expect(JSON.parse(stdout)).toEqual([
      {
        proofState: expect.any(Number),
        goals: GOALS,
        proofStatus: "Incomplete: open goals remain",
      },
      {
        proofState: expect.any(Number),
        goals: GOALS.slice(1),
        proofStatus: "Incomplete: open goals remain",
      },
    ]);
  });

  it("fails at a tactic that Lean refuses, whether errors are allowed or not", async () => {
    const { on } = filled();
    for (const more of [[], ["--allow-errors"]]) {
      const { stdout, stderr, code } = await on(["goal", "-t", "exat hp", "-t", "skip", ...more]);
      expect(stdout).toMatch(/^<tactic 1>: error: Lean error:\n<input>:1:1: unknown tactic\n$/);
      expect([stderr, code]).toEqual(["error: Lean refused <tactic 1>.\n", 1]);
    }
  });

  it("fails at a tactic with errors, unless they are allowed", async () => {
    const { on } = filled();
    const args = ["goal", "-t", "exact nope"];
    const text = /^<tactic>: error: .*nope.*\nno goals\n\nIncomplete: contains sorry\n$/;
    const [refused, allowed] = [await on(args), await on([...args, "--allow-errors"])];
    expect([refused.code, allowed.code]).toEqual([1, 0]);
    expect(refused.stdout).toMatch(text);
    expect(allowed.stdout).toBe(refused.stdout);
  });
});

describe("run", () => {
  it("pickles nothing and writes nothing, but counts as a use of the state", async () => {
    const { cwd, on } = filled();
    const path = await succeed(["show", "env", "--path"], { cwd });
    utimesSync(path, 1, 1);
    const before = snapshot(cwd);
    await on(["env", "-c", "theorem b : 1 = 2 := a"]);
    await on(["env", "-c", "#check nope"]);
    const { written, touched } = changedBetween(before, snapshot(cwd));
    expect(written).toEqual([]);
    expect(touched.map((name) => join(cwd, name))).toEqual([path]);
    expect(statSync(path).mtimeMs).toBeGreaterThan(1000);
  });

  it.each<[string, string[], number, RegExp]>([
    ["no state", [], 2, /missing required argument 'state'/],
    ["nothing to run", ["env"], 2, /nothing to do/],
    ["a tactic on an environment", ["env", "-t", "skip"], 2, /env is an environment/],
    ["code and a tactic", ["env", "-c", "#check a", "-t", "skip"], 2, /env is an environment/],
    ["code on a proof state", ["goal", "-c", "#check a"], 2, /goal is a proof state/],
    ["a file on a proof state", ["goal", "-"], 2, /goal is a proof state/],
    ["standard input twice", ["env", "-", "-"], 2, /can be read once/],
    ["a file that is not there", ["env", "nowhere.lean"], 1, /nowhere\.lean/],
    ["a state that is not there", ["nobody", "-c", "#check a"], 4, /no state nobody/],
  ])("refuses %s before a REPL starts", async (_what, args, exitCode, message) => {
    const { requests, on } = filled();
    const { stdout, stderr, code } = await on(args);
    expect([stdout, code]).toEqual(["", exitCode]);
    expect(stderr).toMatch(message);
    expect(requests()).toEqual([]);
  });
});
