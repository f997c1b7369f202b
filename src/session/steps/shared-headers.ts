/**
 * Environments that hold what code imports and nothing else, shared by all that imports the same.
 */
import type { ReplConnection, ReplLaunch, RunOptions } from "../../repl/connection.ts";
import { errorMessages, isErrorAnswer } from "../../repl/protocol.ts";
import type { LoadedStates } from "../state/loaded-states.ts";

/**
 * The id of the environment that a header gives, which is made once in each process.
 * @param header as `splitHeader` gives it: an import a line; empty without imports
 * @returns undefined if Lean finds errors in it: the code then has to report them itself
 */
export async function headerEnvironment(
  server: ReplConnection,
  loaded: LoadedStates,
  header: string,
  options: RunOptions,
): Promise<number | undefined> {
  const contents = loaded.in(server.process);
  const known = contents.headers.get(header);
  if (known) {
    return await known;
  }
  contents.imports += header === "" ? 0 : 1;
  const made = server.run({ cmd: header }, options).then((answer) => {
    const isGood = !isErrorAnswer(answer) && errorMessages(answer).length === 0;
    return isGood ? answer.env : undefined;
  });
  contents.headers.set(header, made);
  made.catch(() => contents.headers.delete(header));
  return await made;
}

/** A theorem, and a sorry that can use it only if its environment has the theorem. */
const TRIAL = "theorem leanPickleTrial : True := trivial\nexample : True := by sorry";
const TRIAL_PROOF = "exact leanPickleTrial";

/** What the REPL of a launch has answered to the trial. */
const trials = new WeakMap<ReplLaunch, Promise<boolean>>();

/**
 * Whether a proof state at a sorry knows the declarations before it also if its request names an
 * `env`. It does not from v4.6.0 to v4.19.0-rc2 (leanprover-community/repl#66): there, code whose
 * sorry is taken means something else if its header is sent before it. The REPL itself is asked,
 * once.
 * @param env an environment to ask on
 */
export async function splitsAlike(
  server: ReplConnection,
  env: number,
  options: RunOptions,
): Promise<boolean> {
  const { launch } = server;
  const asked = trials.get(launch) ?? askSplitsAlike(server, env, options);
  trials.set(launch, asked);
  asked.catch(() => trials.delete(launch));
  return await asked;
}

async function askSplitsAlike(
  server: ReplConnection,
  env: number,
  options: RunOptions,
): Promise<boolean> {
  const answer = await server.run({ cmd: TRIAL, env }, options);
  const proofState = isErrorAnswer(answer) ? undefined : answer.sorries?.[0]?.proofState;
  if (proofState === undefined) {
    return false;
  }
  const proved = await server.run({ tactic: TRIAL_PROOF, proofState }, options);
  return !isErrorAnswer(proved) && errorMessages(proved).length === 0 && proved.goals.length === 0;
}
