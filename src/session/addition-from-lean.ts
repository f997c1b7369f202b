import type { ReplLaunch } from "../repl/connection.ts";
import { LeanServer } from "../repl/lean-server.ts";
import { checkWritable } from "../store/folders.ts";
import { type Addition, type AdditionResult, type MakingOptions, nameAt } from "./addition.ts";
import { makeStates } from "./making.ts";
import type { PickleSessionCache } from "./pickle-session-cache.ts";

/** Makes the states of an addition in a REPL of its own, and adds all of them, or none. */
export async function addFromLean(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  addition: Addition,
  options: MakingOptions,
): Promise<Omit<AdditionResult, "cached">> {
  await checkWritable(cache.workingDir);
  const { base } = addition;
  const server = new LeanServer(launch, options);
  try {
    options.onStep?.(base ? `Loading ${base.name ?? base.sessionId}` : "Starting Lean");
    const baseId = base && (await cache.load(base.sessionId, server, options.timeout));
    const made = await makeStates(server, addition, baseId, options);
    options.onStep?.("Pickling");
    const { responses, messages, sorries } = made;
    const names = responses.map((_, index) => nameAt(addition, options.name, index));
    const { replaceName, force } = options;
    const states = await cache.addAll(server, responses, { names, replaceName, force });
    return { states, messages, sorries };
  } finally {
    await server.close();
  }
}
