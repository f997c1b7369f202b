/** From a state in a REPL to a pickle that is nobody's yet. */
import { setImmediate } from "node:timers/promises";
import { LeanPickleError } from "../../errors.ts";
import { canonicalJson } from "../../recipe/key.ts";
import type { StateKind } from "../../recipe/steps.ts";
import type {
  LeanServerOptions,
  ReplConnection,
  ReplLaunch,
  RunOptions,
} from "../../repl/connection.ts";
import { ReplDiedError } from "../../repl/errors.ts";
import type { IdKind, ReplId } from "../../repl/id-history.ts";
import { isErrorAnswer, type ProofStepAnswer, type ReplAnswer } from "../../repl/protocol.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { type PickleFacts, TemporaryPickle } from "../../store/pickles/pickle-file.ts";
import {
  type Claim,
  LEAN_CHANGED,
  neverTheSame,
  type ProcessInputs,
  whyNeverHit,
} from "../state/lean-inputs.ts";
import type { LoadedStates } from "../state/loaded-states.ts";
import { inDoubt, type StateOrigin } from "../state/origin.ts";
import type { NamesState } from "../state/session-cache.ts";
import { findProvenance, originFrom } from "./provenance.ts";

/** What is known of a state before its pickle was read back. */
type EarlyFacts = Pick<
  ManifestState,
  "isProofState" | "createdAt" | "elapsedMs" | "imports" | "goals" | "proofStatus"
>;

/** A pickle that is in no manifest yet: a REPL has made it, or it comes from a remote. */
export interface Pickled extends Omit<Described, "subject"> {
  temporary: TemporaryPickle;
  /** What the pickle is, once it is whole on the disk. */
  sealed: Promise<PickleFacts>;
  kind: StateKind;
  facts: EarlyFacts;
  /** The process that has the state, and its id there; undefined if it comes from a remote. */
  at?: { process: object; replId: number };
  /** How the REPL works that has made it. */
  serverOptions?: LeanServerOptions | undefined;
  /** Of a pickle that comes from a remote: whether a trusted key has signed it. */
  fromRemote?: ManifestState["fromRemote"];
}

/** What pickling needs to know. */
export interface PicklingContext {
  workingDir: string;
  loaded: LoadedStates;
  inputs: ProcessInputs;
}

/** A state in a REPL, and what is known of it before it is pickled. */
export interface Described {
  subject: ReplId;
  /** What its key says of Lean, and what that takes to be true. */
  claim: Claim;
  /** How it came to be; undefined if that is not known. */
  origin: StateOrigin | undefined;
}

/**
 * Tells what is known of the state that a response names.
 * @throws {LeanPickleError} `bad-request` where no state is named
 */
export async function describeState(
  server: ReplConnection,
  response: NamesState,
  { loaded, inputs }: PicklingContext,
): Promise<Described> {
  const subject = subjectOf(response);
  const { startedAt, launch } = server;
  const planned = loaded.originOf(server, subject);
  if (planned) {
    // Its key was computed before Lean ran: it holds if Lean was then what it was for the process.
    const { imports, inputs: own = {} } = planned;
    const noted = await inputs.of(server, imports);
    const isAsNoted = "unknown" in own || canonicalJson(noted) === canonicalJson(own);
    const origin = isAsNoted ? planned : inDoubt(planned, whyNeverHit(noted) ?? LEAN_CHANGED);
    return { subject, origin, claim: { launch, imports, inputs: origin.inputs ?? own, startedAt } };
  }
  const provenance = findProvenance(server, subject, (of) => loaded.originOf(server, of));
  const imports = provenance?.imports ?? null;
  const known = await inputs.of(server, imports);
  const isLossy = provenance?.base?.lacks !== undefined && !("unknown" in known);
  const own = isLossy ? neverTheSame(known, "its base was restored by its pickle") : known;
  const claim = { launch, imports, inputs: own, startedAt };
  return { subject, claim, origin: provenance && originFrom(provenance, own) };
}

/**
 * Has the REPL pickle a state. The pickle is read back and synced while the REPL goes on. Whoever
 * asked for it has to keep or to discard it.
 * @throws what the REPL dies of
 */
export async function pickleState(
  server: ReplConnection,
  described: Described,
  { workingDir, loaded }: PicklingContext,
  options: RunOptions,
): Promise<Pickled> {
  const { subject, claim, origin } = described;
  const { process } = server;
  const isProofState = subject.kind === "proofState";
  const temporary = await TemporaryPickle.create(workingDir);
  try {
    const answer = await pickleTo(server, subject, temporary.path, options);
    // Not before what waits to be sent to the REPL is sent: it works meanwhile.
    const sealed = setImmediate().then(() => temporary.seal());
    // Whoever keeps it waits for it; until then, a failure is nobody's.
    sealed.catch(() => {});
    if (origin) {
      // What is built on it in the same process needs not wait until it is committed.
      loaded.setOrigin(process, subject, origin);
    }
    return {
      ...described,
      temporary,
      sealed,
      kind: isProofState ? "proof-state" : "environment",
      facts: {
        isProofState,
        createdAt: new Date().toISOString(),
        elapsedMs: Math.round(origin?.elapsedMs ?? 0),
        imports: claim.imports === null ? null : [...claim.imports],
        ...(isProofState && {
          goals: (answer as ProofStepAnswer).goals,
          proofStatus: (answer as ProofStepAnswer).proofStatus ?? null,
        }),
      },
      at: { process, replId: subject.id },
      serverOptions: server.options,
    };
  } catch (error) {
    await temporary.discard();
    throw error;
  }
}

/** What the manifest says of the Lean that wrote a pickle. */
export function leanOf(
  { toolchain = null }: ReplLaunch,
  header: PickleFacts["header"],
): ManifestState["lean"] {
  const { leanVersion: version = null, gitHash = null } = header ?? {};
  return { toolchain, version, gitHash };
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
