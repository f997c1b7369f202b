/**
 * How much of a torture is done: `npm run test:torture` asks for all of it, a test run for a part
 * that shows that it works.
 */
export const isLong = process.env.LEAN_PICKLE_TORTURE !== undefined;

/** The seed of what is random, so that a run can be done again. */
export const seed = Number(process.env.LEAN_PICKLE_TORTURE_SEED ?? 1);

/** Prints a figure of a long run. */
export function tell(figure: string): void {
  if (isLong) {
    process.stdout.write(`${figure}\n`);
  }
}
