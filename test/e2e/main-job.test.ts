import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { addBatch } from "../support/batches.ts";
import { addLines } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { isRunning } from "../support/processes.ts";
import { run, succeed } from "../support/program.ts";
import { pickleAt, readManifest } from "../support/stored-states.ts";

const THEOREM = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";

function pickles(folder: string): string[] {
  return readdirSync(join(folder, "session_cache")).filter((name) => name.endsWith(".olean"));
}

/** A theorem whose goal is its own. */
const theorem = (n: number) => `theorem t${n} (p${n} : Prop) (h : p${n}) : p${n} := by sorry`;

describe("the main job", () => {
  it("adds, lists, reloads and removes states, each command in a process of its own", async () => {
    const cwd = temporaryFolder();
    expect(await succeed(["add", "-c", "def f := 42", "-n", "base"], { cwd })).toBe("-1");
    const goal = ["add", "--from", "base", "-c", THEOREM, "--sorry", "0", "-n", "goal"];
    expect(await succeed(goal, { cwd })).toBe("-2");
    expect(await succeed(["add", "--from", "goal", "-t", "apply And.intro"], { cwd })).toBe("-3");

    const listed = JSON.parse(await succeed(["ls", "--json"], { cwd }));
    const manifest = readManifest(cwd);
    expect(listed).toEqual(manifest.states);
    expect(listed).toMatchObject([
      { sessionId: -1, name: "base", isProofState: false },
      {
        sessionId: -2,
        name: "goal",
        isProofState: true,
        goals: ["p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q"],
      },
      { sessionId: -3, name: null, isProofState: true, goals: { length: 2 } },
    ]);

    const reloaded = JSON.parse(await succeed(["reload", "--json"], { cwd }));
    expect(reloaded).toEqual({
      states: [
        {
          sessionId: -1,
          name: "base",
          isProofState: false,
          replId: 1,
          status: "loaded",
          via: "recipe",
          elapsedMs: expect.any(Number),
        },
        {
          sessionId: -2,
          name: "goal",
          isProofState: true,
          replId: 0,
          status: "loaded",
          via: "recipe",
          elapsedMs: expect.any(Number),
        },
        {
          sessionId: -3,
          name: null,
          isProofState: true,
          replId: 1,
          status: "loaded",
          via: "recipe",
          elapsedMs: expect.any(Number),
        },
      ],
      loaded: 3,
      failed: 0,
      elapsedMs: expect.any(Number),
    });

    expect(await succeed(["rm", "base"], { cwd })).toBe("-1");
    expect(await succeed(["reload"], { cwd })).toBe(
      "-2\tproof-state\tproofState 0\tloaded\n-3\tproof-state\tproofState 1\tloaded",
    );
    expect(await succeed(["clear"], { cwd })).toBe("-2\n-3");
    expect(await succeed(["ls", "-q"], { cwd })).toBe("");
    expect(pickles(cwd)).toEqual([]);
  });

  it("gives each state a pickle of its own, which brings back its own goals", async () => {
    const cwd = temporaryFolder();
    // In each of these processes the state has the same id; in one batch no two have.
    for (let n = 0; n < 3; n++) {
      const id = await succeed(["add", "-q", "-c", theorem(n), "--sorry", "0"], { cwd });
      expect(id).toBe(String(-n - 1));
    }
    addLines(
      cwd,
      Array.from({ length: 9 }, (_, n) => ({ cmd: theorem(n + 3), sorry: 0 })),
    );
    expect(pickles(cwd)).toHaveLength(12);
    // Each is checked against the goals that were recorded when it was added.
    const states = JSON.parse(await succeed(["ls", "--json"], { cwd }));
    const goals = states.map((state: { goals: string[] }) => state.goals[0]);
    expect(goals).toEqual(Array.from({ length: 12 }, (_, n) => `p${n} : Prop\nh : p${n}\n⊢ p${n}`));
    const { loaded } = JSON.parse(await succeed(["reload", "--json"], { cwd }));
    expect(loaded).toBe(12);
  });

  it("reloads a proof state whose id was 37 in the process that made it", async () => {
    const cwd = temporaryFolder();
    const file = join(cwd, "Many.lean");
    writeFileSync(file, Array.from({ length: 40 }, (_, n) => theorem(n)).join("\n"));
    await succeed(["add", file, "--sorry", "37", "-n", "late"], { cwd });
    expect(await succeed(["reload"], { cwd })).toBe("-1\tproof-state\tproofState 39\tloaded");
    const byPickle = await succeed(["reload", "--restore", "pickle"], { cwd });
    expect(byPickle).toBe("-1\tproof-state\tproofState 0\tloaded");
    const [state] = JSON.parse(await succeed(["ls", "--json"], { cwd }));
    expect(state.goals).toEqual(["p37 : Prop\nh : p37\n⊢ p37"]);
  });

  it("reloads what is whole and names what is damaged, without handing that to Lean", async () => {
    const cwd = temporaryFolder();
    const lines = Array.from({ length: 9 }, (_, n) => ({ cmd: theorem(n), sorry: 0 }));
    expect((await addBatch(cwd, [...lines, { cmd: "def f := 1" }])).code).toBe(0);
    for (const name of pickles(cwd)) {
      chmodSync(join(cwd, "session_cache", name), 0o600);
    }
    truncateSync(pickleAt(cwd, 1), 0);
    truncateSync(pickleAt(cwd, 3), 4000);
    const flipped = readFileSync(pickleAt(cwd, 5));
    flipped.subarray(2000, 2020).forEach((byte, at) => {
      flipped[2000 + at] = byte ^ 0xff;
    });
    writeFileSync(pickleAt(cwd, 5), flipped);
    copyFileSync(pickleAt(cwd, 9), pickleAt(cwd, 7));
    const log = join(cwd, "reload.log");
    const { code, stdout } = await run(["reload", "--restore", "pickle", "--json"], {
      cwd,
      repl: { LOG: log },
    });
    const verdicts = JSON.parse(stdout);
    expect(verdicts.states.map(({ status }: { status: string }) => status)).toEqual([
      "loaded",
      "damaged",
      "loaded",
      "damaged",
      "loaded",
      "damaged",
      "loaded",
      "damaged",
      "loaded",
      "loaded",
    ]);
    expect(verdicts).toMatchObject({ loaded: 6, failed: 4 });
    expect(code).toBe(3);
    expect(readLog(log).filter(({ event }) => event === "start")).toHaveLength(1);
    const unpickled = readLog(log).filter(({ detail }) => detail?.startsWith("unpickle"));
    // Each whole one, and one that asks the REPL whether it takes environments.
    expect(unpickled).toHaveLength(7);
  });

  it("goes on after a state that takes too long, and leaves no process behind", async () => {
    const cwd = temporaryFolder();
    addLines(
      cwd,
      ["a", "b", "c"].map((name) => ({ cmd: `def ${name} := 1` })),
    );
    const log = join(cwd, "repl.log");
    const args = ["reload", "--restore", "pickle", "--timeout-per-state", "1"];
    const { stdout, code } = await run(args, {
      cwd,
      repl: { LOG: log, HANG_ON: pickleAt(cwd, 1).slice(-20) },
    });
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t").at(-1)),
    ).toEqual(["loaded", "timeout", "loaded"]);
    expect(code).toBe(3);
    const pids = readLog(log)
      .filter(({ event }) => event === "start")
      .map(({ pid }) => pid);
    expect(pids).toHaveLength(2);
    expect(pids.filter(isRunning)).toEqual([]);
  });
});
