/** How long a remote may take, and how large what it sends may be. */
import { setMaxListeners } from "node:events";
import { RemoteError } from "./remote-error.ts";

/** The limits of the conversation with a remote. Times are in milliseconds. */
export interface RemoteLimits {
  /** For a connection to stand, encrypted where it is to be. */
  connectMs: number;
  /** For a request, its retries included, to make progress. */
  stallMs: number;
  /** As many bytes of a body count as progress. */
  progressBytes: number;
  /** How often a request is sent at most. */
  attempts: number;
  /** The longest pause before the second attempt; it doubles with each one. */
  retryMs: number;
  /** So many failures in a row turn the remote off. */
  failuresInRow: number;
  /** So much time spent on failures turns the remote off. */
  failingMs: number;
  /** The largest file of a state that is read, in bytes. */
  stateBytes: number;
  /** The largest pickle that is read, in bytes. */
  pickleBytes: number;
}

/** The limits that hold unless a test sets others. */
export const REMOTE_LIMITS: RemoteLimits = {
  connectMs: 2_000,
  stallMs: 10_000,
  progressBytes: 2 ** 14,
  attempts: 3,
  retryMs: 200,
  failuresInRow: 3,
  failingMs: 15_000,
  stateBytes: 2 ** 24,
  pickleBytes: 2 ** 33,
};

/** Ends a request that makes no progress, or that somebody else wants to end. */
export class ProgressWatch {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #progressBytes: number;
  readonly #parents: readonly AbortSignal[];
  readonly #onParent = (event: Event) =>
    this.#controller.abort((event.target as AbortSignal).reason);
  #bytes = 0;

  /** @param parents the signals that end the request too, with their own reasons */
  constructor(
    stallMs: number,
    progressBytes: number,
    parents: readonly (AbortSignal | undefined)[],
  ) {
    this.#progressBytes = progressBytes;
    this.#parents = parents.filter((parent) => parent !== undefined);
    // As many requests as there are side by side listen to one signal.
    setMaxListeners(0, ...this.#parents);
    for (const parent of this.#parents) {
      if (parent.aborted) {
        this.#controller.abort(parent.reason);
      }
      parent.addEventListener("abort", this.#onParent, { once: true });
    }
    this.#timer = setTimeout(() => {
      const seconds = `${Math.round(stallMs / 100) / 10} s`;
      const message = `it made no progress for ${seconds}`;
      this.#controller.abort(new RemoteError("slow", message));
    }, stallMs);
  }

  /** Is aborted when the request is to end; its reason says why. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Counts bytes of a body. A trickle is no progress. */
  progress(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= this.#progressBytes) {
      this.#bytes = 0;
      this.#timer.refresh();
    }
  }

  /** Stops watching. */
  close(): void {
    clearTimeout(this.#timer);
    for (const parent of this.#parents) {
      parent.removeEventListener("abort", this.#onParent);
    }
  }
}
