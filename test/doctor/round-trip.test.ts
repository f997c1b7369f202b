import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ROUND_TRIP_STEPS, type RoundTripStep, roundTrip } from "../../src/doctor/round-trip.ts";
import { temporaryFolder } from "../support/folders.ts";
import { executable } from "../support/lean-places.ts";
import { isRunning } from "../support/processes.ts";
import { simulate } from "../support/servers.ts";

/** Has temporary files lie in a folder of the test's own. */
function stubTemporary(): string {
  const folder = temporaryFolder();
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  return folder;
}

/** A round trip, after which nothing may be left of it. */
async function travel(settings: Record<string, string>, timeout = 30) {
  const { launch, log } = simulate(settings);
  const temporary = stubTemporary();
  const told: RoundTripStep[] = [];
  const trip = await roundTrip(launch, { timeout, onStep: (step) => told.push(step) });
  expect(readdirSync(temporary)).toEqual([]);
  const starts = log().filter(({ event }) => event === "start");
  expect(starts.map(({ pid }) => isRunning(pid))).toEqual(starts.map(() => false));
  return { trip, told, starts: starts.length };
}

describe("roundTrip", () => {
  it("takes a proof state from one process to another, and proves it there", async () => {
    const { trip, told, starts } = await travel({});
    expect(trip).toEqual({
      steps: ROUND_TRIP_STEPS.map((step) => ({ step, elapsedMs: expect.any(Number) })),
      header: expect.objectContaining({ formatVersion: 2, leanVersion: "4.33.0-rc2" }),
    });
    expect(trip.steps.every(({ elapsedMs }) => elapsedMs > 0)).toBe(true);
    expect(told).toEqual(ROUND_TRIP_STEPS);
    expect(starts).toBe(2);
  });

  it.each([
    { DIALECT: "4.0.0" },
    { OLEAN_VERSION: "1" },
    { IGNORE_ENV: "1" },
    { CHUNK_BYTES: "1" },
    { BANNER: "Welcome" },
    { MODULES: "Init" },
  ])("works with a REPL of another kind: %j", async (settings) => {
    const { trip } = await travel(settings);
    expect(trip.failed).toBeUndefined();
  });

  it.each<[RoundTripStep, Record<string, string>, RegExp]>([
    ["start", { CRASH_AT: "1" }, /exited with code 1.*leanPickleRoundTrip/],
    ["command", { SEGV_ON: "sorry" }, /was killed by SIGSEGV/],
    ["pickle", { CLOSURES_AT: "1" }, /closures cannot be compacted/i],
    ["unpickle", { CRASH_ON: "unpickle" }, /exited with code 1.*unpickleProofStateFrom/],
    ["unpickle", { CHANGED_GOALS: "*" }, /came back with the goals/],
  ])("says that %s went wrong, and why: %j", async (step, settings, why) => {
    const { trip, told } = await travel(settings);
    const before = ROUND_TRIP_STEPS.slice(0, ROUND_TRIP_STEPS.indexOf(step));
    expect(trip.failed?.step).toBe(step);
    expect(trip.failed?.error.message).toMatch(new RegExp(why.source, `${why.flags}s`));
    expect(trip.steps.map((each) => each.step)).toEqual(before);
    expect(told).toEqual([...before, step]);
  });

  it.each<[RoundTripStep, Record<string, string>]>([
    ["start", { HANG_AT: "1" }],
    ["unpickle", { HANG_ON: "unpickle" }],
    ["tactic", { GARBAGE_ON: "exact h" }],
  ])("gives %s only its time", async (step, settings) => {
    const { trip } = await travel(settings, 2);
    expect(trip.failed).toMatchObject({ step, error: { code: "timeout" } });
  });

  it.each([
    ["is not there", "no-such-repl", /could not be started/],
    ["is no REPL", "hello", /It printed no answer but:\nhello/],
    ["answers what a REPL does not", "answer", /told of no sorry/],
    ["refuses the code", "refuse", /answered "no" to/],
    ["finds an error in the code", "errors", /found the error "what\?" in/],
    ["says that it pickled, and did not", "lies", /ENOENT/],
  ])("says so of an executable that %s", async (_, name, why) => {
    const bin = temporaryFolder();
    const sorry = '"sorries": [{"goal": "", "proofState": 0}]';
    const replies: Record<string, string[]> = {
      hello: ["hello"],
      answer: ['{"env": 0}', '{"env": 1}'],
      refuse: ['{"message": "no"}'],
      errors: ['{"env": 0, "messages": [{"severity": "error", "data": "what?"}]}'],
      lies: ['{"env": 0}', `{"env": 1, ${sorry}}`, '{"proofState": 1, "goals": []}'],
    };
    const lines = (replies[name] ?? []).map((line) => `read -r a; read -r b; echo '${line}'; echo`);
    const command = join(bin, name);
    if (name in replies) {
      executable(command, `#!/bin/sh\n${lines.join("\n")}\n`);
    }
    const { failed } = await roundTrip({ command }, { timeout: 30 });
    expect(failed?.error.message).toMatch(why);
  });

  it("says so where there is no place for the pickle", async () => {
    const { launch, log } = simulate();
    vi.stubEnv("TMPDIR", join(stubTemporary(), "missing"));
    const { failed } = await roundTrip(launch);
    expect(failed).toMatchObject({ step: "start", error: { code: "ENOENT" } });
    expect(log()).toEqual([]);
  });

  it("ends with the reason where it is interrupted, and leaves nothing", async () => {
    const { launch, log } = simulate();
    const temporary = stubTemporary();
    const controller = new AbortController();
    const work = roundTrip(launch, {
      signal: controller.signal,
      onStep: (step) => step === "unpickle" && controller.abort(new Error("stop")),
    });
    await expect(work).rejects.toThrow("stop");
    expect(readdirSync(temporary)).toEqual([]);
    expect(log().filter(({ event, pid }) => event === "start" && isRunning(pid))).toEqual([]);
  });
});
