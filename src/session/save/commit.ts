/** From pickles that are nobody's yet to states of a cache. */
import { LeanPickleError } from "../../errors.ts";
import { canonicalJson, keyOfPickle } from "../../recipe/key.ts";
import type { ReplConnection } from "../../repl/connection.ts";
import { picklePath } from "../../store/disk/layout.ts";
import { readManifest } from "../../store/manifest/read-manifest.ts";
import { type Manifest, type ManifestState, normalizeName } from "../../store/manifest/schema.ts";
import type { ChangeOptions } from "../../store/manifest/update-manifest.ts";
import { beginManifest, updateManifest } from "../../store/manifest/update-manifest.ts";
import { removePickle, syncPickles } from "../../store/pickles/pickle-file.ts";
import { isPickleThere } from "../../store/pickles/pickle-presence.ts";
import type { CacheHandle } from "../state/cache-handle.ts";
import type { AddAllOptions } from "../state/cache-types.ts";
import { type Claim, isStillTrue, LEAN_CHANGED } from "../state/lean-inputs.ts";
import { checkName, checkNames, noSuchState } from "../state/names.ts";
import { addTrail, inDoubt, originOfState, type StateOrigin } from "../state/origin.ts";
import type { NamesState } from "../state/session-cache.ts";
import { type Candidate, discardPickles } from "./candidate.ts";
import { checkWhole } from "./check-pickle.ts";
import { type Described, describeState, leanOf, pickleState } from "./pickle-state.ts";

/** How candidates become states. */
export interface KeepOptions {
  workingDir: string;
  lock: ChangeOptions;
  /** Whether a name is taken from the state that has it. */
  replaceName?: boolean | undefined;
  /** Whether a state that the cache holds already gets the new pickle. */
  force?: boolean | undefined;
  /** Whether one that cannot be kept keeps the others from it. */
  allOrNone: boolean;
}

/** The state that a candidate has become, or turned out to be; or what kept it from that. */
export type Keeping = { state: ManifestState } | { error: unknown };

/** A pickle under its own name. */
interface Draft {
  state: Omit<ManifestState, "sessionId" | "name">;
  name: string | null;
  sessionId: number | undefined;
  origin: StateOrigin | undefined;
}

/**
 * Makes states of candidates, in one change of the manifest. Where the cache holds a state with the
 * same key and its whole pickle, that one is the answer, and the new pickle is dropped.
 * @throws where the manifest could not be changed, or with `allOrNone` where one could not be kept
 */
async function keepPickled(
  candidates: readonly Candidate[],
  options: KeepOptions,
): Promise<{ manifest: Manifest; kept: Keeping[] }> {
  const { workingDir } = options;
  const drafts: (Draft | { error: unknown })[] = [];
  try {
    await beginManifest(workingDir, options.lock);
    await draftAll(candidates, drafts, options);
    const failed = drafts.filter((draft) => "error" in draft);
    if (failed.length === drafts.length) {
      return { manifest: readManifest(workingDir), kept: failed };
    }
    await syncPickles(workingDir);
    const { manifest, result } = await updateManifest(workingDir, options.lock, (current) =>
      commitAll(current, drafts, options),
    );
    const named = new Set(manifest.states.map(({ pickleFile }) => pickleFile));
    await dropFiles(workingDir, [...filesOf(drafts), ...result.replaced], named);
    return { manifest, kept: result.kept };
  } catch (error) {
    // What keeps them from being removed, too, is less than what went wrong: they are garbage.
    await discardUncommitted(workingDir, candidates, filesOf(drafts)).catch(() => {});
    throw error;
  }
}

async function draftAll(
  candidates: readonly Candidate[],
  drafts: (Draft | { error: unknown })[],
  { allOrNone, workingDir, lock }: KeepOptions,
): Promise<void> {
  const truths = new Map<string, Promise<boolean>>();
  const isTrue = (claim: Claim): Promise<boolean> => {
    const name = canonicalJson([claim.imports, claim.inputs, claim.startedAt]);
    const known = truths.get(name) ?? isStillTrue(claim);
    truths.set(name, known);
    return known;
  };
  for (const candidate of candidates) {
    const { pickled } = candidate;
    try {
      // Of a remote, the digest is checked; and a trial would hand Lean what a stranger wrote.
      if (!pickled.fromRemote) {
        await checkWhole(pickled, await pickled.sealed, workingDir, lock.signal);
      }
      drafts.push(await draftOf(candidate, await isTrue(pickled.claim)));
    } catch (error) {
      if (allOrNone) {
        throw error;
      }
      await pickled.temporary.discard();
      drafts.push({ error });
    }
  }
}

async function draftOf({ pickled, name, sessionId }: Candidate, isTrue: boolean): Promise<Draft> {
  const { bytes, sha256, header } = await pickled.sealed;
  const known = pickled.origin;
  const origin = known && !isTrue ? inDoubt(known, LEAN_CHANGED) : known;
  const key = origin?.key ?? keyOfPickle(pickled.kind, sha256);
  const state = {
    ...pickled.facts,
    key,
    pickleFile: await pickled.temporary.keep(key),
    bytes,
    sha256,
    lean: leanOf(pickled.claim.launch, header),
    // Undefined, so that a state of a remote that is made again is no longer the remote's.
    fromRemote: pickled.fromRemote,
  };
  return { state, name, sessionId, origin };
}

/** @throws {LeanPickleError} `name-taken`, with `allOrNone` */
function commitAll(
  manifest: Manifest,
  drafts: readonly (Draft | { error: unknown })[],
  options: KeepOptions,
): { kept: Keeping[]; replaced: string[] } {
  const byKey = new Map([...manifest.states].reverse().map((state) => [state.key, state]));
  const replaced: string[] = [];
  const kept = drafts.map((draft): Keeping => {
    if ("error" in draft) {
      return draft;
    }
    try {
      return { state: commitDraft(manifest, byKey, draft, options, replaced) };
    } catch (error) {
      if (options.allOrNone || !(error instanceof LeanPickleError)) {
        throw error;
      }
      return { error };
    }
  });
  return { kept, replaced };
}

/** @param replaced takes the pickles that are no longer a state's */
function commitDraft(
  manifest: Manifest,
  byKey: Map<string, ManifestState>,
  draft: Draft,
  { workingDir, replaceName = false, force = false }: KeepOptions,
  replaced: string[],
): ManifestState {
  const { sessionId } = draft;
  if (!isPickleThere(workingDir, draft.state)) {
    throw pickleGone(workingDir, draft.state);
  }
  const twin =
    sessionId === undefined
      ? byKey.get(draft.state.key)
      : manifest.states.find((state) => state.sessionId === sessionId);
  if (sessionId !== undefined && !twin) {
    throw noSuchState(sessionId);
  }
  const holder =
    draft.name === null ? undefined : checkName(manifest, draft.name, replaceName, twin);
  let state = twin;
  if (!state) {
    state = { sessionId: manifest.nextSessionId, name: null, ...draft.state };
    manifest.nextSessionId--;
    manifest.states.push(state);
    byKey.set(state.key, state);
  } else if (force || sessionId !== undefined || !isPickleThere(workingDir, state)) {
    replaced.push(state.pickleFile);
    Object.assign(state, draft.state);
  }
  if (draft.name !== null) {
    if (holder) {
      holder.name = null;
    }
    state.name = draft.name;
  }
  if (draft.origin) {
    addTrail(manifest.recipes, draft.origin.recipes);
  }
  return state;
}

/** Whoever removes files that no state has does it under the lock, so that it shows here. */
function pickleGone(workingDir: string, state: Draft["state"]): LeanPickleError {
  const path = picklePath(workingDir, state);
  const message = `The new pickle ${path} was removed before it became a state's.`;
  return new LeanPickleError("pickle-failed", message, {
    hint: "Nothing was added. Does something clear the folder?",
  });
}

function filesOf(drafts: readonly (Draft | { error: unknown })[]): string[] {
  return drafts.flatMap((draft) => ("error" in draft ? [] : [draft.state.pickleFile]));
}

/** Removes pickles that no state names; one that cannot be removed is garbage, and does no harm. */
async function dropFiles(
  workingDir: string,
  files: readonly string[],
  named: ReadonlySet<string>,
): Promise<void> {
  for (const file of files.filter((each) => !named.has(each))) {
    await removePickle(workingDir, file).catch(() => {});
  }
}

/**
 * Removes the pickles of candidates that came to nothing. What failed may have failed after the
 * change of the manifest: then they are states.
 */
async function discardUncommitted(
  workingDir: string,
  candidates: readonly Candidate[],
  files: readonly string[],
): Promise<void> {
  await discardPickles(candidates);
  const { states } = readManifest(workingDir);
  await dropFiles(workingDir, files, new Set(states.map(({ pickleFile }) => pickleFile)));
}

/** As {@link PickleSessionCache.addAll}. */
export async function addAll(
  handle: CacheHandle,
  server: ReplConnection,
  responses: readonly NamesState[],
  { names: given, replaceName = false, force = false, ...options }: AddAllOptions,
): Promise<ManifestState[]> {
  const names = given?.map((name) => name && normalizeName(name));
  // A damaged manifest, or a name that is taken, is noticed before anything is pickled.
  handle.refresh();
  const described: Described[] = [];
  for (const response of responses) {
    described.push(await describeState(server, response, handle));
  }
  const wanted = described.flatMap(({ origin }, index) => {
    const name = names?.[index] ?? null;
    return name === null ? [] : [{ name, key: origin?.key }];
  });
  checkNames(handle.index.manifest, wanted, replaceName);
  const candidates: Candidate[] = [];
  try {
    for (const [index, each] of described.entries()) {
      const pickled = await pickleState(server, each, handle, options);
      candidates.push({ pickled, name: names?.[index] ?? null });
    }
  } catch (error) {
    await discardPickles(candidates);
    throw error;
  }
  const kept = await keep(handle, candidates, { replaceName, force, allOrNone: true });
  return kept.map((each) => {
    if ("error" in each) {
      throw each.error;
    }
    return each.state;
  });
}

/** As {@link PickleSessionCache.keep}. */
export async function keep(
  handle: CacheHandle,
  candidates: readonly Candidate[],
  options: Omit<KeepOptions, "workingDir" | "lock"> & Partial<Pick<KeepOptions, "lock">>,
): Promise<Keeping[]> {
  const { workingDir, lock } = handle;
  const { manifest, kept } = await keepPickled(candidates, { lock, ...options, workingDir });
  handle.refresh(manifest);
  for (const [index, each] of kept.entries()) {
    const pickled = candidates[index]?.pickled;
    if (pickled?.at && "state" in each) {
      const origin = originOfState(manifest.recipes, each.state);
      const { elapsedMs, lacks } = pickled.origin ?? {};
      handle.loaded.set(pickled.at.process, each.state, pickled.at.replId, {
        ...origin,
        elapsedMs,
        ...(lacks !== undefined && { lacks }),
      });
    }
  }
  return kept;
}
