import { describe, expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";

/** How many cases there are, and what decides on them: `LEAN_PICKLE_TEST_FUZZ=10000`. */
const runs = Number(process.env.LEAN_PICKLE_TEST_FUZZ ?? 100);
const seed = Number(process.env.LEAN_PICKLE_TEST_SEED ?? 5);

describe("mutated manifests, pickles and command lines", () => {
  it("end with an exit code that is told of, no stack trace, and nothing changed outside", async () => {
    const { problems, ...figures } = await fuzz({ runs, seed });
    process.stdout.write(`${JSON.stringify(figures)}\n`);
    expect(problems).toEqual([]);
    expect(figures.runs).toBe(runs);
  }, 3_600_000);
});
