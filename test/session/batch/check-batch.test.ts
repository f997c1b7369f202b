import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { BatchItem } from "../../../src/session/batch/batch-item.ts";
import { checkBatch } from "../../../src/session/batch/check-batch.ts";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { updateManifest } from "../../../src/store/manifest/update-manifest.ts";
import { TWO_SORRIES } from "../../support/batches.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { anyState } from "../../support/manifests.ts";
import { simulate } from "../../support/servers.ts";

type Line = Partial<Omit<BatchItem, "line" | "readCode">> & { cmd?: string };

const THEOREM = "theorem t (p : Prop) (h : p) : p := by sorry";

function items(lines: readonly Line[]): BatchItem[] {
  return lines.map(({ cmd, tactics = [], ...rest }, index) => ({
    ...rest,
    tactics,
    line: index + 1,
    readCode: async () => (cmd === undefined ? [] : [{ source: "<line>", text: cmd }]),
  }));
}

/** A cache with an environment, a proof state and the numbered states of a theorem. */
async function cacheWithStates(): Promise<PickleSessionCache> {
  const workingDir = temporaryFolder();
  await updateManifest(workingDir, {}, (manifest) => {
    manifest.nextSessionId = -4;
    manifest.states = [
      anyState(-1, { name: "base" }),
      anyState(-2, { name: "goal", isProofState: true, goals: ["⊢ True"], proofStatus: null }),
      anyState(-3, { name: "all.3", isProofState: true, goals: ["⊢ True"], proofStatus: null }),
    ];
  });
  return new PickleSessionCache(workingDir);
}

async function check(lines: readonly Line[], options = {}): Promise<string[]> {
  const cache = await cacheWithStates();
  const { launch, log } = simulate();
  const before = readdirSync(cache.workingDir, { recursive: true });
  try {
    return [...(await checkBatch(launch, cache, items(lines), options))];
  } finally {
    expect(log()).toEqual([]);
    expect(readdirSync(cache.workingDir, { recursive: true })).toEqual(before);
  }
}

describe("checkBatch", () => {
  it.each<[string, Line[]]>([
    ["code on nothing and on states of the cache", [{ cmd: "x" }, { cmd: "y", from: "base" }]],
    ["a state by its session id and by its key", [{ cmd: "x", from: "-1" }]],
    ["a state by its key", [{ cmd: "x", from: anyState(-1).key.slice(-64) }]],
    ["a tactic on a proof state of the cache", [{ tactics: ["rfl"], from: "goal" }]],
    [
      "the same line twice, name and all",
      [
        { cmd: "x", name: "a" },
        { cmd: "x", name: "a" },
      ],
    ],
    ["a cached name before an earlier line has it", [{ cmd: "x", from: "base" }]],
  ])("takes %s", async (_what, lines) => {
    expect(await check(lines)).toEqual([]);
  });

  it.each<[string, Line[], string[]]>([
    [
      "an environment",
      [
        { cmd: "x", name: "a" },
        { cmd: "y", from: "a" },
      ],
      ["a"],
    ],
    [
      "a proof state",
      [
        { cmd: THEOREM, sorry: 0, name: "g" },
        { tactics: ["rfl"], from: "g", name: "h" },
        { tactics: ["rfl"], from: "h" },
      ],
      ["g", "h"],
    ],
    [
      "one of several states",
      [
        { cmd: TWO_SORRIES, sorry: "all", name: "g" },
        { tactics: ["rfl"], from: "g.1" },
      ],
      ["g.*"],
    ],
  ])("tells the names of earlier lines that are built on: %s", async (_what, lines, names) => {
    expect(await check(lines)).toEqual(names);
  });

  it.each<[string, Line[], RegExp]>([
    ["nothing to do", [{}], /^line 1: There is nothing to do/m],
    ["a state that is not there", [{ cmd: "x", from: "no" }], /^line 1: There is no state no in/m],
    [
      "a name that only a later line gives",
      [
        { cmd: "x", from: "a" },
        { cmd: "y", name: "a" },
      ],
      /^line 1: There is no state a in the cache, and no earlier line/m,
    ],
    [
      "the name itself of what is called NAME.N",
      [
        { cmd: TWO_SORRIES, sorry: "all", name: "g" },
        { tactics: ["rfl"], from: "g" },
      ],
      /^line 2: There is no state g /m,
    ],
    [
      "a name that an earlier line has",
      [
        { cmd: "x", name: "a" },
        { cmd: "y", name: "a" },
      ],
      /^line 2: An earlier line has the name a already/m,
    ],
    [
      "a number that an earlier line may give",
      [
        { cmd: TWO_SORRIES, sorry: "all", name: "g" },
        { cmd: "x", name: "g.7" },
      ],
      /^line 2: An earlier line has the name g\.7/m,
    ],
    [
      "numbers of which an earlier line has one",
      [
        { cmd: "x", name: "g.7" },
        { cmd: TWO_SORRIES, sorry: "all", name: "g" },
      ],
      /^line 2: An earlier line has the name g already/m,
    ],
    ["a name of the cache", [{ cmd: "x", name: "base" }], /^line 1: State -1 has the name base/m],
    [
      "numbers of which the cache has one",
      [{ cmd: TWO_SORRIES, sorry: "all", name: "all" }],
      /^line 1: State -3 has the name all\.3 already/m,
    ],
    ["what looks like a key", [{ cmd: "x", name: "abcdef12" }], /^line 1: "abcdef12" cannot/m],
    ["what is no name", [{ cmd: "x", name: "1st" }], /^line 1: "1st" cannot be the name/m],
    [
      "a tactic on an environment",
      [{ tactics: ["rfl"], from: "base" }],
      /^line 1: A tactic needs/m,
    ],
    [
      "code on a proof state of an earlier line",
      [
        { cmd: THEOREM, sorry: 0, name: "g" },
        { cmd: "x", from: "g" },
      ],
      /^line 2: Code runs on an environment, and g is a proof state/m,
    ],
  ])("refuses %s, before anything runs", async (_what, lines, message) => {
    const refused = check(lines);
    await expect(refused).rejects.toMatchObject({ code: "usage" });
    await expect(refused).rejects.toThrow(message);
  });

  it("takes names that are taken where they may be replaced", async () => {
    const lines: Line[] = [
      { cmd: "x", name: "base" },
      { cmd: "y", name: "base" },
      { cmd: TWO_SORRIES, sorry: "all", name: "all" },
    ];
    expect(await check(lines, { replaceName: true })).toEqual([]);
  });

  it("tells the problems of ten lines in their order, and how many there are beside", async () => {
    const lines = Array.from({ length: 14 }, (_, n) => ({ cmd: "x", from: `no${n}` }));
    const bad = [{ line: 0, problem: "it is not JSON" }];
    const refused = check(lines, { bad });
    await expect(refused).rejects.toThrow(/^Nothing of the batch was run:\nline 0: it is not JSON/);
    await expect(refused).rejects.toThrow(/\nline 9: .*\nand 5 more$/);
  });

  it("says nothing of lines that build on a line that is wrong", async () => {
    const lines: Line[] = [
      { cmd: "x", from: "no", name: "a" },
      { cmd: "y", from: "a", name: "b" },
      { cmd: "z", from: "b" },
      { cmd: "z", from: "unread" },
      { cmd: "z", from: "nowhere" },
    ];
    const bad = [{ line: 9, problem: "it is wrong", name: "unread" }];
    const error: Error = await check(lines, { bad }).then(
      () => new Error("it was taken"),
      (reason: Error) => reason,
    );
    const numbers = error.message.match(/(?<=^line )\d+/gm);
    expect(numbers).toEqual(["1", "5", "9"]);
  });
});
