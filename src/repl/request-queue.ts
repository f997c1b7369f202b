import {
  checkTimeout,
  DEFAULT_TIMEOUT_S,
  type LeanServerOptions,
  type RunOptions,
} from "./connection.ts";
import type { ReplEndDetails } from "./errors.ts";
import { encodeRequest } from "./framing.ts";
import type { ReplAnswer, ReplRequest } from "./protocol.ts";
import { checkRequest, type RequestKind } from "./protocol-check.ts";

/**
 * How many requests may be with the REPL at once. A few are enough for it never to have to wait for
 * the next one; and what is with it cannot be taken back.
 */
export const MAX_SENT = 16;

/** A request that can be sent, and how. */
export interface CheckedRequest {
  /** What is sent: a copy, which nobody changes while it waits or when it is long answered. */
  request: ReplRequest;
  line: string;
  kind: RequestKind;
  /** Seconds. */
  timeout: number;
  verbose: boolean;
  /** Whether it may be sent before those before it are answered. */
  pipelined: boolean;
}

/** A request that was not answered yet. */
export interface Pending extends CheckedRequest {
  /** When the REPL could begin with it, by `runningMs()`; undefined before that. */
  begunAt: number | undefined;
  resolve(answer: ReplAnswer): void;
  reject(error: unknown): void;
}

/**
 * Checks a request, and with what options it is to be run.
 * @throws {LeanPickleError} `bad-request`
 */
export function checkRun(
  request: ReplRequest,
  options: RunOptions,
  defaults: LeanServerOptions,
): CheckedRequest {
  const line = encodeRequest(request);
  const sent = JSON.parse(line) as ReplRequest;
  return {
    request: sent,
    line,
    kind: checkRequest(sent),
    timeout: checkTimeout(options.timeout ?? defaults.timeout ?? DEFAULT_TIMEOUT_S),
    verbose: options.verbose ?? defaults.verbose ?? false,
    // With a limit, the memory is looked at between any two requests.
    pipelined: options.pipelined === true && defaults.memoryLimit === undefined,
  };
}

/** Makes the error for one of the requests that a process left unanswered. */
export type EndReason = (details: ReplEndDetails) => unknown;

/** The requests of a process that were not answered yet, in the order in which they were made. */
export class RequestQueue {
  readonly #sent: Pending[] = [];
  readonly #waiting: Pending[] = [];

  /** The request that the next answer is to: the first one that was sent and not answered. */
  get current(): Pending | undefined {
    return this.#sent[0];
  }

  /** Takes in a request, which is sent after all that it has. */
  add(pending: Pending): void {
    this.#waiting.push(pending);
  }

  /** The request to send now, which is sent from here on; undefined where there is none. */
  takeNext(): Pending | undefined {
    const next = this.#waiting[0];
    const maySend =
      this.#sent.length === 0 || (next?.pipelined === true && this.#sent.length < MAX_SENT);
    if (!next || !maySend) {
      return undefined;
    }
    this.#waiting.shift();
    this.#sent.push(next);
    return next;
  }

  /** Notes that the {@link current} request was answered. */
  finishCurrent(): void {
    this.#sent.shift();
  }

  /** Takes out all of them, with where each one stood: the REPL began with the first at most. */
  takeAll(): { pending: Pending; turn: ReplEndDetails["turn"] }[] {
    const { current } = this;
    const begun = current?.begunAt !== undefined ? "run" : "next";
    const left = [...this.#sent.splice(0), ...this.#waiting.splice(0)];
    return left.map((pending) => ({ pending, turn: pending === current ? begun : "waiting" }));
  }
}
