import type { ReplLaunch } from "../../repl/connection.ts";
import type { LeanServer } from "../../repl/lean-server.ts";
import { checkWritable } from "../../store/disk/folders.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { makeStates } from "../steps/run-steps.ts";
import { type Addition, type AdditionResult, type MakingOptions, nameAt } from "./addition.ts";
import type { Derivation } from "./plan-addition.ts";
import { workOnBase } from "./run-on-state.ts";

/** Makes the states of an addition in a REPL of its own, and adds all of them, or none. */
export async function addFromLean(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  addition: Addition,
  derivation: Derivation,
  options: MakingOptions,
): Promise<Omit<AdditionResult, "cached" | "unknown">> {
  await checkWritable(cache.workingDir);
  const prepare = (server: LeanServer): void =>
    cache.noteLean(server, derivation.imports, derivation);
  const { base } = addition;
  return await workOnBase(launch, cache, base, { ...options, prepare }, async (server, baseId) => {
    const made = await makeStates(server, addition, baseId, options);
    options.onStep?.("Pickling");
    const { responses, messages, sorries } = made;
    const names = responses.map((_, index) => nameAt(addition, options.name, index));
    const { replaceName, force } = options;
    const states = await cache.addAll(server, responses, { names, replaceName, force });
    return { states, messages, sorries };
  });
}
