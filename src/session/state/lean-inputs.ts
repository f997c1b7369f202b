/** The inputs of keys besides the recipe, from the REPL's launch. */
import { randomBytes } from "node:crypto";
import { canonicalJson, type KeyInputs } from "../../recipe/key.ts";
import type { LeanIdentity, ReplConnection, ReplLaunch } from "../../repl/connection.ts";

/**
 * The identity of Lean for states that import these modules, read from the files as they are now.
 */
export async function identifyLean(
  launch: ReplLaunch,
  imports: readonly string[] | null,
): Promise<LeanIdentity> {
  const { identify, toolchain = null } = launch;
  return identify
    ? await identify(imports)
    : { inputs: { toolchain }, unknown: ["what the REPL is"], changedAt: 0 };
}

/** Why it is not known what a state stands on, if its inputs changed. */
export const LEAN_CHANGED = "Lean changed while it was made";

/**
 * The inputs of a key that nothing else will ever have.
 * @param why what is not known, as a clause
 */
export function neverTheSame(inputs: KeyInputs, why: string): KeyInputs {
  return { ...inputs, unknown: `${why} (${randomBytes(8).toString("hex")})` };
}

/** Why states with these inputs are never hits, as a clause; undefined if they can be. */
export function whyNeverHit({ unknown }: KeyInputs): string | undefined {
  return typeof unknown === "string" ? unknown.replace(/ ?\(?[0-9a-f]{16}\)?$/, "") : undefined;
}

/**
 * What goes into the keys of states that a process makes. It is asked once for each process and
 * imports, and again before the states are kept: what Lean has read is what the files held all the
 * time, or else it is not known what the states stand on.
 */
export class ProcessInputs {
  readonly #asked = new WeakMap<object, Map<string, Promise<KeyInputs>>>();

  /**
   * Notes what Lean was before a process did anything: what it reads later is compared with that.
   * What was noted first counts.
   */
  note(
    { process }: ReplConnection,
    imports: readonly string[] | null,
    { inputs, unknown }: Pick<LeanIdentity, "inputs" | "unknown">,
  ): void {
    const byImports = this.#of(process);
    const name = canonicalJson(imports);
    if (!byImports.has(name)) {
      byImports.set(
        name,
        Promise.resolve(unknown.length > 0 ? neverTheSame(inputs, unknown.join("; ")) : inputs),
      );
    }
  }

  /** The inputs for a state of the process that is alive. */
  async of(server: ReplConnection, imports: readonly string[] | null): Promise<KeyInputs> {
    const { process, launch } = server;
    const byImports = this.#of(process);
    const name = canonicalJson(imports);
    const asked =
      byImports.get(name) ??
      identifyLean(launch, imports).then(({ inputs, unknown }) =>
        unknown.length > 0 ? neverTheSame(inputs, unknown.join("; ")) : inputs,
      );
    byImports.set(name, asked);
    return await asked;
  }

  #of(process: object): Map<string, Promise<KeyInputs>> {
    const byImports = this.#asked.get(process) ?? new Map<string, Promise<KeyInputs>>();
    this.#asked.set(process, byImports);
    return byImports;
  }
}

/** What has to be still so for the inputs of a state to be true. */
export interface Claim {
  launch: ReplLaunch;
  imports: readonly string[] | null;
  inputs: KeyInputs;
  /** When the process that made the state was started, in milliseconds since the epoch. */
  startedAt: number;
}

/** Whether nothing that decides what states mean has changed since their process was started. */
export async function isStillTrue({ launch, imports, inputs, startedAt }: Claim): Promise<boolean> {
  if ("unknown" in inputs) {
    return true;
  }
  const now = await identifyLean(launch, imports);
  return now.changedAt <= startedAt && canonicalJson(now.inputs) === canonicalJson(inputs);
}
