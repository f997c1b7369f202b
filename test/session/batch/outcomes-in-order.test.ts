import { describe, expect, it } from "vitest";
import { BatchOutcomes } from "../../../src/session/batch/outcomes-in-order.ts";

/** Outcomes that note, by the numbers of the lines, what was told. */
function outcomes() {
  const told: (number | undefined)[] = [];
  const tested = new BatchOutcomes(({ line }) => told.push(line));
  const begin = (line: number) => tested.begin({ line, tactics: [], readCode: async () => [] });
  return { tested, told, begin };
}

const DONE = { states: [], cached: true, unknown: [], messages: [], sorries: [] };
const FAILED = { error: new Error("no") };

describe("the outcomes of a batch", () => {
  it("are told in the order of the lines, each as soon as those before are known", () => {
    const { tested, told, begin } = outcomes();
    const [first, second, third] = [begin(1), begin(2), begin(3)];
    tested.settle(second, FAILED);
    expect(told).toEqual([]);
    tested.settle(first, DONE);
    expect(told).toEqual([1, 2]);
    tested.settle(third, DONE);
    expect(told).toEqual([1, 2, 3]);
  });

  it("are waited for by key and by name, until the last line that leads there has its own", () => {
    const { tested, begin } = outcomes();
    const [first, second] = [begin(1), begin(2)];
    tested.setWaiting(first, ["key", "name"]);
    tested.setWaiting(second, ["key"]);
    tested.settle(first, DONE);
    expect([tested.isWaiting("key"), tested.isWaiting("name")]).toEqual([true, false]);
    tested.settle(second, FAILED);
    expect(tested.isWaiting("key")).toBe(false);
  });

  it("are waited for by any number of a name, while nobody knows how many states there are", () => {
    const { tested, begin } = outcomes();
    const slot = begin(1);
    tested.setWaiting(slot, ["name.*"]);
    expect([tested.isWaiting("name.7"), tested.isWaiting("name")]).toEqual([true, false]);
    tested.setWaiting(slot, ["name.0", "name.1"]);
    expect([tested.isWaiting("name.1"), tested.isWaiting("name.7")]).toEqual([true, false]);
  });
});
