/** Steps of work with their times, as `doctor` and `setup` tell them. */
import type { TimedStep } from "../../doctor/round-trip.ts";
import { formatDuration } from "../../output/text.ts";

/** The steps for programs: in whole milliseconds. */
export function stepsDocument(steps: readonly TimedStep[]): TimedStep[] {
  return steps.map(({ step, elapsedMs }) => ({ step, elapsedMs: Math.round(elapsedMs) }));
}

/** The steps for people: `fetch 2.1 s, build 40 s`. */
export function stepTimes(steps: readonly TimedStep[]): string {
  return steps.map(({ step, elapsedMs }) => `${step} ${formatDuration(elapsedMs)}`).join(", ");
}
