/** Running something on a state: nothing is pickled. */
import { LeanPickleError } from "../../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { RestartingServer } from "../restarting-server.ts";
import { restoreState } from "../restore/restore-states.ts";
import type { RestoreMode } from "../state/cache-types.ts";
import { type Addition, checkAddition } from "./addition.ts";
import { planAddition } from "./plan-addition.ts";
import { type AdditionRunOptions, runAddition } from "./run-addition.ts";

/** Code to run on an environment, or tactics to run on a proof state. */
export type StateRun = Pick<Addition, "code" | "tactics" | "allowErrors"> & { base: ManifestState };

/** How it is run. */
export interface StateRunOptions extends LeanServerOptions, AdditionRunOptions {
  /** How the state is restored; as the cache says by default. */
  restore?: RestoreMode | undefined;
  /** Called with what a person has to know of the restored state: a sentence. */
  onWarning?: ((state: ManifestState, sentence: string) => void) | undefined;
}

/**
 * Checks that code runs on an environment, and tactics on a proof state.
 * @throws {LeanPickleError} `usage`
 */
export function checkStateRun({ base, code, tactics }: StateRun): void {
  if (!base.isProofState && tactics.length > 0) {
    const message = `A tactic runs on a proof state, and ${base.name ?? base.sessionId} is an environment.`;
    throw new LeanPickleError("usage", message);
  }
  checkAddition({ base, code, tactics });
}

/**
 * Restores a state in a REPL of its own and runs something on it. The answers go to `onAnswer`, one
 * for each code or tactic, in order.
 * @throws {LeanRejectedError} at the first error, which `onAnswer` has been given
 */
export async function runOnState(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  run: StateRun,
  options: StateRunOptions,
): Promise<void> {
  checkStateRun(run);
  const { base } = run;
  const plan = await planAddition(launch, run);
  const servers = new RestartingServer(launch, options);
  const { handle } = cache;
  try {
    for (let isDone = false; !isDone; ) {
      options.onStep?.(`Restoring ${base.name ?? base.sessionId}`);
      const id = await restoreState(handle, servers, base.sessionId, options);
      // Of what was begun, the answers are shown already: it is not begun again.
      isDone = await servers.run(async (server) => {
        const kind = base.isProofState ? "proofState" : "env";
        const start = handle.loaded.startOn(server, { kind, id });
        if (start) {
          await runAddition(server, handle.loaded, run, plan, start, options);
        }
        return start !== undefined;
      }, "unsent");
    }
  } finally {
    await servers.close();
  }
}
