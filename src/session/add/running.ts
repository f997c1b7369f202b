import { LeanPickleError } from "../../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { type MakerOptions, makeStates } from "../steps/run-steps.ts";
import { type Addition, checkAddition } from "./addition.ts";
import { workOnBase } from "./run-on-state.ts";

/** What is to be run: code on an environment, or tactics on a proof state. */
export type Run = Pick<Addition, "code" | "tactics" | "allowErrors"> &
  Required<Pick<Addition, "base">>;

/**
 * Checks that what is to be run fits the state that it is to be run on.
 * @throws {LeanPickleError} `usage`
 */
export function checkRun({ base, code, tactics }: Run): void {
  if (base && !base.isProofState && tactics.length > 0) {
    const message = `A tactic runs on a proof state, and ${base.name ?? base.sessionId} is an environment.`;
    throw new LeanPickleError("usage", message);
  }
  checkAddition({ base, code, tactics });
}

/**
 * Loads a state into a REPL of its own and runs something on it. Nothing is pickled: the answers go
 * to `onAnswer`, one for each code or tactic, in order.
 * @throws {LeanRejectedError} at the first error, which `onAnswer` has been given
 */
export async function runOnState(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  run: Run,
  options: LeanServerOptions & MakerOptions,
): Promise<void> {
  checkRun(run);
  await workOnBase(launch, cache, run.base, options, (server, baseId) =>
    makeStates(server, run, baseId, options),
  );
}
