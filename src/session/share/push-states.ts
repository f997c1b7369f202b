/** From the states of a cache to a remote. */
import { isSystemError } from "../../errors.ts";
import { chainTo } from "../../recipe/chain.ts";
import type { Remote } from "../../remote/remote.ts";
import { RemoteError } from "../../remote/remote-error.ts";
import { picklePath } from "../../store/disk/layout.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { findDistrust } from "../../store/manifest/trust.ts";
import { findDamage } from "../../store/pickles/pickle-file.ts";
import { sentenceOf } from "../../system/system-error.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { whyNeverHit } from "../state/lean-inputs.ts";

/** How many states are sent at once. */
const UPLOADS = 8;

/**
 * The outcome of a push: `sent`; `present`, the remote had it; `skipped`, no other machine could use
 * it; or `failed`.
 */
type PushStatus = "sent" | "present" | "skipped" | "failed";

/** What a push did with one state. */
export interface Pushed {
  state: ManifestState;
  status: PushStatus;
  /** The bytes that were sent. */
  bytes: number;
  /** Why it was not sent, as a sentence. */
  message?: string;
}

/** How states are sent. */
export interface PushOptions {
  /** Whether what the remote has is replaced. */
  force?: boolean | undefined;
  /** Called with each state, in order, as soon as it and all before it are done. */
  onPushed?: ((pushed: Pushed) => void) | undefined;
}

/** Sends states while other work goes on, a few at a time. A state that fails costs no other. */
export class StatePusher {
  readonly #cache: PickleSessionCache;
  readonly #remote: Remote;
  readonly #options: PushOptions;
  readonly #states: ManifestState[] = [];
  #next = 0;
  readonly #running = new Set<Promise<void>>();
  /** In the order of the states, with gaps. */
  readonly #pushed: Pushed[] = [];
  #reported = 0;
  #fault: { error: unknown } | undefined;

  constructor(cache: PickleSessionCache, remote: Remote, options: PushOptions = {}) {
    this.#cache = cache;
    this.#remote = remote;
    this.#options = options;
  }

  /** Begins to send states. */
  add(states: readonly ManifestState[]): void {
    this.#states.push(...states);
    this.#sendNext();
  }

  /**
   * Waits until all states are sent, or failed.
   * @throws the reason of the remote's signal
   */
  async finish(): Promise<Pushed[]> {
    while (this.#running.size > 0) {
      await Promise.all(this.#running);
    }
    if (this.#fault) {
      throw this.#fault.error;
    }
    return this.#pushed;
  }

  #sendNext(): void {
    while (this.#running.size < UPLOADS && !this.#fault) {
      const at = this.#next;
      const state = this.#states[at];
      if (!state) {
        return;
      }
      this.#next++;
      const sending = this.#send(state)
        .then(
          (pushed) => {
            this.#pushed[at] = pushed;
            this.#report();
          },
          (error: unknown) => {
            this.#fault ??= { error };
          },
        )
        .finally(() => {
          this.#running.delete(sending);
          this.#sendNext();
        });
      this.#running.add(sending);
    }
  }

  #report(): void {
    for (let next = this.#pushed[this.#reported]; next; next = this.#pushed[this.#reported]) {
      this.#reported++;
      this.#options.onPushed?.(next);
    }
  }

  async #send(state: ManifestState): Promise<Pushed> {
    const { workingDir, trust } = this.#cache;
    const recipe = chainTo(this.#cache.manifest.recipes, state.key);
    const why = recipe ? whySkipped(state, recipe) : "Its recipe is not known.";
    if (!recipe || why) {
      return { state, status: "skipped", bytes: 0, message: why ?? "" };
    }
    const problem =
      (trust ? undefined : findDistrust(workingDir, state)) ??
      (await findDamage(workingDir, state));
    if (problem) {
      return { state, status: "failed", bytes: 0, message: problem };
    }
    const steps = recipe.map(([key, { base: _base, ...step }]) => ({ ...step, key }));
    const path = picklePath(workingDir, state);
    try {
      const { force = false } = this.#options;
      const { sent, bytes } = await this.#remote.push({ state, steps }, path, { force });
      return { state, status: sent ? "sent" : "present", bytes };
    } catch (error) {
      if (error instanceof RemoteError || isSystemError(error)) {
        return { state, status: "failed", bytes: 0, message: sentenceOf(error) };
      }
      throw error;
    }
  }
}

/** Why no other machine could use a state, as a sentence. */
function whySkipped(
  { fromRemote }: ManifestState,
  recipe: NonNullable<ReturnType<typeof chainTo<{ base: string | null; inputs: object }>>>,
): string | undefined {
  if (fromRemote === "unsigned") {
    return "Its pickle comes from a remote, and is not signed.";
  }
  for (const [, { inputs }] of recipe) {
    const why = whyNeverHit(inputs as Record<string, unknown>);
    if (why !== undefined) {
      return `It will never be a cache hit: ${why}.`;
    }
  }
  return undefined;
}
