import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RunOptions } from "../../../src/repl/connection.ts";
import { LeanServer } from "../../../src/repl/lean-server.ts";
import type { ReplRequest } from "../../../src/repl/protocol.ts";
import { MAX_SENT } from "../../../src/repl/request-queue.ts";
import { LookAhead } from "../../../src/session/restore/look-ahead.ts";
import type { Early } from "../../../src/session/restore/unpickle-early.ts";
import type { Verdict } from "../../../src/session/state/session-cache.ts";
import type { Manifest, ManifestState } from "../../../src/store/manifest/schema.ts";
import { FilledCache, goalAbout, imports } from "../../support/checks.ts";
import { simulate, startAutoServer, startServer } from "../../support/servers.ts";

/** What becomes of a state: the first part of what its goal is about. */
const FATES = {
  fine: "loaded",
  killer: "failed",
  garbler: "failed",
  turned: "goals-changed",
  damaged: "damaged",
  writable: "failed",
};

type Fate = keyof typeof FATES;

const BAD: readonly Fate[] = ["killer", "garbler", "turned", "damaged", "writable"];

const SETTINGS = { SEGV_ON: "killer", GARBAGE_ON: "garbler", CHANGED_GOALS: "turned" };

/** A cache with a group of proof states over one import. */
async function groupOf(fates: readonly string[]): Promise<FilledCache> {
  const filled = new FilledCache();
  for (const [n, fate] of fates.entries()) {
    const sessionId = await filled.goal(`import Lean\n${goalAbout(`${fate}${n}`)}`);
    if (fate === "damaged") {
      filled.damage(sessionId);
    } else if (fate === "writable") {
      chmodSync(filled.cache.get(sessionId)?.pickleFile ?? "", 0o666);
    }
  }
  return filled;
}

describe("LookAhead", () => {
  it("takes no answer that came after one to which none was expected", async () => {
    const states = [-1, -2, -3, -4].map((sessionId) => ({ sessionId }) as ManifestState);
    const loaded = (replId: number) => ({ status: "loaded", replId, process: {} }) as const;
    const asked: number[] = [];
    // The second one is answered by what nobody asked for, so that the next ones get its answer.
    const answers: Early[] = [loaded(0), "without-base", loaded(1), loaded(2)];
    const lookAhead = new LookAhead(states, async ({ sessionId }) => {
      asked.push(sessionId);
      return asked.length > 4 ? loaded(10 - sessionId) : answers[asked.length - 1];
    });
    const taken: Early[] = [];
    for (const _ of states) {
      taken.push((await lookAhead.take(true)).early);
    }
    expect(asked).toEqual([-1, -2, -3, -4, -3, -4]);
    expect(taken).toMatchObject([{ replId: 0 }, "without-base", { replId: 13 }, { replId: 14 }]);
  });
});

/** What another process does that removes one state, and makes another one again in a new file. */
function changeOnDisk(folder: string, { removed, renamed }: Record<string, number>): void {
  const path = join(folder, "lean-pickle.json");
  const manifest: Manifest = JSON.parse(readFileSync(path, "utf8"));
  const stateOf = (id?: number) => manifest.states.find(({ sessionId }) => sessionId === id);
  rmSync(join(folder, stateOf(removed)?.pickleFile ?? ""));
  const again = stateOf(renamed);
  if (again) {
    const pickleFile = again.pickleFile.replace(/\.[^.]+\.olean$/, ".00000000.olean");
    renameSync(join(folder, again.pickleFile), join(folder, pickleFile));
    again.pickleFile = pickleFile;
  }
  manifest.states = manifest.states.filter(({ sessionId }) => sessionId !== removed);
  manifest.revision++;
  writeFileSync(path, JSON.stringify(manifest));
}

/** Counts the requests that it is asked at once. */
class CountingServer extends LeanServer {
  mostAtOnce = 0;
  /** How many answers there were before it was first asked several things at once. */
  answersBeforeSeveral: number | undefined;
  #asked = 0;
  #answered = 0;

  override async run<R extends ReplRequest>(request: R, options?: RunOptions) {
    this.#asked++;
    const atOnce = this.#asked - this.#answered;
    this.mostAtOnce = Math.max(this.mostAtOnce, atOnce);
    if (atOnce > 1) {
      this.answersBeforeSeveral ??= this.#answered;
    }
    const answer = await super.run(request, options);
    this.#answered++;
    return answer;
  }
}

const fine = (count: number): string[] => Array<string>(count).fill("fine");
const statuses = (verdicts: readonly Verdict[]) => verdicts.map(({ status }) => status);
const loaded = (count: number): string[] => Array<string>(count).fill("loaded");

describe("the states of a group, with several of them in the REPL at once", () => {
  it("have each the verdict that is theirs, whatever becomes of those around them", async () => {
    const fate = fc.oneof(
      { weight: 6, arbitrary: fc.constant<Fate>("fine") },
      { weight: 3, arbitrary: fc.constantFrom<Fate>(...BAD) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { minLength: 18, maxLength: 30 }), async (fates) => {
        const { cache, states } = await groupOf(fates);
        const told: Verdict[] = [];
        const onVerdict = (verdict: Verdict) => told.push(verdict);
        const verdicts = await cache.check(simulate(SETTINGS).launch, { states, onVerdict });
        expect(statuses(verdicts)).toEqual(fates.map((each) => FATES[each]));
        expect(told).toEqual(verdicts);
      }),
      { numRuns: 6 },
    );
  });

  it("cost one import more for each that ends the REPL, and no verdict of the others", async () => {
    const fates = [
      ...fine(10),
      "killer",
      ...fine(10),
      "sleeper",
      ...fine(10),
      "turned",
      ...fine(5),
    ];
    const { cache, states } = await groupOf(fates);
    const { launch, log } = simulate({ ...SETTINGS, HANG_ON: "sleeper" });
    const verdicts = await cache.check(launch, { states, timeoutPerState: 2 });
    expect(statuses(verdicts)).toEqual([
      ...loaded(10),
      "failed",
      ...loaded(10),
      "timeout",
      ...loaded(10),
      "goals-changed",
      ...loaded(5),
    ]);
    expect(verdicts[10]?.message).toContain("SIGSEGV");
    // The base in each of three processes, and what came back changed once more without it.
    expect(imports(log())).toHaveLength(4);
  });

  it("are each told of when it is their turn, and their times leave out the others'", async () => {
    const fates = [...fine(5), "sleeper", ...fine(20), "turned", ...fine(5)];
    const { cache, states } = await groupOf(fates);
    const { launch } = simulate({ ...SETTINGS, HANG_ON: "sleeper", IMPORT_MS: "200" });
    const events: string[] = [];
    const startedAt = performance.now();
    const verdicts = await cache.check(launch, {
      states,
      timeoutPerState: 1,
      onState: ({ sessionId }) => events.push(`begin ${sessionId}`),
      onVerdict: ({ sessionId }) => events.push(`end ${sessionId}`),
    });
    const elapsedMs = performance.now() - startedAt;
    expect(events).toEqual(
      states.flatMap(({ sessionId }) => [`begin ${sessionId}`, `end ${sessionId}`]),
    );
    const sum = verdicts.reduce((ms, verdict) => ms + verdict.elapsedMs, 0);
    expect(sum).toBeLessThanOrEqual(elapsedMs + verdicts.length);
    expect(verdicts[5]?.elapsedMs).toBeGreaterThanOrEqual(1000);
  });

  it("are all loaded into a server that does not start anew, until it ends", async () => {
    const { cache } = await groupOf([...fine(6), "killer", ...fine(3)]);
    const verdicts = await cache.reload(startServer(SETTINGS), 60);
    expect(statuses(verdicts)).toEqual([...loaded(6), ...Array(4).fill("failed")]);
    expect(verdicts[9]?.message).toContain("It was not tried.");
  });

  it("are asked for a few at a time, once the first of them came back", async () => {
    const { cache } = await groupOf(fine(40));
    const server = new CountingServer(simulate().launch);
    onTestFinished(() => server.close());
    expect(statuses(await cache.reload(server, 60))).toEqual(loaded(40));
    expect(server.mostAtOnce).toBe(MAX_SENT);
    expect(server.answersBeforeSeveral).toBe(3);
  });

  it("are the states that their ids stand for", async () => {
    const { cache } = await groupOf(fine(40));
    const server = startAutoServer(simulate().launch, { sessionCache: cache });
    await cache.reload(server, 60);
    for (const sessionId of cache.keys()) {
      const proofState = cache.getReplId(sessionId, server) ?? -1;
      const answer = await server.run({ tactic: "skip", proofState });
      expect(answer).toMatchObject({ goals: cache.get(sessionId)?.entry.goals });
    }
  });

  it("include one that was made again meanwhile, and not one that was removed", async () => {
    const { cache, states } = await groupOf(fine(8));
    const verdicts = await cache.check(simulate().launch, {
      states,
      onState: ({ sessionId }) => {
        if (sessionId === -1) {
          changeOnDisk(cache.workingDir, { removed: -5, renamed: -7 });
        }
      },
    });
    expect(verdicts.map(({ sessionId, status }) => [sessionId, status])).toEqual(
      [-1, -2, -3, -4, -6, -7, -8].map((id) => [id, "loaded"]),
    );
  });

  it("stop together when the work is interrupted", async () => {
    const { cache, states } = await groupOf([...fine(6), "sleeper", ...fine(6)]);
    const controller = new AbortController();
    const { launch } = simulate({ HANG_ON: "sleeper" });
    const checking = cache.check(launch, {
      states,
      signal: controller.signal,
      onVerdict: ({ sessionId }) => sessionId === -6 && controller.abort(new Error("enough")),
    });
    await expect(checking).rejects.toThrow("enough");
  });

  it("are loaded under a memory limit, too", async () => {
    const { cache, states } = await groupOf(fine(20));
    const { launch, log } = simulate();
    const verdicts = await cache.check(launch, { states, memoryLimit: 4000 });
    expect(statuses(verdicts)).toEqual(loaded(20));
    expect(imports(log())).toHaveLength(1);
  });
});
