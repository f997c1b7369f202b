import { describe, expect, it } from "vitest";
import type { Verdict } from "../../../src/session/state/session-cache.ts";
import { FilledCache, goalAbout, imports, importsPerProcess } from "../../support/checks.ts";
import { simulate } from "../../support/servers.ts";

const statuses = (verdicts: readonly Verdict[]) => verdicts.map(({ status }) => status);
const idsOf = (verdicts: readonly Verdict[]) => verdicts.map(({ sessionId }) => sessionId);

/** Two groups of proof states with environments among them: some whole, one damaged, and so on. */
async function mixed(): Promise<FilledCache> {
  const filled = new FilledCache();
  await filled.goal(`import Lean\n${goalAbout("a")}`);
  await filled.environment("import Std\ndef b := 1");
  await filled.goal(`import Std\n${goalAbout("c")}`);
  await filled.goal(`import Lean\n${goalAbout("damaged")}`);
  await filled.goal(`import Lean\n${goalAbout("killer")}`);
  await filled.goal(`import Std\n${goalAbout("sleeper")}`);
  await filled.environment("import Lean\ndef g := 1");
  await filled.goal(`import Std\n${goalAbout("d")}`);
  await filled.goal(`import Lean\n${goalAbout("e")}`);
  filled.damage(-4);
  return filled;
}

describe("PickleSessionCache.check", () => {
  it.each([1, 2, 64])(
    "blames each state for what it did, and no other, with %i REPLs",
    async (jobs) => {
      const { cache, states } = await mixed();
      const { launch, log } = simulate({ SEGV_ON: "killer", HANG_ON: "sleeper" });
      const told: Verdict[] = [];
      const verdicts = await cache.check(launch, {
        states,
        jobs,
        timeoutPerState: 3,
        onVerdict: (verdict) => told.push(verdict),
      });
      expect(statuses(verdicts)).toEqual([
        "loaded",
        "loaded",
        "loaded",
        "damaged",
        "failed",
        "timeout",
        "loaded",
        "loaded",
        "loaded",
      ]);
      expect(idsOf(verdicts)).toEqual([-1, -2, -3, -4, -5, -6, -7, -8, -9]);
      expect(told).toEqual(verdicts);
      expect(verdicts[4]?.message).toContain("SIGSEGV");
      expect(new Set(imports(log()))).toEqual(new Set(["Lean", "Std"]));
    },
  );

  it("imports once for a group, whatever the number of its states", async () => {
    const filled = new FilledCache();
    for (let n = 0; n < 12; n++) {
      await filled.goal(`import Lean\n${goalAbout(`p${n}`)}`);
    }
    const { launch, log } = simulate();
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    expect(new Set(statuses(verdicts))).toEqual(new Set(["loaded"]));
    expect(importsPerProcess(log())).toEqual([1]);
  });

  it("holds at most four imports in a REPL, environments and groups together", async () => {
    const filled = new FilledCache();
    for (let n = 0; n < 9; n++) {
      await filled.environment(`import Lean\ndef e${n} := ${n}`);
      await filled.goal(`import Std\n${goalAbout(`p${n}`)}`);
    }
    const { launch, log } = simulate();
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    expect(new Set(statuses(verdicts))).toEqual(new Set(["loaded"]));
    expect(importsPerProcess(log())).toEqual([4, 4, 2]);
  });

  it("does without a base that cannot be made, and holds no more imports for that", async () => {
    const filled = new FilledCache();
    for (let n = 0; n < 6; n++) {
      await filled.goal(`import Lean\n${goalAbout(`p${n}`)}`);
    }
    const { launch, log } = simulate({ CRASH_ON: '"import Lean"' });
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    expect(new Set(statuses(verdicts))).toEqual(new Set(["loaded"]));
    expect(Math.max(...importsPerProcess(log()))).toBeLessThanOrEqual(4);
    expect(imports(log())).toHaveLength(6);
  });

  it("says of each state of a group that what it imports is gone", async () => {
    const filled = new FilledCache();
    await filled.goal(`import Lean\n${goalAbout("a")}`);
    await filled.goal(`import Lean\n${goalAbout("b")}`);
    await filled.goal(`import Std\n${goalAbout("c")}`);
    const { launch } = simulate({ MODULES: "Std" });
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    expect(statuses(verdicts)).toEqual(["failed", "failed", "loaded"]);
    expect(verdicts[1]?.message).toMatch(/Lean did not find what it imports: uncaught .*'Lean'/);
  });

  it("tries a state again that does not come back on the base, in a REPL with room for it", async () => {
    const filled = new FilledCache();
    for (let n = 0; n < 12; n++) {
      await filled.goal(`import Lean\n${goalAbout(`p${n}`)}`);
    }
    const { launch, log } = simulate({ CHANGED_GOALS: "*" });
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    expect(new Set(statuses(verdicts))).toEqual(new Set(["goals-changed"]));
    expect(Math.max(...importsPerProcess(log()))).toBeLessThanOrEqual(4);
  });

  it("loads the states of a REPL that does not know bases, and holds no more imports for that", async () => {
    const old = { OLEAN_VERSION: "1", IGNORE_ENV: "1" };
    const filled = new FilledCache(old);
    for (let n = 0; n < 10; n++) {
      await filled.goal(`import Lean\n${goalAbout(`p${n}`)}`);
    }
    const { launch, log } = simulate(old);
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    expect(new Set(statuses(verdicts))).toEqual(new Set(["loaded"]));
    expect(importsPerProcess(log())).toEqual([4, 4, 3]);
  });

  it("makes the base again where it met the memory that others took", async () => {
    const filled = new FilledCache();
    await filled.environment("import Lean\ndef a := 1");
    for (let n = 0; n < 6; n++) {
      await filled.goal(`import Std\n${goalAbout(`p${n}`)}`);
    }
    const { launch, log } = simulate({ IMPORT_MIB: "200", IMPORT_MS: "400" });
    const options = { states: filled.states, memoryLimit: 400 };
    const verdicts = await filled.cache.check(launch, options);
    expect(new Set(statuses(verdicts))).toEqual(new Set(["loaded"]));
    expect(imports(log())).toEqual(["Lean", "Std", "Std"]);
  });

  it("knows that a pickle is of another Lean where both are known, without asking it", async () => {
    const filled = new FilledCache();
    await filled.goal(`import Lean\n${goalAbout("a")}`);
    await filled.environment("def b := 1");
    const { launch, log } = simulate();
    launch.toolchain = "leanprover/lean4:v4.99.0";
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    expect(statuses(verdicts)).toEqual(["incompatible", "incompatible"]);
    expect(verdicts[0]?.message).toContain("4.33.0-rc2");
    expect(verdicts[0]?.message).toContain("4.99.0");
    expect(log()).toEqual([]);
  });

  it.each([null, "my-own-lean", "leanprover/lean4:nightly-2026-01-01"])(
    "leaves it to Lean where it is not known which one that is (%s)",
    async (toolchain) => {
      const filled = new FilledCache();
      await filled.goal(`import Lean\n${goalAbout("a")}`);
      for (const [version, status] of [
        ["4.33.0-rc2", "loaded"],
        ["4.99.0", "incompatible"],
      ]) {
        const { launch } = simulate({ LEAN_VERSION: version ?? "" });
        launch.toolchain = toolchain;
        const verdicts = await filled.cache.check(launch, { states: filled.states });
        expect(statuses(verdicts)).toEqual([status]);
      }
    },
  );

  it("sees that a proof state has another status, though its goals are the same", async () => {
    const filled = new FilledCache();
    await filled.goal(`import Lean\n${goalAbout("a")}`);
    const [state] = filled.states;
    const changed = { ...state, proofStatus: "Completed" } as typeof state & object;
    const { launch } = simulate();
    const [verdict] = await filled.cache.check(launch, { states: [changed] });
    expect(verdict).toMatchObject({
      status: "goals-changed",
      message: expect.stringContaining('"Incomplete: open goals remain" instead of "Completed"'),
      found: { proofStatus: "Incomplete: open goals remain" },
      expected: { proofStatus: "Completed" },
    });
  });
});
