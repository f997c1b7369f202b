import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { CircuitBreaker } from "../../src/remote/circuit-breaker.ts";
import { REMOTE_LIMITS } from "../../src/remote/limits.ts";
import { RemoteError } from "../../src/remote/remote-error.ts";

const failure = new RemoteError("status", "it answered 503", { status: 503 });

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
});

function breaker() {
  const reasons: string[] = [];
  const made = new CircuitBreaker(REMOTE_LIMITS, (why) => reasons.push(why));
  return { breaker: made, reasons };
}

/** A request that takes a while and fails. */
function fail(made: CircuitBreaker, ms: number): void {
  const operation = made.begin();
  vi.advanceTimersByTime(ms);
  operation.end(failure);
}

describe("CircuitBreaker", () => {
  it("opens after three failures in a row, once", () => {
    const { breaker: made, reasons } = breaker();
    const late = made.begin();
    fail(made, 1);
    fail(made, 1);
    made.begin().end();
    fail(made, 1);
    fail(made, 1);
    expect(made.signal.aborted).toBe(false);
    fail(made, 1);
    expect(made.signal.aborted).toBe(true);
    late.end(failure);
    expect(reasons).toEqual(["3 requests in a row failed, the last one because it answered 503"]);
    expect(() => made.begin()).toThrow(/it is off for the rest of this run/);
  });

  it.each(["forbidden", "misfit"] as const)("takes %s for an answer", (kind) => {
    const { breaker: made } = breaker();
    for (let at = 0; at < 5; at++) {
      fail(made, 1);
      fail(made, 1);
      made.begin().end(new RemoteError(kind, "x"));
    }
    expect(made.signal.aborted).toBe(false);
  });

  it("opens at once for what cannot pass", () => {
    const { breaker: made, reasons } = breaker();
    made.begin().end(new RemoteError("no-bucket", "its bucket does not exist"));
    expect(reasons).toEqual(["its bucket does not exist"]);
  });

  it("opens after 15 s of failures in all, whatever succeeds in between", () => {
    const { breaker: made, reasons } = breaker();
    fail(made, 9_000);
    vi.advanceTimersByTime(60_000);
    made.begin().end();
    expect(made.remainingMs).toBe(6_000);
    fail(made, 6_000);
    expect(reasons).toEqual([
      "15 s were spent on requests that failed, the last one because it answered 503",
    ]);
  });

  it("counts a moment once, however many requests wait in it", () => {
    const { breaker: made } = breaker();
    const [a, b] = [made.begin(), made.begin()];
    vi.advanceTimersByTime(4_000);
    a.end(failure);
    vi.advanceTimersByTime(1_000);
    b.end(failure);
    expect(made.remainingMs).toBe(10_000);
  });

  it("opens in the midst of a wait", () => {
    const { breaker: made, reasons } = breaker();
    const [a, b] = [made.begin(), made.begin()];
    vi.advanceTimersByTime(10_000);
    a.end(failure);
    vi.advanceTimersByTime(4_999);
    expect(made.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(made.signal.aborted).toBe(true);
    b.end(made.signal.reason);
    expect(reasons).toHaveLength(1);
  });

  it("counts no time while nothing is under way", () => {
    const { breaker: made } = breaker();
    fail(made, 1_000);
    vi.advanceTimersByTime(100_000);
    expect(made.signal.aborted).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
