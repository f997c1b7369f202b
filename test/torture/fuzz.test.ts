import { describe, expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";
import { isLong, seed, tell } from "./scale.ts";

/** Ten thousand take an hour or two. */
const RUNS = isLong ? Number(process.env.LEAN_PICKLE_TORTURE_RUNS ?? 10_000) : 100;

describe("mutated manifests, pickles and command lines", () => {
  it("end with an exit code that is told of, no stack trace, and nothing changed outside", async () => {
    const { problems, ...figures } = await fuzz({
      runs: RUNS,
      seed,
      onRun: (done) => done % 1000 === 0 && tell(`fuzzing: ${done} of ${RUNS}`),
    });
    tell(`fuzzing: ${JSON.stringify(figures)}, ${problems.length} problems`);
    expect(problems).toEqual([]);
    expect(figures.runs).toBe(RUNS);
  }, 7_200_000);
});
