/** Restoring by recipe and by pickle: what it costs, what it shares, and what it survives. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandAnswer } from "../../../src/repl/protocol.ts";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import type { RestoreMode } from "../../../src/session/state/cache-types.ts";
import type { ManifestState } from "../../../src/store/manifest/schema.ts";
import type { LogEvent } from "../../simulated-repl/index.ts";
import { Additions, type Asked, code } from "../../support/additions.ts";
import { FilledCache, goalAbout, imports } from "../../support/checks.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { simulate, startAutoServer, startServer } from "../../support/servers.ts";

const LOSSY = "@[simp] theorem k (n : Nat) : n = n := rfl";

function requests(log: readonly LogEvent[], kind: string): number {
  return log.filter(({ event, detail }) => event === "request" && detail === kind).length;
}

/** A cache with proof states on one environment, which a pickle would change. */
async function lossyTree(names: readonly string[]): Promise<FilledCache> {
  const filled = new FilledCache({}, "auto");
  await filled.environment(`import Lean\n${LOSSY}`, "root");
  for (const name of names) {
    await filled.goalOn("root", goalAbout(name), name);
  }
  return filled;
}

describe("states that an AutoLeanServer uses one by one", () => {
  it.each<RestoreMode>(["auto", "pickle"])(
    "cost one import with %s, not one each",
    async (restore) => {
      const filled = new FilledCache({}, restore);
      for (let n = 0; n < 12; n++) {
        await filled.goal(`import Lean\n${goalAbout(`p${n}`)}`);
      }
      const { launch, log } = simulate();
      const server = startAutoServer(launch, { sessionCache: filled.cache });
      for (const { sessionId } of filled.states) {
        await server.run({ tactic: "skip", proofState: sessionId });
      }
      expect(imports(log())).toEqual(["Lean"]);
    },
  );

  it("are what they were after a restart", async () => {
    const filled = await lossyTree(["a"]);
    const { launch } = simulate();
    const server = startAutoServer(launch, { sessionCache: filled.cache });
    await server.run({ cmd: "#check k", env: -1 });
    await server.restart();
    const answer = (await server.run({ cmd: "#check k", env: -1 })) as CommandAnswer;
    expect(answer.messages?.map(({ severity }) => severity)).toEqual(["info"]);
  });
});

describe("a reload by recipe", () => {
  it("runs what states share once", async () => {
    const filled = await lossyTree(["a", "b", "c", "d", "e"]);
    const { launch, log } = simulate();
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    expect(verdicts.map(({ status, via }) => `${status} ${via}`)).toEqual(
      filled.states.map(() => "loaded recipe"),
    );
    // The header, the root and five theorems.
    expect([imports(log()), requests(log(), "command")]).toEqual([["Lean"], 7]);
  });

  it("loses only the state whose step kills the REPL", async () => {
    const filled = await lossyTree(["a", "killer", "b", "c"]);
    const { launch } = simulate({ SEGV_ON: "theorem about_killer" });
    const verdicts = await filled.cache.check(launch, { states: filled.states });
    // Its pickle gives the goals that it had.
    expect(verdicts.map(({ status, via }) => `${status} ${via}`)).toEqual([
      "loaded recipe",
      "loaded recipe",
      "loaded pickle",
      "loaded recipe",
      "loaded recipe",
    ]);
    expect(verdicts[2]?.message).toContain("was killed by SIGSEGV");
    expect(verdicts[2]?.message).toContain("It was restored by its pickle");
  });

  it("asks for a step that hangs once, however many states need it", async () => {
    const filled = new FilledCache({}, "recipe");
    await filled.environment(`import Lean\n${LOSSY}`, "root");
    const base = await filled.goalOn("root", goalAbout("sleeper"), "base");
    await filled.tacticOn(base, "skip", "one");
    await filled.tacticOn(base, "have q : sleeper := h", "two");
    const { launch, log } = simulate({ HANG_ON: "theorem about_sleeper" });
    const verdicts = await filled.cache.check(launch, { states: filled.states, timeout: 1 });
    expect(verdicts.map(({ via }) => via)).toEqual(["recipe", "pickle", "pickle", "pickle"]);
    const hung = log().filter(({ event }) => event === "start");
    expect(hung.length).toBeLessThanOrEqual(3);
  });

  it("gives each state its own time, and none for what others ran", async () => {
    const filled = await lossyTree(["a", "b", "c", "d", "e", "f"]);
    const { launch } = simulate({ COMMAND_MS: "150" });
    const options = { states: filled.states, timeoutPerState: 1 };
    const verdicts = await filled.cache.check(launch, options);
    expect(verdicts.map(({ status }) => status)).toEqual(filled.states.map(() => "loaded"));
  });

  it("is timed out by the time of the state, over all its requests", async () => {
    const filled = new FilledCache({}, "recipe");
    const base = await filled.goal(`import Lean\n${LOSSY}\n${goalAbout("a")}`);
    await filled.tacticOn(base, "skip");
    const { launch } = simulate({ COMMAND_MS: "400" });
    const states = filled.states.slice(1);
    const [verdict] = await filled.cache.check(launch, { states, timeoutPerState: 0.5 });
    expect(verdict?.status).toBe("timeout");
  });

  it("says that the goals are others, if the pickle does not give them either", async () => {
    const filled = new FilledCache({}, "recipe");
    await filled.goal(`import Lean\n${LOSSY}\n${goalAbout("a")}`);
    filled.record(-1, { goals: ["⊢ False"] });
    const [verdict] = await filled.cache.check(simulate().launch, { states: filled.states });
    expect(verdict).toMatchObject({ status: "goals-changed", expected: { goals: ["⊢ False"] } });
  });
});

describe("a state of unknown origin", () => {
  it("is restored by its pickle, and it is said what that may have lost", async () => {
    const folder = temporaryFolder();
    const filled = new FilledCache({}, "auto");
    await filled.environment("theorem a (p : Prop) (h : p) : p := h");
    const cache = new PickleSessionCache(folder);
    const server = startServer();
    const request = { unpickleEnvFrom: filled.cache.get(-1)?.pickleFile ?? "" };
    await cache.add(server, request, await server.run(request));
    const [verdict] = await cache.check(simulate().launch, { states: cache.manifest.states });
    expect(verdict).toMatchObject({ status: "loaded", via: "pickle" });
    expect(verdict?.message).toContain("may have lost instances, notation, macros");
  });
});

/** What is said of a state that others build on, in code that the stand-in knows. */
const HEADERS = ["", "import Lean\n", "import Mathlib\nopen Real\n"];
const BEFORE = ["", `${LOSSY}\n`, "theorem before (p : Prop) (h : p) : p := h\n", "def z := 1\n"];
const TACTICS = ["skip", "simp", "constructor", "apply And.intro", "exact before _ hp"];

describe("both ways", () => {
  it("give the same state as one process that never ended", async () => {
    const recipe = fc.record({
      header: fc.constantFrom(...HEADERS),
      before: fc.constantFrom(...BEFORE),
      tactics: fc.array(fc.constantFrom(...TACTICS), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(recipe, async ({ header, before, tactics }) => {
        const theorem = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";
        const asked: Asked = { code: code(`${header}${before}${theorem}`), sorry: 0 };
        const whole = new Additions();
        const link = new Additions();
        const goalsOf = async (add: () => Promise<ManifestState>): Promise<unknown> =>
          await add().then(
            ({ goals }) => goals,
            () => "refused",
          );
        const inOne = await goalsOf(() => whole.addOne({ ...asked, tactics }));
        let base = await link.addOne(asked);
        let inMany: unknown = base.goals;
        for (const tactic of tactics) {
          inMany = await goalsOf(async () => {
            base = await link.addOne({ base, tactics: [tactic] });
            return base;
          });
          if (inMany === "refused") {
            break;
          }
        }
        expect(inMany).toEqual(inOne);
      }),
      { numRuns: 15 },
    );
  });
});
