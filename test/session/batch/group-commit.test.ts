import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { LeanPickleError } from "../../../src/errors.ts";
import { GroupCommit, type KeptTogether } from "../../../src/session/batch/group-commit.ts";
import type { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import type { Candidate } from "../../../src/session/save/candidate.ts";
import type { Keeping } from "../../../src/session/save/commit.ts";
import { readManifest } from "../../../src/store/manifest/read-manifest.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { anyState } from "../../support/manifests.ts";

type Keep = (candidates: readonly Candidate[]) => Promise<Keeping[]>;

/** A pickle of which no more is known than its name, and whether it was discarded. */
function candidate(name: string, sealed: Promise<unknown> = Promise.resolve()) {
  const discard = vi.fn(async () => {});
  const pickled = { sealed, temporary: { discard } };
  return { name, pickled, discard } as unknown as Candidate & { discard: typeof discard };
}

/** A writer on a cache that keeps as it is told, the names of each group, and what was settled. */
function writer(keep?: Keep, workingDir = temporaryFolder()) {
  const groups: (string | null)[][] = [];
  const settled: [string, KeptTogether][] = [];
  const keepAll: Keep = async (candidates) =>
    candidates.map(({ name }) => ({ state: anyState(-1, { name }), recipes: { steps: {} } }));
  const cache = {
    workingDir,
    handle: { lock: {} },
    keep: async (candidates: readonly Candidate[]) => {
      groups.push(candidates.map(({ name }) => name));
      return await (keep ?? keepAll)(candidates);
    },
  } as unknown as PickleSessionCache;
  const tested = new GroupCommit(cache, {});
  const add = async (candidates: Candidate[]) => {
    const line = candidates.map(({ name }) => name).join("+");
    await tested.add(candidates, (kept) => settled.push([line, kept]));
  };
  return { writer: tested, add, groups, settled };
}

function many(count: number, prefix = "n"): ReturnType<typeof candidate>[] {
  return Array.from({ length: count }, (_, n) => candidate(`${prefix}${n}`));
}

describe("GroupCommit", () => {
  it("keeps in one group what came one by one, and settles it in that order", async () => {
    const { writer: tested, add, groups, settled } = writer();
    for (const each of many(5)) {
      await add([each]);
    }
    expect([groups, settled]).toEqual([[], []]);
    await tested.flush();
    expect(groups).toEqual([["n0", "n1", "n2", "n3", "n4"]]);
    expect(settled.map(([line]) => line)).toEqual(["n0", "n1", "n2", "n3", "n4"]);
    await tested.close();
    expect(groups).toHaveLength(1);
  });

  it("begins a group as soon as it is large enough, and the next when that is kept", async () => {
    const { writer: tested, add, groups } = writer();
    const all = many(200);
    for (const each of all) {
      await add([each]);
    }
    await vi.waitFor(() => expect(groups.length).toBeGreaterThan(0));
    await tested.close();
    expect(groups.length).toBeGreaterThan(1);
    expect(groups.flat()).toEqual(all.map(({ name }) => name));
  });

  it("keeps what waits after a while, also where nothing else comes", async () => {
    const { add, groups, settled } = writer();
    await add([candidate("n")]);
    await vi.waitFor(() => expect(settled).toHaveLength(1), 10_000);
    expect(groups).toEqual([["n"]]);
  });

  it("keeps one group at a time", async () => {
    let running = 0;
    const { writer: tested, add } = writer(async (candidates) => {
      running++;
      expect(running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return candidates.map(() => ({ state: anyState(-1), recipes: { steps: {} } }));
    });
    for (const each of many(300)) {
      await add([each]);
    }
    await tested.close();
  });

  it("settles a line with several states once, when all of them are kept", async () => {
    const { writer: tested, add, settled } = writer();
    await add(many(3));
    await tested.flush();
    expect(settled).toMatchObject([
      ["n0+n1+n2", { states: [{ name: "n0" }, { name: "n1" }, { name: "n2" }] }],
    ]);
    await tested.close();
  });

  it("settles a line with the error of one of its states, and the others as they are", async () => {
    const error = new LeanPickleError("name-taken", "It is taken.");
    const {
      writer: tested,
      add,
      settled,
    } = writer(async (candidates) =>
      candidates.map(({ name }) =>
        name === "b1" ? { error } : { state: anyState(-1, { name }), recipes: { steps: {} } },
      ),
    );
    await add(many(2, "a"));
    await add(many(2, "b"));
    await add(many(1, "c"));
    await tested.close();
    expect(settled).toMatchObject([
      ["a0+a1", { states: [{}, {}] }],
      ["b0+b1", { error }],
      ["c0", { states: [{}] }],
    ]);
  });

  it("makes the manifest of a new cache while Lean goes on, before anything is kept", async () => {
    const folder = temporaryFolder();
    const { writer: tested, add, groups } = writer(undefined, folder);
    await add([candidate("first")]);
    await vi.waitFor(() => expect(readManifest(folder).revision).toBe(1));
    expect(groups).toEqual([]);
    await tested.close();
  });

  it("discards a group for which no manifest could be made, and tells of that", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const { writer: tested, add, groups } = writer(undefined, file);
    const first = candidate("first");
    await add([first]);
    await expect(tested.flush()).rejects.toThrow(file);
    expect([groups, first.discard.mock.calls.length]).toEqual([[], 1]);
  });

  it("fails for good where a group cannot be kept, and discards what still waits", async () => {
    const full = Object.assign(new Error("no space"), { code: "ENOSPC", syscall: "write" });
    const {
      writer: tested,
      add,
      groups,
      settled,
    } = writer(async () => {
      throw full;
    });
    const [first, second] = many(2);
    await add(first ? [first] : []);
    await expect(tested.flush()).rejects.toBe(full);
    await expect(add(second ? [second] : [])).rejects.toBe(full);
    await expect(tested.flush()).rejects.toBe(full);
    await expect(tested.close()).rejects.toBe(full);
    expect([groups, settled]).toEqual([[["n0"]], []]);
    expect(second?.discard).toHaveBeenCalledOnce();
  });

  it("ends with the failure also where as much waits as may", async () => {
    let fail: (error: Error) => void = () => {};
    const stuck = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    stuck.catch(() => {});
    const { writer: tested, add, groups } = writer(() => stuck);
    const waiting = many(700);
    const adding = (async () => {
      for (const each of waiting) {
        await add([each]);
        if (each.name === "n500") {
          setImmediate(() => fail(new Error("the lock is held")));
        }
      }
    })();
    await expect(adding).rejects.toThrow("the lock is held");
    await expect(tested.close()).rejects.toThrow("the lock is held");
    const grouped = new Set(groups.flat());
    const left = waiting.filter(({ name }) => !grouped.has(name));
    expect(left.filter(({ discard }) => discard.mock.calls.length > 0).length).toBeGreaterThan(400);
  });

  it("has Lean wait where too many pickles are not on the disk yet", async () => {
    let seal: (facts: unknown) => void = () => {};
    const sealed = new Promise((resolve) => {
      seal = resolve;
    });
    const { writer: tested, add } = writer();
    await add([candidate("slow", sealed)]);
    for (const each of many(30)) {
      await add([each]);
    }
    let isTaken = false;
    const adding = add([candidate("one more")]).then(() => {
      isTaken = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isTaken).toBe(false);
    seal({});
    await adding;
    await tested.close();
  });
});
