import { setTimeout as pause } from "node:timers/promises";

/** Waits until something is so: for what another process does, where there is no event to wait for. */
export async function until(isSo: () => boolean, what: string): Promise<void> {
  const patience = Date.now() + 30_000;
  while (!isSo()) {
    if (Date.now() > patience) {
      throw new Error(`it never came to this: ${what}`);
    }
    await pause(5);
  }
}
