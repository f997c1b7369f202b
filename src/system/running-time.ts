/**
 * Time that counts only while this program runs. Time passes on the clock too while the program is
 * stopped (Ctrl-Z, a container that is paused, a machine that sleeps), but nothing could be read or
 * done then.
 */
import { performance } from "node:perf_hooks";

/** How often the running time is noted, in milliseconds. */
const TICK_MS = 250;

/** The time between two ticks that counts at most, in milliseconds: a busy machine is late at times. */
const MAX_BETWEEN_TICKS_MS = 4 * TICK_MS;

let counted = 0;
let lastTick = 0;
let ticker: NodeJS.Timeout | undefined;

/** The milliseconds for which this program has run since the first call. */
export function runningMs(): number {
  if (!ticker) {
    lastTick = performance.now();
    ticker = setInterval(tick, TICK_MS).unref();
  }
  return counted + sinceLastTick();
}

/** Calls back once, after the program has run for so many milliseconds. @returns cancels it */
export function afterRunning(milliseconds: number, callback: () => void): () => void {
  const end = runningMs() + milliseconds;
  let timer: NodeJS.Timeout | NodeJS.Immediate;
  const wait = (): void => {
    const left = end - runningMs();
    // At the end, the event loop first reads what is in the pipes already.
    timer = left > 0 ? setTimeout(wait, Math.ceil(left)) : setImmediate(callback);
  };
  wait();
  return () => {
    clearTimeout(timer as NodeJS.Timeout);
    clearImmediate(timer as NodeJS.Immediate);
  };
}

function tick(): void {
  counted += sinceLastTick();
  lastTick = performance.now();
}

function sinceLastTick(): number {
  return Math.min(performance.now() - lastTick, MAX_BETWEEN_TICKS_MS);
}
