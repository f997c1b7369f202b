/** From a state in a REPL to an entry of the manifest. */
import { LeanPickleError } from "../errors.ts";
import { keyOfPickle } from "../recipe/key.ts";
import type { ReplConnection } from "../repl/connection.ts";
import { ReplDiedError } from "../repl/errors.ts";
import type { ReplId } from "../repl/makings.ts";
import { isErrorAnswer, type ProofStepAnswer, type ReplAnswer } from "../repl/protocol.ts";
import type { LockOptions } from "../store/lock.ts";
import type { Manifest, ManifestState, RecipeEntry } from "../store/manifest.ts";
import { readManifest } from "../store/manifest-file.ts";
import { updateManifest } from "../store/manifest-update.ts";
import { removePickle, TemporaryPickle } from "../store/pickles.ts";
import { checkName } from "./names.ts";
import type { AddOptions } from "./pickle-session-state.ts";
import { elapsedMs, findProvenance, type KnownBase, writeRecipes } from "./provenance.ts";

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
  /** The manifest as it is known before the change. */
  manifest: Manifest;
  /** The state of the cache that is loaded under an id of the REPL. */
  findBase(of: ReplId): KnownBase | undefined;
}

/** What was added: the states, the ids that they have in the REPL, and the manifest with them. */
export interface Added {
  manifest: Manifest;
  added: { state: ManifestState; replId: number }[];
}

/**
 * Pickles the states that several responses name, and adds all of them in one change of the
 * manifest, or none.
 */
export async function addStates(
  server: ReplConnection,
  responses: readonly ReplAnswer[],
  { names, replaceName = false, ...options }: AddOptions,
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
    const added = subjects.flatMap(({ id }, index) => {
      const state = result[index];
      return state ? [{ state, replId: id }] : [];
    });
    return { manifest, added };
  } catch (error) {
    // What keeps them from being removed, too, is less than what went wrong: they are garbage.
    await discardDrafts(context.workingDir, drafts).catch(() => {});
    throw error;
  }
}

/**
 * The state that a response names.
 * @throws {LeanPickleError} `bad-request` where it names none
 */
function subjectOf(response: ReplAnswer): ReplId {
  if (isErrorAnswer(response)) {
    const message = "The response names neither an environment nor a proof state to add.";
    throw new LeanPickleError("bad-request", message);
  }
  // As in the REPL's own answers: one that names a proof state is about that.
  return "proofState" in response
    ? { kind: "proofState", id: Number(response.proofState) }
    : { kind: "env", id: Number(response.env) };
}

/** Has the REPL pickle a state, and makes the pickle the cache's. */
async function pickleDraft(
  server: ReplConnection,
  subject: ReplId,
  name: string | null,
  context: AddingContext,
  options: { timeout?: number | undefined; verbose?: boolean | undefined },
): Promise<Draft> {
  const temporary = await TemporaryPickle.create(context.workingDir);
  try {
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
    const base = recipesOf(context.manifest, provenance?.base ?? null);
    return { state, recipes: { ...base, ...written?.recipes } };
  } finally {
    await temporary.discard();
  }
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
    manifest.recipes = { ...manifest.recipes, ...recipes };
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
  options: { timeout?: number | undefined; verbose?: boolean | undefined },
): Promise<ReplAnswer> {
  const answer = await askToPickle();
  if (isErrorAnswer(answer)) {
    throw new LeanPickleError("pickle-failed", `The REPL did not pickle it: ${answer.message}`);
  }
  return answer;

  async function askToPickle(): Promise<ReplAnswer> {
    const request =
      kind === "env" ? { pickleTo: path, env: id } : { pickleTo: path, proofState: id };
    try {
      return await server.run(request, options);
    } catch (error) {
      if (error instanceof ReplDiedError && /closures cannot be compacted/i.test(error.stderr)) {
        throw new LeanPickleError(
          "pickle-failed",
          `Lean cannot pickle this state. ${error.message}`,
          {
            hint: "It holds a closure, which Lean's pickles cannot: leanprover-community/repl#81.",
            cause: error,
          },
        );
      }
      throw error;
    }
  }
}

/** The recipes that lead to a key. */
function recipesOf({ recipes }: Manifest, key: string | null): Record<string, RecipeEntry> {
  const chain: Record<string, RecipeEntry> = {};
  for (let at = key; at !== null && !(at in chain); ) {
    const entry: RecipeEntry | undefined = Object.hasOwn(recipes, at) ? recipes[at] : undefined;
    if (!entry) {
      break;
    }
    chain[at] = entry;
    at = entry.base;
  }
  return chain;
}
