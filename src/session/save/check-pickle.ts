/** Whether a new pickle is whole. Lean writes cut-off pickles on a full disk without an error. */
import { LeanPickleError } from "../../errors.ts";
import { canonicalJson } from "../../recipe/key.ts";
import type { ReplLaunch } from "../../repl/connection.ts";
import { ReplEndedError } from "../../repl/errors.ts";
import { LeanServer } from "../../repl/lean-server.ts";
import { isErrorAnswer } from "../../repl/protocol.ts";
import { readManifest } from "../../store/manifest/read-manifest.ts";
import type { PickleLook } from "../../store/pickles/pickle-end.ts";
import { type PickleFacts, readPickleFacts } from "../../store/pickles/pickle-file.ts";
import { leanOf, type Pickled } from "./pickle-state.ts";

/** The looks that are usual for the REPL of a launch: it has loaded a pickle that looks so. */
const usualLooks = new WeakMap<ReplLaunch, Set<PickleLook>>();

/**
 * Checks that a new pickle is whole. What does not look whole is loaded once, in a REPL of its own,
 * and is whole if that works: a format that is not known is no damage.
 * @throws {LeanPickleError} `pickle-failed`
 */
export async function checkWhole(
  pickled: Pickled,
  facts: PickleFacts,
  workingDir: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { look } = facts;
  if (look === "no-content") {
    throw incomplete(pickled, facts, "it has no content");
  }
  if (look === "whole" || (await isUsual(pickled, facts, workingDir))) {
    return;
  }
  await tryToLoad(pickled, facts, signal);
  if (look !== "no-root") {
    noteUsual(pickled, look);
  }
}

function noteUsual({ claim: { launch } }: Pickled, look: PickleLook): void {
  usualLooks.set(launch, (usualLooks.get(launch) ?? new Set()).add(look));
}

/** Whether the REPL is known to write pickles that look like this one: the cache holds such a one. */
async function isUsual(
  pickled: Pickled,
  { look, magic, header }: PickleFacts,
  workingDir: string,
): Promise<boolean> {
  const { launch } = pickled.claim;
  if (usualLooks.get(launch)?.has(look)) {
    return true;
  }
  const lean = canonicalJson(leanOf(launch, header));
  const another = readManifest(workingDir).states.findLast(
    (state) => !state.fromRemote && canonicalJson(state.lean) === lean,
  );
  const facts = another && (await readPickleFacts(workingDir, another));
  const isSame = facts?.look === look && facts.magic === magic;
  if (isSame) {
    noteUsual(pickled, look);
  }
  return isSame;
}

async function tryToLoad(
  pickled: Pickled,
  facts: PickleFacts,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { kind, temporary, claim, serverOptions } = pickled;
  const server = new LeanServer(claim.launch, { ...serverOptions, signal });
  const { path } = temporary;
  const request =
    kind === "environment" ? { unpickleEnvFrom: path } : { unpickleProofStateFrom: path };
  try {
    const answer = await server.run(request);
    if (isErrorAnswer(answer)) {
      throw incomplete(pickled, facts, `a REPL refused to load it: ${answer.message}`);
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ReplEndedError
      ? incomplete(pickled, facts, `the REPL ${error.what} when it loaded it`, error)
      : error;
  } finally {
    await server.close();
  }
}

function incomplete(
  { temporary }: Pickled,
  { bytes }: PickleFacts,
  why: string,
  cause?: unknown,
): LeanPickleError {
  const message = `Lean's pickle of the state is incomplete, with ${bytes} bytes (is the disk full?): ${why}.`;
  return new LeanPickleError("pickle-failed", message, {
    hint: `The state was not added. Free disk space where ${temporary.folder} is, and add it again.`,
    ...(cause !== undefined && { cause }),
  });
}
