import type { ReplConnection, RunOptions } from "../../repl/connection.ts";
import { ReplEndedError } from "../../repl/errors.ts";
import { picklePath } from "../../store/disk/layout.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { answerOf, attempt, findUnfit, type Whereabouts } from "./by-pickle.ts";
import type { SharedBase } from "./shared-imports.ts";
import { judge } from "./verdict.ts";
import type { Unpickled } from "./verdicts.ts";

/**
 * What came of a state before it was its turn; `without-base` where it is to be tried as it is,
 * undefined where nothing is known of it.
 */
export type Early = Unpickled | "without-base" | undefined;

/**
 * As {@link unpickle}, while the REPL works on other states: on a base that one came back on before.
 * @throws what says nothing of the state
 */
export async function unpickleEarly(
  server: ReplConnection,
  where: Whereabouts,
  state: ManifestState,
  options: RunOptions,
  base: SharedBase,
): Promise<Early> {
  try {
    const unfit = await findUnfit(server.launch, where, state);
    const env = base.provenIn(server);
    if (unfit || env === undefined) {
      return unfit;
    }
    const from = { path: picklePath(where.workingDir, state), env };
    const unpickled = await attempt(server, from, state, { ...options, pipelined: true });
    return unpickled && wasTried(unpickled) ? (answerOf(unpickled) ?? "without-base") : undefined;
  } catch (error) {
    return judge(error, state, server.launch);
  }
}

/** Whether the REPL did not end for another state before this one was its turn. */
function wasTried(unpickled: Unpickled): boolean {
  const cause = "cause" in unpickled ? unpickled.cause : undefined;
  return !(cause instanceof ReplEndedError) || cause.turn === "run";
}
