/** From a state in a REPL to an entry of the manifest. */
import { LeanPickleError } from "../errors.ts";
import { keyOfPickle } from "../recipe/key.ts";
import type { ReplConnection, RunOptions } from "../repl/connection.ts";
import { ReplDiedError } from "../repl/errors.ts";
import type { IdKind, ReplId } from "../repl/makings.ts";
import { isErrorAnswer, type ProofStepAnswer, type ReplAnswer } from "../repl/protocol.ts";
import type { LockOptions } from "../store/lock.ts";
import type { Manifest, ManifestState, RecipeEntry } from "../store/manifest.ts";
import { readManifest } from "../store/manifest-file.ts";
import { updateManifest } from "../store/manifest-update.ts";
import { removePickle, TemporaryPickle } from "../store/pickles.ts";
import type { KnownBase } from "./loaded-states.ts";
import { checkName } from "./names.ts";
import type { AddAllOptions } from "./pickle-session-state.ts";
import { elapsedMs, findProvenance, writeRecipes } from "./provenance.ts";
import type { NamesState } from "./session-cache.ts";

/** A state that has its pickle, and is in no manifest yet. */
interface Draft {
  state: Omit<ManifestState, "sessionId">;
  /** The recipes that lead to it, with those of its base. */
  recipes: Record<string, RecipeEntry>;
}

/** The cache that states are added to. */
export interface AddingContext {
  workingDir: string;
  lock: LockOptions;
  /** The state of the cache that is loaded under an id of the REPL. */
  findBase(of: ReplId): KnownBase | undefined;
}

/** What was added: the states, the ids that they have in the REPL, and the manifest with them. */
export interface Added {
  manifest: Manifest;
  added: { state: ManifestState; replId: number; recipes: Record<string, RecipeEntry> }[];
}

/**
 * Pickles the states that several responses name, and adds all of them in one change of the
 * manifest, or none.
 */
export async function addStates(
  server: ReplConnection,
  responses: readonly NamesState[],
  { names, replaceName = false, ...options }: AddAllOptions,
  context: AddingContext,
): Promise<Added> {
  const subjects = responses.map(subjectOf);
  const drafts: Draft[] = [];
  try {
    for (const [index, subject] of subjects.entries()) {
      drafts.push(await pickleDraft(server, subject, names?.[index] ?? null, context, options));
    }
    const { manifest, result } = await updateManifest(context.workingDir, context.lock, (current) =>
      commitDrafts(current, drafts, replaceName),
    );
    const added = result.map((state, index) => ({
      state,
      replId: subjects[index]?.id ?? 0,
      recipes: drafts[index]?.recipes ?? {},
    }));
    return { manifest, added };
  } catch (error) {
    // What keeps them from being removed, too, is less than what went wrong: they are garbage.
    await discardDrafts(context.workingDir, drafts).catch(() => {});
    throw error;
  }
}

/**
 * The state that a response names.
 * @throws {LeanPickleError} `bad-request` where it names none, or one that is in a cache already
 */
function subjectOf(response: NamesState): ReplId {
  // As in the REPL's own answers: one that names a proof state is about that.
  const kind = "proofState" in response ? "proofState" : "env";
  const id = (response as Record<IdKind, unknown>)[kind];
  if (typeof id !== "number" || !Number.isInteger(id)) {
    const message = "The response names neither an environment nor a proof state to add.";
    throw new LeanPickleError("bad-request", message);
  }
  if (id < 0) {
    const message = `${kind} ${id} is a session id: that state is in a cache already.`;
    throw new LeanPickleError("bad-request", message);
  }
  return { kind, id };
}

/** Has the REPL pickle a state, and makes the pickle the cache's. */
async function pickleDraft(
  server: ReplConnection,
  subject: ReplId,
  name: string | null,
  context: AddingContext,
  options: RunOptions,
): Promise<Draft> {
  return await TemporaryPickle.with(context.workingDir, async (temporary) => {
    const answer = await pickleTo(server, subject, temporary.path, options);
    const { bytes, sha256, header } = await temporary.seal();
    const toolchain = server.launch.toolchain ?? null;
    const provenance = findProvenance(server, subject, context.findBase);
    const written = provenance && writeRecipes(provenance, { toolchain });
    const kind = subject.kind === "env" ? "environment" : "proof-state";
    const key = written?.key ?? keyOfPickle(kind, sha256);
    const state: Draft["state"] = {
      name,
      isProofState: subject.kind === "proofState",
      key,
      pickleFile: await temporary.keep(key),
      bytes,
      sha256,
      createdAt: new Date().toISOString(),
      elapsedMs: Math.round(elapsedMs(server, subject)),
      lean: {
        toolchain,
        version: header?.leanVersion ?? null,
        gitHash: header?.gitHash ?? null,
      },
      imports: provenance?.imports ?? null,
      ...(subject.kind === "proofState" && {
        goals: (answer as ProofStepAnswer).goals,
        proofStatus: (answer as ProofStepAnswer).proofStatus ?? null,
      }),
    };
    return { state, recipes: written?.recipes ?? {} };
  });
}

/**
 * Adds drafts to a manifest and returns them as the states that they are now.
 * @throws {LeanPickleError} `name-taken`
 */
function commitDrafts(
  manifest: Manifest,
  drafts: readonly Draft[],
  replaceName: boolean,
): ManifestState[] {
  return drafts.map(({ state, recipes }) => {
    if (state.name !== null) {
      const holder = checkName(manifest, state.name, replaceName);
      if (holder) {
        holder.name = null;
      }
    }
    const added: ManifestState = { sessionId: manifest.nextSessionId, ...state };
    manifest.nextSessionId--;
    manifest.states.push(added);
    Object.assign(manifest.recipes, recipes);
    return added;
  });
}

/**
 * Removes the pickles of drafts that came to nothing. What failed may have failed after the change
 * of the manifest: then they are states.
 */
async function discardDrafts(workingDir: string, drafts: readonly Draft[]): Promise<void> {
  if (drafts.length === 0) {
    return;
  }
  const { states } = readManifest(workingDir);
  const kept = new Set(states.map(({ pickleFile }) => pickleFile));
  for (const { state } of drafts) {
    if (!kept.has(state.pickleFile)) {
      await removePickle(workingDir, state.pickleFile);
    }
  }
}

async function pickleTo(
  server: ReplConnection,
  { kind, id }: ReplId,
  path: string,
  options: RunOptions,
): Promise<ReplAnswer> {
  const request = kind === "env" ? { pickleTo: path, env: id } : { pickleTo: path, proofState: id };
  const answer = await server.run(request, options).catch((error: unknown) => {
    throw explainClosures(error);
  });
  if (isErrorAnswer(answer)) {
    throw new LeanPickleError("pickle-failed", `The REPL did not pickle it: ${answer.message}`);
  }
  return answer;
}

/** What a person is told where Lean died of a state that it cannot pickle. */
function explainClosures(error: unknown): unknown {
  if (error instanceof ReplDiedError && /closures cannot be compacted/i.test(error.stderr)) {
    const message = `Lean cannot pickle this state. ${error.message}`;
    return new LeanPickleError("pickle-failed", message, {
      hint: "It holds a closure, which Lean's pickles cannot: leanprover-community/repl#81.",
      cause: error,
    });
  }
  return error;
}
