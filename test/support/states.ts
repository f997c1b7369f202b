/** States for tests: the code that makes them, and how they get into a cache. */
import type { LeanServer } from "../../src/repl/lean-server.ts";
import type { CommandAnswer } from "../../src/repl/protocol.ts";
import type { AutoLeanServer } from "../../src/session/auto-lean-server.ts";
import type { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";

/** A theorem whose goal is `p ∧ q`, with a hypothesis for each side. */
export const THEOREM = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";

/** Runs code and adds its environment. */
export async function addCode(
  cache: PickleSessionCache,
  server: LeanServer | AutoLeanServer,
  cmd: string,
): Promise<number> {
  const request = { cmd };
  return await cache.add(server, request, await server.run(request));
}

/** Runs code with a sorry and adds the proof state there. */
export async function addGoal(cache: PickleSessionCache, server: LeanServer): Promise<number> {
  const request = { cmd: THEOREM };
  const { sorries } = (await server.run(request)) as CommandAnswer;
  const [sorry] = sorries ?? [];
  return await cache.add(server, request, { proofState: sorry?.proofState ?? -1, goals: [] });
}
