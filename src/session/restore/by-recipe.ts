import { LeanPickleError } from "../../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import { ReplEndedError } from "../../repl/errors.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { AutoLeanServer } from "../auto-lean-server.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { MAX_COMMANDS } from "../recycled-server.ts";
import type { Pickled } from "../save/pickle-state.ts";
import { ImportLimit } from "./import-limit.ts";
import { type KeyedStep, NOTHING, type Reached, Replayer } from "./replaying.ts";

/** Makes states from their recipes, in one REPL at a time: what they share is made once. */
export class Remaker {
  readonly #cache: PickleSessionCache;
  readonly #options: LeanServerOptions;
  readonly #server: AutoLeanServer;
  readonly #limit: ImportLimit;
  readonly #replayer: Replayer;

  constructor(launch: ReplLaunch, cache: PickleSessionCache, options: LeanServerOptions) {
    this.#cache = cache;
    this.#options = options;
    this.#server = new AutoLeanServer(launch, { ...options, sessionCache: cache });
    this.#limit = new ImportLimit(this.#server);
    this.#replayer = new Replayer(this.#server, options);
  }

  /**
   * Makes what a recipe leads to, and has it pickled. Where a REPL fails that had done other work
   * before, that may have been the cause: then it is made once more, in a new one.
   * @param unusable the session ids of states that cannot be loaded
   * @throws {LeanPickleError} where it cannot be made any more
   */
  async make(recipe: readonly KeyedStep[], unusable: ReadonlySet<number>): Promise<Pickled> {
    if (this.#replayer.stepsTaken >= MAX_COMMANDS) {
      await this.#server.restart();
    }
    const wasUsed = this.#server.isAlive;
    try {
      return await this.#makeOnce(recipe, unusable);
    } catch (error) {
      if (!wasUsed || !mayBeOfOthers(error) || this.#options.signal?.aborted) {
        throw error;
      }
      await this.#server.restart();
      return await this.#makeOnce(recipe, unusable);
    }
  }

  /** Ends the REPL. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  async #makeOnce(recipe: readonly KeyedStep[], unusable: ReadonlySet<number>): Promise<Pickled> {
    const from = await this.#findStart(recipe, unusable);
    const made = await this.#replayer.replay(recipe, from).catch(async (error: unknown) => {
      // An unpickled definition has no code that could be run, which the recipe may need.
      if (from === NOTHING || !isLeanError(error)) {
        throw error;
      }
      await this.#limit.begin();
      return await this.#replayer.replay(recipe, NOTHING);
    });
    return await this.#cache.pickle(this.#server, made, this.#options);
  }

  /** What is nearest to the end of a recipe, of what is in the process or can be loaded into it. */
  async #findStart(recipe: readonly KeyedStep[], unusable: ReadonlySet<number>): Promise<Reached> {
    for (let steps = recipe.length; steps > 0; steps--) {
      const reached =
        this.#replayer.find(recipe, steps) ?? (await this.#load(recipe, steps, unusable));
      if (reached) {
        return reached;
      }
    }
    await this.#limit.begin();
    return NOTHING;
  }

  /** The state of the cache that the first `steps` of a recipe lead to, where it is whole. */
  async #load(
    recipe: readonly KeyedStep[],
    steps: number,
    unusable: ReadonlySet<number>,
  ): Promise<Reached | undefined> {
    const [, next] = recipe[steps] ?? [];
    const base = this.#cache.lookUp(recipe[steps - 1]?.[0] ?? "")?.entry;
    // A sorry is taken of an answer, which a state that was loaded no longer has.
    if (!base || !next || "sorry" in next.step || unusable.has(base.sessionId)) {
      return undefined;
    }
    const id = await this.#loadIfWhole(base);
    const at = base.isProofState ? { proofState: id ?? 0 } : { env: id ?? 0 };
    return id === undefined ? undefined : { steps, at, sorries: [] };
  }

  async #loadIfWhole({ sessionId }: ManifestState): Promise<number | undefined> {
    if (this.#cache.getReplId(sessionId, this.#server) === undefined) {
      await this.#limit.begin();
    }
    try {
      return await this.#cache.load(sessionId, this.#server, this.#options.timeout);
    } catch (error) {
      const isGone = ["not-loaded", "untrusted", "no-such-state", "timeout"];
      if (error instanceof LeanPickleError && isGone.includes(error.code)) {
        return undefined;
      }
      throw error;
    }
  }
}

function isLeanError(error: unknown): boolean {
  return error instanceof LeanPickleError && error.code === "lean-error";
}

/** Whether an error may be due to what the process did before; what hangs has had its time. */
function mayBeOfOthers(error: unknown): boolean {
  const isStale = error instanceof LeanPickleError && error.code === "stale-id";
  return isStale || (error instanceof ReplEndedError && error.code !== "timeout");
}
