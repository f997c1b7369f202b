/** Turns a failing remote off, so that it costs a bounded time. */
import type { RemoteLimits } from "./limits.ts";
import { RemoteError } from "./remote-error.ts";

/** One request, with its retries, as the breaker sees it. */
export interface Operation {
  /** One attempt failed; another one may follow. */
  attemptFailed(error: RemoteError): void;
  /** It succeeded, or it failed for good. */
  end(error?: unknown): void;
}

/**
 * Counts failures in a row, and the time spent on failures: a moment counts once, however many
 * requests waited in it. Time also counts while a request is under way after a failure, so that the
 * remote is turned off in the midst of a wait.
 */
export class CircuitBreaker {
  readonly #limits: RemoteLimits;
  readonly #onOff: (why: string) => void;
  readonly #controller = new AbortController();
  #off: RemoteError | undefined;
  #lastFailure: RemoteError | undefined;
  #failuresInRow = 0;
  #failingMs = 0;
  /** Until when time was counted. */
  #countedUntil = Number.NEGATIVE_INFINITY;
  #running = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param onOff gets a clause that says why the remote is off, once */
  constructor(limits: RemoteLimits, onOff: (why: string) => void) {
    this.#limits = limits;
    this.#onOff = onOff;
  }

  /** Is aborted when the remote is turned off. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** How long a request may wait before the time for failures is spent. */
  get remainingMs(): number {
    return Math.max(0, this.#limits.failingMs - this.#failingMs);
  }

  /**
   * Starts a request.
   * @throws {RemoteError} `off`
   */
  begin(): Operation {
    if (this.#off) {
      throw this.#off;
    }
    let since = performance.now();
    this.#running += 1;
    if (!this.#timer) {
      this.#startTimer();
    }
    const attemptFailed = (error: RemoteError) => {
      this.#count(since);
      since = performance.now();
      this.#lastFailure = error;
      if (this.remainingMs === 0) {
        this.#turnOffForTime();
      }
      this.#startTimer();
    };
    return {
      attemptFailed,
      end: (error) => {
        this.#running -= 1;
        if (error instanceof RemoteError && error.isFailure) {
          attemptFailed(error);
        }
        this.#judge(error);
        if (!this.#lastFailure || this.#running === 0) {
          this.#stopTimer();
        }
      },
    };
  }

  #judge(error: unknown): void {
    if (error !== undefined && !(error instanceof RemoteError)) {
      // It is not the remote's.
      return;
    }
    if (error?.isFinal) {
      this.#turnOff(error.message);
    } else if (error?.isFailure) {
      this.#failuresInRow += 1;
      if (this.#failuresInRow >= this.#limits.failuresInRow) {
        const count = this.#limits.failuresInRow;
        this.#turnOff(`${count} requests in a row failed, the last one because ${error.message}`);
      }
    } else {
      // The remote works, whatever it said.
      this.#failuresInRow = 0;
      this.#lastFailure = undefined;
    }
  }

  #count(since: number): void {
    const now = performance.now();
    this.#failingMs += now - Math.max(since, this.#countedUntil);
    this.#countedUntil = now;
  }

  /** It runs while a request is under way and the last one failed. */
  #startTimer(): void {
    this.#stopTimer();
    if (this.#lastFailure && this.#running > 0 && !this.#off) {
      this.#timer = setTimeout(() => this.#turnOffForTime(), this.remainingMs);
    }
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #turnOffForTime(): void {
    const seconds = `${this.#limits.failingMs / 1000} s`;
    const last = this.#lastFailure ? `, the last one because ${this.#lastFailure.message}` : "";
    this.#turnOff(`${seconds} were spent on requests that failed${last}`);
  }

  #turnOff(why: string): void {
    if (!this.#off) {
      this.#off = new RemoteError("off", `it is off for the rest of this run: ${why}`);
      this.#stopTimer();
      this.#onOff(why);
      this.#controller.abort(this.#off);
    }
  }
}
