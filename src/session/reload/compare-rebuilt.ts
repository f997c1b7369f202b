/** Whether pickles that are to take the place of others hold what they should. */
import { LeanPickleError } from "../../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import type { ManifestState, RecipeEntry } from "../../store/manifest/schema.ts";
import { AutoLeanServer } from "../auto-lean-server.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { unpickle } from "../restore/by-pickle.ts";
import { headerOf } from "../restore/group-by-imports.ts";
import { ImportLimit } from "../restore/import-limit.ts";
import { SharedBase } from "../restore/shared-imports.ts";
import { findChange, viewOf } from "../restore/verdict.ts";
import { leanOf, type Pickled } from "../save/pickle-state.ts";
import type { Verdict } from "../state/session-cache.ts";

/** Loads new pickles into a REPL that has not made them; those with the same imports share these. */
export class NewPickleCheck {
  readonly #launch: ReplLaunch;
  readonly #cache: PickleSessionCache;
  readonly #options: LeanServerOptions;
  readonly #server: AutoLeanServer;
  readonly #limit: ImportLimit;
  readonly #bases = new Map<string | null, SharedBase>();

  constructor(launch: ReplLaunch, cache: PickleSessionCache, options: LeanServerOptions) {
    this.#launch = launch;
    this.#cache = cache;
    this.#options = options;
    this.#server = new AutoLeanServer(launch, { ...options, sessionCache: cache });
    this.#limit = new ImportLimit(this.#server);
  }

  /**
   * Checks the new pickle of a state.
   * @param root the first step of the state's recipe
   * @returns how the proof state differs from what it was, where it may: undefined where it does not
   * @throws {LeanPickleError} where it is not to be the state's
   */
  async check(
    state: ManifestState,
    verdict: Verdict,
    root: RecipeEntry | undefined,
    pickled: Pickled,
  ): Promise<Pick<Verdict, "found" | "expected"> | undefined> {
    const made = await this.#entryOf(state, pickled);
    const change = findChange(viewOf(state), viewOf(made));
    if (change !== undefined && !mayChange(state, verdict, pickled)) {
      throw notAsItWas("Made again, it has other goals than it had.");
    }
    const base = this.#baseFor(made.isProofState ? headerOf(root, made.imports) : null);
    const unpickled = await unpickle(this.#server, this.#cache, made, this.#options, base);
    if (unpickled.status !== "loaded") {
      throw notAsItWas(`Its new pickle does not come back either. ${unpickled.message}`);
    }
    return change === undefined ? undefined : { found: viewOf(made), expected: viewOf(state) };
  }

  /** Ends the REPL. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  /** The state as the manifest would have it, with the pickle where it is now. */
  async #entryOf(
    state: ManifestState,
    { temporary, sealed, facts }: Pickled,
  ): Promise<ManifestState> {
    const { bytes, sha256, header } = await sealed;
    const lean = leanOf(this.#launch, header);
    return { ...state, ...facts, pickleFile: temporary.path, bytes, sha256, lean };
  }

  #baseFor(header: string | null): SharedBase {
    const { timeout, verbose } = this.#options;
    const base =
      this.#bases.get(header) ?? new SharedBase(header, { timeout, verbose }, this.#limit);
    this.#bases.set(header, base);
    return base;
  }
}

/**
 * Whether a state may have other goals than when it was added: where it stands on something else
 * now, or where its whole pickle came back with the very same ones.
 */
function mayChange(state: ManifestState, { found }: Verdict, { base, facts }: Pickled): boolean {
  const isSameKey = base?.key === state.key;
  return !isSameKey || (found !== undefined && findChange(found, viewOf(facts)) === undefined);
}

function notAsItWas(why: string): LeanPickleError {
  return new LeanPickleError("not-loaded", why);
}
