/** Additions: code, a sorry and tactics on a state or on nothing. */
import { LeanPickleError } from "../../errors.ts";
import type { LeanMessage } from "../../repl/protocol.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";

/** Code, and where it came from: a file's name, `<code>`, `<stdin>`. */
export interface CodeSource {
  source: string;
  text: string;
}

/** A state to add. */
export interface Addition {
  /** The state that it is built on. */
  base?: ManifestState | undefined;
  /** Run in this order. */
  code: readonly CodeSource[];
  /**
   * Which sorry, from 0, of the last code, or on a proof state of the last tactic. With code and
   * tactics, the only one there is by default.
   */
  sorry?: number | "all" | undefined;
  /** Run in this order. */
  tactics: readonly string[];
  /** Whether the state is stored even if Lean finds errors in its code. */
  allowErrors?: boolean | undefined;
}

/** An addition as far as it is checked before Lean runs: its base need not exist yet. */
type CheckedAddition = Omit<Addition, "base"> & {
  base?:
    | (Pick<ManifestState, "name" | "isProofState"> & { sessionId?: number | undefined })
    | undefined;
};

/** A message of Lean, and the code that it is about. */
export type SourcedMessage = LeanMessage & { source: string };

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
    if (tactics.length === 0) {
      throw usage(
        `--sorry takes a sorry of a tactic there: give the tactic with -t. ${reference} is a proof state.`,
      );
    }
  } else if (code.length === 0) {
    const on = base ? `${base.name ?? base.sessionId} is an environment` : "there is no --from";
    throw usage(`${sorry === undefined ? "A tactic" : "--sorry"} needs a proof state, and ${on}.`);
  }
}

function usage(message: string): LeanPickleError {
  return new LeanPickleError("usage", message);
}
