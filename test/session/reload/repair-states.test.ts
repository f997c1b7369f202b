import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { repairStates } from "../../../src/session/reload/repair-states.ts";
import type { Verdict } from "../../../src/session/state/session-cache.ts";
import { FilledCache, goalAbout, imports, importsPerProcess } from "../../support/checks.ts";
import { simulate } from "../../support/servers.ts";

const statuses = (verdicts: readonly Verdict[]) => verdicts.map(({ status }) => status);

/** Loads all states, makes again those that were not loaded, and loads all once more. */
async function repair(filled: FilledCache, settings: Record<string, string> = {}) {
  const { cache } = filled;
  const { launch, log } = simulate(settings);
  const before = await cache.check(simulate(settings).launch, { states: filled.states });
  const verdicts = await repairStates(launch, cache.handle, before, {});
  const after = await cache.check(simulate().launch, { states: filled.states });
  return { before, verdicts, after, log: log() };
}

describe("repairStates", () => {
  it("makes damaged states again, under the same id, name and key, in a new file", async () => {
    const filled = new FilledCache();
    await filled.environment("import Lean\ndef f := 1", "env");
    await filled.goal(`import Lean\n${goalAbout("a")}`, "goal");
    await filled.goal(`import Lean\n${goalAbout("b")}`);
    const was = filled.states.map((state) => ({ ...state }));
    filled.damage(-1);
    filled.damage(-2);
    const { verdicts, after } = await repair(filled);
    expect(statuses(verdicts)).toEqual(["repaired", "repaired", "loaded"]);
    expect(statuses(after)).toEqual(["loaded", "loaded", "loaded"]);
    for (const [at, state] of filled.states.entries()) {
      const { sessionId, name, key, goals, pickleFile } = was[at] ?? {};
      expect(state).toMatchObject({ sessionId, name, key, ...(goals && { goals }) });
      expect(state.pickleFile === pickleFile).toBe(at === 2);
      expect(existsSync(`${filled.cache.workingDir}/${pickleFile}`)).toBe(at === 2);
    }
  });

  it("makes several generations again, whichever comes first in the cache", async () => {
    const filled = new FilledCache();
    await filled.environment("import Lean\ndef f := 1", "base");
    const child = await filled.goalOn("base", goalAbout("a"), "child");
    const leaf = await filled.tacticOn(child, "exact h", "leaf");
    for (const id of [-1, child, leaf]) {
      filled.damage(id);
    }
    const { verdicts, after, log } = await repair(filled);
    expect(statuses(verdicts)).toEqual(["repaired", "repaired", "repaired"]);
    expect(statuses(after)).toEqual(["loaded", "loaded", "loaded"]);
    expect(imports(log)).toEqual(["Lean"]);
  });

  it("makes a state again whose base was removed, or is damaged and not asked for", async () => {
    const filled = new FilledCache();
    await filled.environment("import Lean\ndef f := 1", "base");
    const child = await filled.goalOn("base", goalAbout("a"), "child");
    filled.damage(-1);
    filled.damage(child);
    const verdicts = await filled.cache.check(simulate().launch, { states: filled.states });
    const asked = verdicts.slice(1);
    expect(statuses(await repairStates(simulate().launch, filled.cache.handle, asked, {}))).toEqual(
      ["repaired"],
    );
    await filled.cache.remove(-1);
    filled.damage(child);
    expect(statuses((await repair(filled)).verdicts)).toEqual(["repaired"]);
  });

  it("goes back to nothing where a recipe needs code that an unpickled base does not have", async () => {
    const filled = new FilledCache();
    await filled.environment("import Lean\ndef f (x : Nat) : Nat := x", "base");
    const child = await filled.environmentOn("base", "def g (x : Nat) : Nat := f x", "child");
    filled.damage(child);
    const { verdicts } = await repair(filled);
    expect(verdicts).toMatchObject([{ status: "loaded" }, { status: "repaired" }]);
  });

  it("imports once for recipes with the same header", async () => {
    const filled = new FilledCache();
    for (let n = 0; n < 10; n++) {
      await filled.goal(`import Lean\n${goalAbout(`p${n}`)}`);
      filled.damage(-1 - n);
    }
    const { verdicts, log } = await repair(filled);
    expect(new Set(statuses(verdicts))).toEqual(new Set(["repaired"]));
    expect(importsPerProcess(log)).toEqual([1]);
  });

  it("imports once for states that were built on the same environment", async () => {
    const filled = new FilledCache();
    await filled.environment("import Lean\ndef f := 1", "base");
    for (let n = 0; n < 10; n++) {
      filled.damage(await filled.goalOn("base", goalAbout(`p${n}`)));
    }
    const { verdicts, log } = await repair(filled);
    expect(statuses(verdicts).filter((status) => status === "repaired")).toHaveLength(10);
    expect(importsPerProcess(log)).toEqual([1]);
  });

  it("keeps the file of a state whose recipe Lean takes no longer, and says why", async () => {
    const filled = new FilledCache();
    await filled.environment("import Lean\ndef f := 1");
    await filled.environment("import Std\ndef f := 1");
    const was = filled.states.map(({ pickleFile }) => pickleFile);
    const { verdicts } = await repair(filled, { MODULES: "Std" });
    expect(statuses(verdicts)).toEqual(["failed", "loaded"]);
    expect(verdicts[0]?.message).toMatch(
      /It was not repaired\. Its recipe no longer gives it: Lean refuses step 1/,
    );
    expect(filled.states.map(({ pickleFile }) => pickleFile)).toEqual(was);
  });

  it("says that a state has no recipe", async () => {
    const filled = new FilledCache();
    await filled.environment("def f := 1");
    filled.damage(-1);
    const { launch, log } = simulate();
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    filled.forgetRecipes();
    const [verdict] = await repairStates(launch, filled.cache.handle, verdicts, {});
    expect(verdict).toMatchObject({ status: "damaged" });
    expect(verdict?.message).toMatch(/has 100 bytes.*There is no recipe for it\./);
    expect(log()).toEqual([]);
  });

  it("loses nothing where one state kills the REPL while it is made again", async () => {
    const filled = new FilledCache();
    for (const name of ["a", "killer", "b", "sleeper", "c"]) {
      await filled.goal(`import Lean\n${goalAbout(name)}`);
    }
    for (const { sessionId } of filled.states) {
      filled.damage(sessionId);
    }
    const { launch } = simulate({ SEGV_ON: "about_killer", HANG_ON: "about_sleeper" });
    const before = await filled.cache.check(launch, { states: filled.states });
    const verdicts = await repairStates(launch, filled.cache.handle, before, { timeout: 3 });
    expect(statuses(verdicts)).toEqual(["repaired", "damaged", "repaired", "damaged", "repaired"]);
    expect(verdicts[1]?.message).toContain("It was not repaired. The REPL was killed by SIGSEGV.");
    expect(verdicts[3]?.message).toContain("It was not repaired. The REPL did not answer");
    expect(filled.states).toHaveLength(5);
    expect(filled.leftOvers()).toEqual([]);
  });

  it("goes on in a new REPL after one that ended for what was done in it before", async () => {
    const filled = new FilledCache();
    for (const name of ["a", "b", "c", "d"]) {
      await filled.environment(`import Lean\ndef ${name} := 1`);
    }
    for (const { sessionId } of filled.states) {
      filled.damage(sessionId);
    }
    // Each is a command and a pickling; it is the third command that none of them is to blame for.
    expect(new Set(statuses((await repair(filled, { CRASH_AT: "5" })).verdicts))).toEqual(
      new Set(["repaired"]),
    );
  });

  it("takes the goals that a whole pickle and the recipe agree on, and shows them", async () => {
    const filled = new FilledCache();
    await filled.goal(`import Lean\n${goalAbout("a")}`);
    filled.record(-1, { goals: ["a : Prop\n⊢ a ∧ a"] });
    const { before, verdicts, after } = await repair(filled);
    expect(statuses(before)).toEqual(["goals-changed"]);
    expect(verdicts).toMatchObject([
      {
        status: "repaired",
        found: { goals: ["a : Prop\nh : a\n⊢ a"] },
        expected: { goals: ["a : Prop\n⊢ a ∧ a"] },
      },
    ]);
    expect(statuses(after)).toEqual(["loaded"]);
  });

  it("does not take other goals for those of a pickle that is damaged", async () => {
    const filled = new FilledCache();
    await filled.goal(`import Lean\n${goalAbout("a")}`);
    filled.record(-1, { goals: ["a : Prop\n⊢ a ∧ a"] });
    filled.damage(-1);
    const { verdicts } = await repair(filled);
    expect(statuses(verdicts)).toEqual(["damaged"]);
    expect(verdicts[0]?.message).toContain("it has other goals than it had");
  });

  it("compares the proof status, too", async () => {
    const filled = new FilledCache();
    await filled.goal(`import Lean\n${goalAbout("a")}`);
    filled.record(-1, { proofStatus: "Completed" });
    filled.damage(-1);
    expect(statuses((await repair(filled)).verdicts)).toEqual(["damaged"]);
  });

  it("stops when it is interrupted, and keeps what was repaired until then", async () => {
    const filled = new FilledCache();
    for (const name of ["a", "b", "c"]) {
      filled.damage(await filled.goal(`import Lean\n${goalAbout(name)}`));
    }
    const before = await filled.cache.check(simulate().launch, { states: filled.states });
    const controller = new AbortController();
    const repairing = repairStates(simulate().launch, filled.cache.handle, before, {
      signal: controller.signal,
      onRepair: ({ sessionId }) => {
        if (sessionId === -2) {
          controller.abort(new Error("interrupted"));
        }
      },
    });
    await expect(repairing).rejects.toThrow("interrupted");
    const after = await filled.cache.check(simulate().launch, { states: filled.states });
    expect(statuses(after)).toEqual(["loaded", "damaged", "damaged"]);
    expect(filled.leftOvers()).toEqual([]);
  });
});
