import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkRun, MAX_SENT, type Pending, RequestQueue } from "../../src/repl/request-queue.ts";

function pendingOf(cmd: string, pipelined: boolean, memoryLimit?: number): Pending {
  const checked = checkRun({ cmd }, { pipelined }, { memoryLimit });
  return { ...checked, begunAt: 0, resolve() {}, reject() {} };
}

/** Takes all that may be sent now. */
function takeAllNow(queue: RequestQueue): Pending[] {
  const taken: Pending[] = [];
  for (let next = queue.takeNext(); next; next = queue.takeNext()) {
    taken.push(next);
  }
  return taken;
}

describe("RequestQueue", () => {
  it("sends in order, ahead of answers only what may be, and never more than a few", () => {
    const kinds = fc.array(fc.boolean(), { maxLength: 60 });
    fc.assert(
      fc.property(kinds, (pipelined) => {
        const queue = new RequestQueue();
        const all = pipelined.map((each, n) => pendingOf(`${n}`, each));
        for (const each of all) {
          queue.add(each);
        }
        const sent: Pending[] = [];
        for (const answered of all.keys()) {
          const now = takeAllNow(queue);
          const ahead = sent.length > answered ? now : now.slice(1);
          expect(ahead.every((each) => each.pipelined)).toBe(true);
          sent.push(...now);
          expect(sent.length).toBeGreaterThan(answered);
          expect(sent.length - answered).toBeLessThanOrEqual(MAX_SENT);
          expect(queue.current).toBe(all[answered]);
          queue.finishCurrent();
        }
        expect(sent).toEqual(all);
        expect(queue.current).toBeUndefined();
      }),
    );
  });

  it("sends nothing ahead where the memory is to be looked at between the requests", () => {
    const queue = new RequestQueue();
    queue.add(pendingOf("a", true, 1000));
    queue.add(pendingOf("b", true, 1000));
    expect(takeAllNow(queue)).toHaveLength(1);
  });

  it("says of those that are left which one the process may have ended for", () => {
    const queue = new RequestQueue();
    for (let n = 0; n < MAX_SENT + 2; n++) {
      queue.add(pendingOf(`${n}`, true));
    }
    const [first] = takeAllNow(queue);
    Object.assign(first ?? {}, { begunAt: 1 });
    const turns = queue.takeAll().map(({ turn }) => turn);
    expect(turns).toEqual(["run", ...Array(MAX_SENT + 1).fill("waiting")]);
    expect(queue.takeAll()).toEqual([]);
  });
});
