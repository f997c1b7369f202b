/** Making states again that could not be loaded, from their recipes. */
import { LeanPickleError } from "../errors.ts";
import type { LeanServerOptions, ReplConnection, ReplLaunch } from "../repl/connection.ts";
import { isErrorAnswer, type ProofStepAnswer } from "../repl/protocol.ts";
import { type ManifestState, type RecipeEntry, recipeChain } from "../store/manifest.ts";
import { AutoLeanServer } from "./auto-lean-server.ts";
import type { PickleSessionCache } from "./pickle-session-cache.ts";
import type { Pickled } from "./pickling.ts";
import { type Replayed, replay } from "./replaying.ts";
import type { Verdict } from "./session-cache.ts";

/** How states are made again. */
export interface RepairOptions extends LeanServerOptions {
  /** Called before each state. */
  onRepair?: ((state: ManifestState) => void) | undefined;
}

/** A state that is to be made again, and the way from nothing to it. */
interface Broken {
  verdict: Verdict;
  state: ManifestState;
  chain: RecipeEntry[];
}

/**
 * Makes the states again that were not loaded and whose recipes are known, bases first. What comes
 * out is pickled, loaded into another REPL and compared, and only then becomes the state's pickle:
 * under the same session id and name, and under the key that it has now. A state that cannot be made
 * again keeps what it had, and its verdict says why.
 * @returns the verdicts, those of repaired states changed
 */
export async function repairStates(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  verdicts: readonly Verdict[],
  options: RepairOptions,
): Promise<Verdict[]> {
  cache.refresh();
  const broken = verdicts.flatMap((verdict): Broken[] => {
    const state = verdict.status === "loaded" ? undefined : cache.get(verdict.sessionId)?.entry;
    const chain = state && recipeChain(cache.manifest, state.key);
    return state && chain ? [{ verdict, state, chain }] : [];
  });
  const repaired = new Map<number, Verdict>();
  const unusable = new Set(broken.map(({ state }) => state.sessionId));
  for (const each of broken.sort((a, b) => a.chain.length - b.chain.length)) {
    options.onRepair?.(each.state);
    const verdict = await repairOne(launch, cache, each, unusable, options);
    repaired.set(each.state.sessionId, verdict);
    if (verdict.status === "repaired") {
      unusable.delete(each.state.sessionId);
    }
  }
  return verdicts.map((verdict) => repaired.get(verdict.sessionId) ?? verdict);
}

async function repairOne(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  { verdict, state, chain }: Broken,
  unusable: ReadonlySet<number>,
  options: RepairOptions,
): Promise<Verdict> {
  const startedAt = performance.now();
  const maker = new AutoLeanServer(launch, { ...options, sessionCache: cache });
  try {
    const made = await makeAgain(maker, cache, state, chain, unusable, options);
    const pickled = await cache.pickle(maker, made);
    try {
      await checkPickle(launch, state, pickled, options);
    } catch (error) {
      await pickled.temporary.discard();
      throw error;
    }
    const candidate = { pickled, name: null, sessionId: state.sessionId };
    const [kept] = await cache.keep([candidate], { allOrNone: true });
    if (!kept || "error" in kept) {
      throw kept?.error;
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof LeanPickleError) || error.code === "no-repl") {
      throw error;
    }
    return { ...verdict, message: `${verdict.message} It was not repaired: ${error.message}` };
  } finally {
    await maker.close();
  }
  const { sessionId, name, isProofState } = verdict;
  const elapsedMs = Math.round(verdict.elapsedMs + performance.now() - startedAt);
  return { sessionId, name, isProofState, replId: null, status: "repaired", elapsedMs };
}

/** Takes the steps from the nearest state that can be loaded, or else all of them. */
async function makeAgain(
  server: AutoLeanServer,
  cache: PickleSessionCache,
  { key }: ManifestState,
  chain: readonly RecipeEntry[],
  unusable: ReadonlySet<number>,
  { timeout, verbose }: RepairOptions,
): Promise<Replayed> {
  for (let steps = 1; steps < chain.length; steps++) {
    const baseKey = chain[chain.length - steps]?.base ?? key;
    const base = cache.lookUp(baseKey)?.entry;
    // A sorry is taken of an answer, which a state that was loaded no longer has.
    const next = chain[chain.length - steps];
    if (base && !unusable.has(base.sessionId) && next && !("sorry" in next.step)) {
      const id = await loadIfWhole(server, cache, base, timeout);
      if (id !== undefined) {
        const from = base.isProofState ? { proofState: id } : { env: id };
        return await replay(server, from, chain.slice(chain.length - steps), { verbose });
      }
    }
  }
  return await replay(server, undefined, chain, { verbose });
}

async function loadIfWhole(
  server: AutoLeanServer,
  cache: PickleSessionCache,
  { sessionId }: ManifestState,
  timeout: number | undefined,
): Promise<number | undefined> {
  try {
    return await cache.load(sessionId, server, timeout);
  } catch (error) {
    const isGone = ["not-loaded", "no-such-state", "timeout"];
    if (error instanceof LeanPickleError && isGone.includes(error.code)) {
      return undefined;
    }
    throw error;
  }
}

/** Loads a new pickle into another REPL: it must come back as it was pickled. */
async function checkPickle(
  launch: ReplLaunch,
  state: ManifestState,
  { temporary, sealed, facts, base }: Pickled,
  options: RepairOptions,
): Promise<void> {
  await sealed;
  if (base?.key === state.key && !haveSameGoals(facts, state)) {
    throw notAsItWas("made again, it has other goals than it had");
  }
  const checker = new AutoLeanServer(launch, options);
  try {
    const answer = await unpickleAt(checker, temporary.path, state.isProofState);
    if (isErrorAnswer(answer)) {
      throw notAsItWas(`the REPL refused the new pickle: ${answer.message}`);
    }
    if (state.isProofState && !haveSameGoals(answer as ProofStepAnswer, facts)) {
      throw notAsItWas("its new pickle comes back with other goals");
    }
  } finally {
    await checker.close();
  }
}

async function unpickleAt(server: ReplConnection, path: string, isProofState: boolean) {
  return isProofState
    ? await server.run({ unpickleProofStateFrom: path })
    : await server.run({ unpickleEnvFrom: path });
}

function haveSameGoals(
  { goals: a = [] }: { goals?: string[] | undefined },
  { goals: b = [] }: { goals?: string[] | undefined },
): boolean {
  return a.length === b.length && a.every((goal, at) => goal === b[at]);
}

function notAsItWas(why: string): LeanPickleError {
  return new LeanPickleError("not-loaded", why);
}
