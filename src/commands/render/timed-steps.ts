/** Steps of work with their times, as `doctor` and `setup` tell them. */
import { formatDuration } from "../../output/text.ts";

/** A step of work, and how long it took. */
export interface TimedStep {
  step: string;
  elapsedMs: number;
}

/** The steps for programs: in whole milliseconds. */
export function stepsDocument(steps: readonly TimedStep[]): TimedStep[] {
  return steps.map(({ step, elapsedMs }) => ({ step, elapsedMs: Math.round(elapsedMs) }));
}

/** The steps for people: `fetch 2.1 s, build 40 s`. */
export function stepTimes(steps: readonly TimedStep[]): string {
  return steps.map(({ step, elapsedMs }) => `${step} ${formatDuration(elapsedMs)}`).join(", ");
}
