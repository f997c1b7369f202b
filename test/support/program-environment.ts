/** The built program, and the environment to run it in. */
import { fileURLToPath } from "node:url";
import { simulatedRepl } from "../simulated-repl/index.ts";
import { sharedFolder } from "./folders.ts";

export const program = fileURLToPath(new URL("../../bin/lean-pickle.js", import.meta.url));

/** A home in which there is neither elan nor a REPL. */
const HOME = sharedFolder();

/** What of the tester's environment would decide how the program behaves. */
const DECIDING = /^(LEAN_|ELAN_|LAKE_|SIMULATED_REPL_|XDG_CACHE_HOME$|NO_COLOR$|FORCE_COLOR$|CI$)/;

/**
 * An environment in which nothing of the tester's own decides how the program behaves.
 * @param repl settings of the stand-in, without their prefix
 */
export function programEnvironment(
  repl: Record<string, string> = {},
  env: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !DECIDING.test(name));
  const settings = Object.entries(repl).map(([name, value]) => [`SIMULATED_REPL_${name}`, value]);
  return {
    ...Object.fromEntries(own),
    HOME,
    LEAN_PICKLE_REPL: simulatedRepl,
    ...Object.fromEntries(settings),
    ...env,
  };
}
