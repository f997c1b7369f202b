/** Additions to a cache of their own, made by the stand-in. */
import type { LeanIdentity } from "../../src/repl/connection.ts";
import {
  type AdditionResult,
  type AddToCacheOptions,
  addToCache,
} from "../../src/session/add/add-to-cache.ts";
import type { Addition, CodeSource } from "../../src/session/add/addition.ts";
import { findHits } from "../../src/session/add/hits.ts";
import { type AdditionPlan, planAddition } from "../../src/session/add/plan-addition.ts";
import { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import type { ManifestState } from "../../src/store/manifest/schema.ts";
import { temporaryFolder } from "./folders.ts";
import { simulate } from "./servers.ts";

/** Code as a command line gives it. */
export function code(...texts: string[]): CodeSource[] {
  return texts.map((text) => ({ source: "<code>", text }));
}

/** What is to be made, as far as it is not nothing. */
export type Asked = Partial<Addition>;

/** A cache, the stand-in, and what is known of it, which may be changed. */
export class Additions {
  cache = new PickleSessionCache(temporaryFolder());
  /** What goes into keys; takes the place of what the stand-in is. */
  lean: LeanIdentity = { inputs: { toolchain: "A", repl: "R" }, unknown: [], changedAt: 0 };
  readonly #simulated: ReturnType<typeof simulate>;

  constructor(settings: Record<string, string> = {}) {
    this.#simulated = simulate(settings);
    this.#simulated.launch.identify = () => this.identify();
  }

  /** What the launch answers where it is asked what Lean is. */
  identify: () => Promise<LeanIdentity> = async () => this.lean;

  /** The states of the cache that a plan leads to. */
  findHits(plan: AdditionPlan): ManifestState[] | undefined {
    return findHits(this.cache, plan);
  }

  /** How many processes of the stand-in were started so far. */
  get starts(): number {
    return this.#simulated.log().filter(({ event }) => event === "start").length;
  }

  async add(asked: Asked, options: AddToCacheOptions = {}): Promise<AdditionResult> {
    const addition = { code: [], tactics: [], ...asked };
    return await addToCache(this.#simulated.launch, this.cache, addition, options);
  }

  /** The only state that an addition leads to. */
  async addOne(asked: Asked, options: AddToCacheOptions = {}): Promise<ManifestState> {
    const { states } = await this.add(asked, options);
    const [state] = states;
    if (!state || states.length > 1) {
      throw new Error(`one state was wanted, and there are ${states.length}`);
    }
    return state;
  }

  async plan(asked: Asked): Promise<AdditionPlan> {
    return await planAddition(this.#simulated.launch, { code: [], tactics: [], ...asked });
  }

  /** Whether an addition is answered by the cache; it is made where it is not. */
  async isHit(asked: Asked, options: AddToCacheOptions = {}): Promise<boolean> {
    const before = this.starts;
    const { cached } = await this.add(asked, options);
    if (cached !== (this.starts === before)) {
      throw new Error(`cached: ${cached}, and ${this.starts - before} processes were started`);
    }
    return cached;
  }
}
