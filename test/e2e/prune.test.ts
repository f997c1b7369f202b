import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { jsonLines, namedLines } from "../support/batches.ts";
import { addLines } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { run, start, succeed } from "../support/program.ts";
import { changedBetween, snapshot } from "../support/snapshots.ts";
import { flipBit, idsIn, makeOld, readManifest, storedStates } from "../support/stored-states.ts";

const DAY = 86_400;

/** A cache with garbage, the old part of which goes. */
function withGarbage() {
  const { folder: cwd, states } = storedStates([
    { unusedFor: 40 * DAY },
    { unusedFor: 20 * DAY },
    { unusedFor: 1 * DAY },
  ]);
  const leave = (name: string, age: number) => {
    const path = join(cwd, "session_cache", name);
    writeFileSync(path, "x".repeat(1000));
    makeOld(path, age);
    return path;
  };
  const old = [
    leave(`${"c".repeat(64)}.0123abcd.olean`, 2 * DAY),
    leave("tmp/0123456789abcdef", DAY),
  ];
  const kept = [leave("tmp/fedcba9876543210.olean", 60), leave("theirs.txt", 2 * DAY)];
  const pathOf = (at: number) => join(cwd, states[at]?.pickleFile ?? "");
  return { cwd, states, old, kept, pathOf };
}

describe("prune", () => {
  it("removes, without a rule, only garbage that no running process can be about to need", async () => {
    const { cwd, old, kept } = withGarbage();
    const log = join(temporaryFolder(), "repl.log");
    const { code, stdout, stderr } = await run(["prune"], { cwd, repl: { LOG: log } });
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("Removed 2 files that no state needs, 2.0 kB.");
    expect(stderr).toContain("Kept 1 file, 1.0 kB, that no state needs: what is younger than 1h");
    expect(old.map(existsSync)).toEqual([false, false]);
    expect(kept.map(existsSync)).toEqual([true, true]);
    expect(idsIn(cwd)).toEqual([-1, -2, -3]);
    expect(existsSync(log)).toBe(false);
    const again = await run(["prune"], { cwd });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining("nothing to remove")]);
  });

  it("lists with --dry-run exactly what it then does, with sizes, and changes nothing by it", async () => {
    const { cwd, states, old, pathOf } = withGarbage();
    flipBit(pathOf(2), 7);
    const rules = ["--older-than", "30d", "--damaged"];
    const before = snapshot(cwd);
    const table = await run(["prune", ...rules, "--dry-run"], { cwd });
    const document = JSON.parse(await succeed(["prune", ...rules, "--dry-run", "--json"], { cwd }));
    expect(changedBetween(before, snapshot(cwd))).toEqual({ written: [], touched: [] });
    const [title, ...rows] = table.stdout.trimEnd().split("\n");
    expect(title).toMatch(/^ID +NAME +SIZE +USED +WHY +FILE$/);
    expect(rows).toEqual([
      expect.stringMatching(/^-1 +- +90 B +40d +not used +session_cache\//),
      expect.stringMatching(/^-3 +- +90 B +\d+s +damaged +session_cache\//),
      expect.stringMatching(/^ - +- +1.0 kB +2d +garbage: pickle +session_cache\/c/),
      expect.stringMatching(
        /^ - +- +1.0 kB +1d +garbage: temporary-manifest +session_cache\/tmp\//,
      ),
    ]);
    expect(table.stderr).toContain(
      "Would remove 2 states and 2 files that no state needs, 2.2 kB.",
    );
    expect(document).toMatchObject({
      wouldRemove: [-1, -3],
      states: [
        { sessionId: -1, bytes: 90, reasons: ["unused"] },
        { sessionId: -3, bytes: 90, reasons: ["damaged"] },
      ],
      garbage: old.map((path) => ({ path, bytes: 1000 })),
      bytes: 2180,
    });
    const { stdout, stderr } = await run(["prune", ...rules, "--json"], { cwd });
    expect([JSON.parse(stdout), stderr]).toEqual([
      { removed: [-1, -3], garbage: expect.any(Array), kept: [], leftOver: [], bytes: 2180 },
      "",
    ]);
    expect(JSON.parse(stdout).garbage.sort()).toEqual([...old].sort());
    expect(idsIn(cwd)).toEqual([-2]);
    expect(existsSync(join(cwd, states[0]?.pickleFile ?? ""))).toBe(false);
  });

  it("prints the ids of what goes, and by which rule it went can be told before", async () => {
    const { cwd } = withGarbage();
    const { stdout, stderr } = await run(["prune", "--max-size", "100B"], { cwd });
    expect(stdout).toBe("-1\n-2\n");
    expect(stderr).toContain("Removed 2 states and 2 files that no state needs, 2.2 kB.");
    const { stdout: rest } = await run(["prune", "--older-than", "12h", "-q"], { cwd });
    expect([rest, idsIn(cwd)]).toEqual(["-3\n", []]);
  });

  it("takes what was built on a state before the state, whichever was used last", async () => {
    const cwd = temporaryFolder();
    addLines(cwd, [
      { cmd: "def f := 1", name: "base" },
      { from: "base", cmd: "def g := 2", name: "middle" },
      { from: "middle", cmd: "def h := 3" },
      { cmd: "def other := 1" },
    ]);
    const { states } = readManifest(cwd);
    for (const [at, { pickleFile }] of states.entries()) {
      makeOld(join(cwd, pickleFile), (40 - 10 * at) * DAY);
    }
    const prune = async (size: string, ...flags: string[]) =>
      JSON.parse(await succeed(["prune", "--max-size", size, "--json", ...flags], { cwd }));
    expect((await prune("20kB", "--dry-run")).wouldRemove).toEqual([-2, -3]);
    expect((await prune("10kB", "--dry-run")).wouldRemove).toEqual([-1, -2, -3]);
    const removed = [];
    for (const size of ["40kB", "30kB", "20kB", "10kB", "0"]) {
      removed.push((await prune(size)).removed);
    }
    expect(removed).toEqual([[], [-3], [-2], [-1], [-4]]);
    expect(idsIn(cwd)).toEqual([]);
  });

  it("removes the states of a Lean, and says which there are where none is of it", async () => {
    const lean = {
      toolchain: "leanprover/lean4:v4.9.0",
      version: "4.33.0",
      gitHash: "a".repeat(40),
    };
    const { folder: cwd } = storedStates([{}, { changes: { lean } }]);
    const none = await run(["prune", "--toolchain", "v4.10.0"], { cwd });
    expect([none.code, none.stdout]).toEqual([0, ""]);
    expect(none.stderr).toContain(
      "No state is of v4.10.0; there are states of 4.33.0, leanprover/lean4:v4.9.0.",
    );
    expect(await succeed(["prune", "--toolchain", "v4.9.0"], { cwd })).toBe("-2");
  });

  it.each([
    [["--older-than", "30"], /No unit is given/],
    [["--older-than", "soon"], /such as 30d or 12h/],
    [["--max-size", "5XB"], /"XB" is no unit of size/],
    [["--max-size", "-5GB"], /such as 5GB or 500MiB/],
    [["-1"], /too many arguments/],
  ])("refuses %j as a usage error", async (args, message) => {
    const { code, stdout, stderr } = await run(["prune", ...args], { cwd: temporaryFolder() });
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(message)]);
  });

  it("leaves a damaged manifest and every pickle alone", async () => {
    const { cwd } = withGarbage();
    writeFileSync(join(cwd, "lean-pickle.json"), "junk");
    const before = snapshot(cwd);
    expect((await run(["prune", "--damaged", "--max-size", "0"], { cwd })).code).toBe(6);
    rmSync(join(cwd, "lean-pickle.json"));
    expect((await run(["prune", "--damaged", "--max-size", "0"], { cwd })).code).toBe(6);
    const { written } = changedBetween(before, snapshot(cwd));
    expect(written).toEqual(["lean-pickle.json"]);
  });

  it("removes thousands of states in one change of the manifest", async () => {
    const { folder: cwd, states } = storedStates(
      Array.from({ length: 4_000 }, (_, at) => ({ unusedFor: 60 * at })),
    );
    const half = states.slice(0, 2000).reduce((sum, { bytes }) => sum + bytes, 0);
    const { code, stdout, stderr } = await run(["prune", "--max-size", `${half}`], { cwd });
    expect([code, stdout.trimEnd().split("\n").length]).toEqual([0, 2000]);
    expect(stderr).toContain("Removed 2000 states");
    const manifest = readManifest(cwd);
    expect(manifest.revision).toBe(4);
    // The first ones were used last.
    expect(manifest.states.map(({ sessionId }) => sessionId)).toEqual(
      states.slice(0, 2000).map(({ sessionId }) => sessionId),
    );
    expect((await run(["verify"], { cwd })).code).toBe(0);
  });

  it("fails no other process that works in the cache, and leaves it in order", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "batch.jsonl"), jsonLines(namedLines(100)));
    const adds = [
      start(["add", "--batch", "batch.jsonl", "--replace"], { cwd }),
      start(["add", "--force", "-c", "def f := 1"], { cwd }),
      start(["add", "-c", "def g := 1"], { cwd }),
    ];
    let isOver = false;
    const adding = Promise.all(adds.map(({ ended }) => ended)).finally(() => {
      isOver = true;
    });
    const prunes = [["--max-size", "30kB"], ["--damaged"], ["--older-than", "0s"]];
    const pruning = prunes.map(async (rules) => {
      while (!isOver) {
        const { code, stderr } = await run(["prune", ...rules], { cwd });
        expect([code, stderr]).toEqual([0, expect.not.stringMatching(/error|warning/)]);
      }
    });
    await Promise.all(pruning);
    expect((await adding).map(({ code, stderr }) => (code === 0 ? "" : stderr))).toEqual([
      "",
      "",
      "",
    ]);
    const { code, stdout } = await run(["verify"], { cwd });
    expect([code, stdout]).toEqual([0, ""]);
    expect(readdirSync(join(cwd, "session_cache", "tmp"))).toEqual([]);
  });
});
