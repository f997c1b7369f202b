/** The built program, and the environment to run it in. */
import { fileURLToPath } from "node:url";
import { simulatedRepl } from "../simulated-repl/index.ts";

export const program = fileURLToPath(new URL("../../bin/lean-pickle.js", import.meta.url));

/**
 * An environment in which nothing of the tester's own decides how the program behaves.
 * @param repl settings of the stand-in, without their prefix
 */
export function programEnvironment(
  repl: Record<string, string> = {},
  env: NodeJS.ProcessEnv = {},
): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(LEAN_PICKLE_|SIMULATED_REPL_|NO_COLOR$|FORCE_COLOR$|CI$)/.test(name),
  );
  const settings = Object.entries(repl).map(([name, value]) => [`SIMULATED_REPL_${name}`, value]);
  return {
    ...Object.fromEntries(own),
    LEAN_PICKLE_REPL: simulatedRepl,
    ...Object.fromEntries(settings),
    ...env,
  };
}
