/** Adding what code, a sorry and tactics lead to: from the cache where it is there, else from Lean. */
import { LeanPickleError } from "../../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import type { LeanMessage, Sorry } from "../../repl/protocol.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { touchPickle } from "../../store/pickles/pickle-presence.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { checkNames, type WantedName } from "../state/names.ts";
import { type Derivation, derive, findHits } from "./plan-addition.ts";

export type { LeanServerOptions } from "../../repl/connection.ts";

/** Code, and where it came from: a file's name, `<code>`, `<stdin>`. */
export interface CodeSource {
  source: string;
  text: string;
}

/** What is to be made. */
export interface Addition {
  /** The state that it is built on. */
  base?: ManifestState | undefined;
  /** Run in this order. */
  code: readonly CodeSource[];
  /** Which sorry, from 0, of the last code; with tactics, the only one there is by default. */
  sorry?: number | "all" | undefined;
  /** Run in this order. */
  tactics: readonly string[];
  /** Whether a state is made of code in which Lean found errors. */
  allowErrors?: boolean | undefined;
}

/** What has to be known of an addition to say whether it makes sense: its base need not be there. */
type CheckedAddition = Omit<Addition, "base"> & {
  base?:
    | (Pick<ManifestState, "name" | "isProofState"> & { sessionId?: number | undefined })
    | undefined;
};

/** A message of Lean, and the code that it is about. */
export type SourcedMessage = LeanMessage & { source: string };

/** What was added. */
export interface AdditionResult {
  states: ManifestState[];
  /** Whether the cache held them already, and Lean was not asked. */
  cached: boolean;
  /** What is not known of Lean, in clauses: where there is any, they will never count as hits. */
  unknown: string[];
  /** What Lean said; nothing where it was not asked. */
  messages: SourcedMessage[];
  /** The sorries of the last code; none where Lean was not asked. */
  sorries: Sorry[];
}

/** How states are made. */
export interface MakingOptions extends LeanServerOptions {
  /** The name of the state; with `sorry: "all"`, `NAME.0`, `NAME.1`, ... */
  name?: string | undefined;
  /** Whether the name is taken from the state that has it. */
  replaceName?: boolean | undefined;
  /** Whether what the cache holds is made again. */
  force?: boolean | undefined;
  /** Whether it is an error where the cache does not hold it. */
  noRun?: boolean | undefined;
  /** Called before Lean does something, with what. */
  onStep?: ((what: string) => void) | undefined;
  /** Called where the cache does not hold it, with what was looked up. */
  onMiss?: ((derivation: Derivation) => Promise<void>) | undefined;
}

/**
 * Checks that an addition makes sense, before Lean is started.
 * @throws {LeanPickleError} `usage`
 */
export function checkAddition({ base, code, sorry, tactics }: CheckedAddition): void {
  const wantsProof = sorry !== undefined || tactics.length > 0;
  if (code.length === 0 && !wantsProof) {
    throw usage("There is nothing to do: name a file, or give code with -c or a tactic with -t.");
  }
  if (base?.isProofState) {
    const reference = base.name ?? base.sessionId;
    if (code.length > 0) {
      throw usage(`Code runs on an environment, and ${reference} is a proof state.`);
    }
    if (sorry !== undefined) {
      throw usage(`--sorry takes a sorry of code, and ${reference} is a proof state.`);
    }
  } else if (code.length === 0) {
    const on = base ? `${base.name ?? base.sessionId} is an environment` : "there is no --from";
    throw usage(`${sorry === undefined ? "A tactic" : "--sorry"} needs a proof state, and ${on}.`);
  }
}

/**
 * Adds what an addition leads to, all of its states or none. What the cache holds is the answer at
 * once; else it is made in a REPL of its own, which loads no state but the one it is built on.
 * @throws {LeanRejectedError}, {LeanPickleError} `not-cached`, and what {@link checkAddition} throws
 */
export async function addToCache(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  addition: Addition,
  options: MakingOptions,
): Promise<AdditionResult> {
  checkAddition(addition);
  const { name, replaceName = false, force = false, noRun = false } = options;
  const derivation = await derive(launch, addition);
  const hits = findHits(cache, derivation);
  checkNames(cache.manifest, wantedNames(cache, addition, derivation, name, hits), replaceName);
  if (hits && !force && (await nameHits(cache, hits, addition, name, replaceName))) {
    return { states: useHits(cache, hits), cached: true, unknown: [], messages: [], sorries: [] };
  }
  if (!hits || !force) {
    await options.onMiss?.(derivation);
  }
  if (noRun) {
    throw notCached(options.onMiss !== undefined);
  }
  const { addFromLean } = await import("./addition-from-lean.ts");
  return {
    ...(await addFromLean(launch, cache, addition, derivation, options)),
    cached: false,
    unknown: derivation.unknown,
  };
}

/** The error for what the cache does not hold where Lean must not make it. */
export function notCached(isExplained: boolean): LeanPickleError {
  return new LeanPickleError("not-cached", "The cache does not hold it, and Lean is not to run.", {
    hint: isExplained ? undefined : "--explain says what differs from what the cache holds.",
  });
}

/** The name of the state at one of several places. */
export function nameAt(
  { sorry }: Pick<Addition, "sorry">,
  name: string | undefined,
  index: number,
): string | null {
  return name !== undefined && sorry === "all" ? `${name}.${index}` : (name ?? null);
}

/**
 * The names that the states are to have, with their keys. Of `sorry: "all"` it is not known how many
 * there will be where they are no hits, but whose names they may not have is.
 */
export function wantedNames(
  { manifest }: PickleSessionCache,
  { sorry }: Pick<Addition, "sorry">,
  { keyAt }: Derivation,
  name: string | undefined,
  hits: readonly ManifestState[] | undefined,
): WantedName[] {
  if (name === undefined) {
    return [];
  }
  if (sorry !== "all") {
    return [{ name, key: keyAt(0) }];
  }
  if (hits) {
    return hits.map(({ key }, at) => ({ name: `${name}.${at}`, key }));
  }
  const numbers = manifest.states.flatMap((state) => {
    const number = state.name?.startsWith(`${name}.`) ? state.name.slice(name.length + 1) : "";
    return /^(0|[1-9]\d{0,8})$/.test(number) ? [Number(number)] : [];
  });
  return [0, ...numbers].map((at) => ({ name: `${name}.${at}`, key: keyAt(at) }));
}

/** Gives hits the names that are asked for; false where one is gone in the meantime. */
export async function nameHits(
  cache: PickleSessionCache,
  hits: readonly ManifestState[],
  addition: Pick<Addition, "sorry">,
  name: string | undefined,
  replaceName = false,
): Promise<boolean> {
  const names = new Map<number, string>();
  for (const [index, state] of hits.entries()) {
    const wanted = nameAt(addition, name, index);
    if (wanted !== null && wanted !== state.name) {
      names.set(state.sessionId, wanted);
    }
  }
  try {
    if (names.size > 0) {
      await cache.rename(names, replaceName);
    }
    return true;
  } catch (error) {
    if (error instanceof LeanPickleError && error.code === "no-such-state") {
      cache.refresh();
      return false;
    }
    throw error;
  }
}

/** Notes that hits are used, and gives them as the manifest has them now. */
export function useHits(
  cache: PickleSessionCache,
  hits: readonly ManifestState[],
): ManifestState[] {
  for (const state of hits) {
    touchPickle(cache.workingDir, state);
  }
  return hits.map((state) => cache.get(state.sessionId)?.entry ?? state);
}

function usage(message: string): LeanPickleError {
  return new LeanPickleError("usage", message);
}
