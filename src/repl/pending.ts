import type { ReplEndDetails } from "./errors.ts";
import type { ReplAnswer, ReplRequest } from "./protocol.ts";
import type { RequestKind } from "./protocol-check.ts";

/** A request that was not answered yet. */
export interface Pending {
  /** What is sent: a copy, which nobody changes while it waits or when it is long answered. */
  request: ReplRequest;
  line: string;
  kind: RequestKind;
  /** Seconds. */
  timeout: number;
  verbose: boolean;
  sentAt: number;
  resolve(answer: ReplAnswer): void;
  reject(error: unknown): void;
}

/** Makes the error for one of the requests that a process left unanswered. */
export type EndReason = (details: ReplEndDetails) => unknown;
