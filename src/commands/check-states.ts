import type { Output } from "../output/output.ts";
import type { Styles } from "../output/styles.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import type { ManifestState } from "../session/pickle-session-state.ts";
import type { Verdict } from "../session/session-cache.ts";
import { type Context, stepTo } from "./context.ts";
import { callState } from "./states.ts";

/** Loads states into Lean, one after the other, and tells each verdict as soon as it is known. */
export async function checkStates(
  context: Context,
  cache: PickleSessionCache,
  states: readonly ManifestState[],
  options: { timeoutPerState?: number; onVerdict?: (verdict: Verdict) => void } = {},
): Promise<Verdict[]> {
  if (states.length === 0) {
    return [];
  }
  const { AutoLeanServer } = await import("../session/auto-lean-server.ts");
  const repl = await context.findRepl();
  return await context.output.withProgress(async (progress) => {
    const server = new AutoLeanServer(repl, { ...context.serverOptions, sessionCache: cache });
    let at = 0;
    try {
      return await cache.reload(server, options.timeoutPerState ?? context.options.timeout, {
        only: states.map(({ sessionId }) => sessionId),
        onState: (state) => stepTo(progress, ++at, states.length, `Loading ${callState(state)}`),
        onVerdict: options.onVerdict,
      });
    } finally {
      await server.close();
    }
  });
}

/** How many states are in Lean. */
export function countLoaded(verdicts: readonly Verdict[]): number {
  return verdicts.filter(({ status }) => status === "loaded").length;
}

/** A verdict's status in its colour. */
export function styleStatus(text: string, styles: Styles): string {
  return text.trim() === "loaded" ? styles.green(text) : styles.red(text);
}

/** Tells why a state is not in Lean, where it is not; with `--verbose`, how its goals differ. */
export function tellWhy(output: Output, { sessionId, name, message, goals }: Verdict): void {
  if (message !== undefined) {
    output.problem(`${name ?? sessionId}: ${message}`);
  }
  if (goals && output.verbose) {
    output.note(`The goals that came back:\n${goals.join("\n\n") || "none"}`);
  }
}
