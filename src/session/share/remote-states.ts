/** The states of a remote, on their way into a cache. */
import { keyOfStep } from "../../recipe/key.ts";
import type { Remote } from "../../remote/remote.ts";
import type { RemoteState } from "../../remote/state-file.ts";
import type { ReplLaunch } from "../../repl/connection.ts";
import type { RecipeEntry } from "../../store/manifest/schema.ts";
import { TemporaryPickle } from "../../store/pickles/pickle-file.ts";
import { countStates, hadErrors } from "../add/hits.ts";
import type { AdditionPlan } from "../add/plan-addition.ts";
import { type Candidate, discardPickles } from "../save/candidate.ts";

/** How many look-ups run at once, ahead of Lean. */
const LOOK_UPS = 16;

/** How many answers may wait until somebody asks for them: each holds a recipe. */
const MOST_WAITING = 64;

/** A state that the remote has, and its recipe as a manifest holds it. */
interface Found {
  remote: RemoteState;
  recipes: Record<string, RecipeEntry>;
}

/** Looks states up in a remote, and downloads their pickles into the folder of a cache. */
export class RemoteStates {
  readonly remote: Remote;
  readonly #workingDir: string;
  readonly #launch: ReplLaunch;
  /** The keys that will be asked for, in that order. */
  readonly #ahead: string[] = [];
  readonly #found = new Map<string, Promise<RemoteState | undefined>>();
  #running = 0;
  /** What Lean is may not have changed since, for all states alike. */
  readonly #startedAt = Date.now();

  constructor(remote: Remote, workingDir: string, launch: ReplLaunch) {
    this.remote = remote;
    this.#workingDir = workingDir;
    this.#launch = launch;
  }

  /** Begins to look up keys that will be asked for soon, a few at a time. */
  lookAhead(keys: readonly string[]): void {
    this.#ahead.push(...keys);
    this.#lookUpNext();
  }

  /** Whether the remote has all states that an addition leads to. Nothing is downloaded. */
  async has(plan: AdditionPlan): Promise<boolean> {
    return (await this.#findAll(plan)) !== undefined;
  }

  /**
   * Fetches the states that an addition leads to: all of them, or none. What fails is a miss.
   * @returns what can be committed; undefined if the remote does not have them, or if Lean would
   *   have refused what is asked for
   * @throws the reason of the remote's signal
   */
  async take(plan: AdditionPlan): Promise<Candidate[] | undefined> {
    const all = await this.#findAll(plan);
    const candidates: Candidate[] = [];
    try {
      for (const found of all ?? []) {
        const candidate = await this.#fetch(found, plan);
        if (!candidate) {
          await discardPickles(candidates);
          return undefined;
        }
        candidates.push(candidate);
      }
    } catch (error) {
      await discardPickles(candidates);
      throw error;
    }
    return all && candidates;
  }

  async #findAll(plan: AdditionPlan): Promise<Found[] | undefined> {
    const first = plan.unknown.length > 0 ? undefined : await this.#find(plan.keyAt(0));
    const count = first && countStates(plan, first.recipes);
    if (!first || count === undefined) {
      return undefined;
    }
    const all = [first];
    for (let index = 1; index < count; index++) {
      const found = await this.#find(plan.keyAt(index));
      if (!found) {
        return undefined;
      }
      all.push(found);
    }
    const isRefused = ({ remote, recipes }: Found) =>
      !plan.asked.allowErrors && hadErrors(recipes, remote.state.key, plan.base);
    return all.some(isRefused) ? undefined : all;
  }

  async #find(key: string): Promise<Found | undefined> {
    const known = this.#found.get(key);
    this.#found.delete(key);
    const waiting = this.#ahead.indexOf(key);
    if (waiting !== -1) {
      this.#ahead.splice(waiting, 1);
    }
    const found = await (known ?? this.remote.find(key));
    this.#lookUpNext();
    return found && { remote: found, recipes: recipesOf(found) };
  }

  #lookUpNext(): void {
    while (this.#running < LOOK_UPS && this.#found.size < MOST_WAITING) {
      const key = this.#ahead.shift();
      if (key === undefined) {
        return;
      }
      this.#running++;
      const found = this.remote.find(key).finally(() => {
        this.#running--;
        this.#lookUpNext();
      });
      // Whoever asks for the key gets the error; if nobody does, the work was interrupted.
      found.catch(() => {});
      this.#found.set(key, found);
    }
  }

  async #fetch({ remote, recipes }: Found, plan: AdditionPlan): Promise<Candidate | undefined> {
    const { state, isSigned } = remote;
    const temporary = await TemporaryPickle.create(this.#workingDir);
    try {
      if (!(await this.remote.fetchPickle(remote, temporary.path))) {
        await temporary.discard();
        return undefined;
      }
    } catch (error) {
      await temporary.discard();
      throw error;
    }
    const sealed = temporary.seal();
    // Whoever commits it waits for it; until then, a failure is nobody's.
    sealed.catch(() => {});
    const { inputs, imports } = plan;
    const { isProofState, createdAt, goals = [], proofStatus = null } = state;
    const elapsedMs = Math.round(state.elapsedMs);
    const pickled = {
      temporary,
      sealed,
      kind: isProofState ? ("proof-state" as const) : ("environment" as const),
      facts: {
        isProofState,
        createdAt,
        elapsedMs,
        imports,
        ...(isProofState && { goals, proofStatus }),
      },
      fromRemote: isSigned ? ("signed" as const) : ("unsigned" as const),
      claim: { launch: this.#launch, imports, inputs, startedAt: this.#startedAt },
      origin: { key: state.key, imports, inputs, recipes: { steps: recipes }, elapsedMs },
    };
    return { pickled, name: null };
  }
}

/** The recipe of a state. Its steps were checked to lead to its key. */
function recipesOf({ steps }: RemoteState): Record<string, RecipeEntry> {
  const recipes: Record<string, RecipeEntry> = {};
  let base: string | null = null;
  for (const { key: _key, ...rest } of steps) {
    const { step, inputs } = rest;
    const kind = "cmd" in step ? ("environment" as const) : ("proof-state" as const);
    const key = keyOfStep({ kind, base, step, inputs });
    recipes[key] = { base, ...rest };
    base = key;
  }
  return recipes;
}
