import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { fileSystem } from "../../../src/store/disk/file-system.ts";
import { lockPath } from "../../../src/store/disk/layout.ts";
import { carryOut, type PrunePlan, planPrune } from "../../../src/store/maintenance/prune.ts";
import type { PruneRules } from "../../../src/store/maintenance/prune-rules.ts";
import { verifyCache } from "../../../src/store/maintenance/verify.ts";
import { readManifest } from "../../../src/store/manifest/read-manifest.ts";
import { updateManifest } from "../../../src/store/manifest/update-manifest.ts";
import {
  flipBit,
  idsIn,
  makeOld,
  storedStates,
  writeManifest,
} from "../../support/stored-states.ts";
import { startLockHolder } from "../../support/workers.ts";

const DAY = 86_400;

async function plan(folder: string, rules: PruneRules = {}): Promise<PrunePlan> {
  return await planPrune({ workingDir: folder, manifest: readManifest(folder) }, rules);
}

function ids({ states }: PrunePlan): number[] {
  return states.map(({ state }) => state.sessionId);
}

/** Writes garbage into the folder of a cache. */
function leave(folder: string, name: string, ageSeconds: number): string {
  const path = join(folder, "session_cache", name);
  writeFileSync(path, "12345");
  makeOld(path, ageSeconds);
  return path;
}

const PICKLE = `${"c".repeat(64)}.0123abcd.olean`;
const TEMPORARY = "tmp/0123456789abcdef.olean";

describe("planPrune", () => {
  it("tells a time of the last use also where the file system keeps one beyond all dates", async () => {
    const { folder } = storedStates([{}]);
    const { lstatSync } = fileSystem;
    const spy = vi.spyOn(fileSystem, "lstatSync");
    onTestFinished(() => spy.mockRestore());
    spy.mockImplementation(((path: string) =>
      Object.assign(lstatSync(path), { mtimeMs: 9e15 })) as typeof lstatSync);
    const { states } = await plan(folder, { maxBytes: 0 });
    expect(states.map(({ lastUsedMs }) => new Date(lastUsedMs).getUTCFullYear())).toEqual([
      275_760,
    ]);
  });

  it("takes the last use from the file, and the size; a state without one was used when it was made", async () => {
    const changes = { createdAt: new Date(Date.now() - 5 * DAY * 1000).toISOString() };
    const { folder, states } = storedStates([
      { unusedFor: 10 * DAY },
      { unusedFor: 2 * DAY },
      { changes },
      { changes },
    ]);
    rmSync(join(folder, states[3]?.pickleFile ?? ""));
    const byAge = async (days: number) =>
      ids(await plan(folder, { olderThanMs: days * DAY * 1000 }));
    expect([await byAge(1), await byAge(3), await byAge(7), await byAge(11)]).toEqual([
      [-1, -2, -4],
      [-1, -4],
      [-1],
      [],
    ]);
    const [, , lost] = (await plan(folder, { olderThanMs: DAY * 1000 })).states;
    expect(lost?.bytes).toBe(0);
  });

  it("finds what is damaged only where it is asked to, and leaves what cannot be read", async () => {
    const { folder, states } = storedStates([{}, {}, {}, {}]);
    const [flipped = "", gone = "", shorter = ""] = states.map((each) =>
      join(folder, each.pickleFile),
    );
    flipBit(flipped, 1234);
    rmSync(gone);
    chmodSync(shorter, 0o600);
    truncateSync(shorter, 3);
    expect(ids(await plan(folder))).toEqual([]);
    expect(ids(await plan(folder, { damaged: true }))).toEqual([-1, -2, -3]);
  });

  it("lists garbage that is old, and apart from it what may be in use", async () => {
    const { folder } = storedStates([{}]);
    const old = [leave(folder, PICKLE, 2 * DAY), leave(folder, TEMPORARY, 3700)];
    const young = [leave(folder, "tmp/fedcba9876543210", 3500)];
    leave(folder, "theirs.txt", 2 * DAY);
    const planned = await plan(folder);
    expect(planned.garbage.map(({ path }) => path)).toEqual(old);
    expect(planned.young.map(({ path }) => path)).toEqual(young);
  });
});

describe("carryOut", () => {
  it("removes exactly what was planned, and says what that freed", async () => {
    const { folder, states } = storedStates([{ unusedFor: 2 * DAY }, {}, { unusedFor: 3 * DAY }]);
    const garbage = [leave(folder, PICKLE, 2 * DAY), leave(folder, TEMPORARY, 2 * DAY)];
    const planned = await plan(folder, { olderThanMs: DAY * 1000 });
    // What comes after the plan stays.
    const later = leave(folder, "tmp/fedcba9876543210", 2 * DAY);
    const pruned = await carryOut(folder, {}, planned);
    expect(pruned.states.map(({ sessionId }) => sessionId)).toEqual([-1, -3]);
    expect(pruned.garbage.map(({ path }) => path).sort()).toEqual(garbage.sort());
    const bytes = (states[0]?.bytes ?? 0) + (states[2]?.bytes ?? 0) + 10;
    expect(pruned).toMatchObject({ kept: [], leftOver: [], bytes });
    expect(idsIn(folder)).toEqual([-2]);
    expect(existsSync(later)).toBe(true);
    rmSync(later);
    expect((await verifyCache(folder)).findings).toEqual([]);
    expect(
      readdirSync(join(folder, "session_cache")).filter((name) => name.endsWith(".olean")),
    ).toHaveLength(1);
  });

  it("writes no manifest where only garbage goes", async () => {
    const { folder } = storedStates([{}]);
    leave(folder, PICKLE, 2 * DAY);
    const before = readFileSync(join(folder, "lean-pickle.json"), "utf8");
    await carryOut(folder, {}, await plan(folder));
    expect(readFileSync(join(folder, "lean-pickle.json"), "utf8")).toBe(before);
    expect(existsSync(join(folder, "session_cache", PICKLE))).toBe(false);
  });

  it("keeps a state that was used since, unless it goes for another reason", async () => {
    const lean = { toolchain: "A", version: "4.33.0", gitHash: "a".repeat(40) };
    const { folder, states } = storedStates([
      { unusedFor: 2 * DAY },
      { unusedFor: 2 * DAY, changes: { lean } },
      { unusedFor: 2 * DAY },
    ]);
    const planned = await plan(folder, { olderThanMs: DAY * 1000, toolchain: "A" });
    const now = new Date();
    for (const { pickleFile } of states.slice(0, 2)) {
      utimesSync(join(folder, pickleFile), now, now);
    }
    const pruned = await carryOut(folder, {}, planned);
    expect(pruned.states.map(({ sessionId }) => sessionId)).toEqual([-2, -3]);
    expect(pruned.kept.map(({ state }) => state.sessionId)).toEqual([-1]);
    expect(idsIn(folder)).toEqual([-1]);
    expect(existsSync(join(folder, states[0]?.pickleFile ?? ""))).toBe(true);
  });

  it("keeps a damaged state that was made again or put back since, and minds none that is gone", async () => {
    const { folder, states } = storedStates([{}, {}, {}, {}]);
    const whole = states.map((each) => readFileSync(join(folder, each.pickleFile)));
    for (const { pickleFile } of states.slice(0, 3)) {
      rmSync(join(folder, pickleFile));
    }
    const planned = await plan(folder, { damaged: true });
    expect(ids(planned)).toEqual([-1, -2, -3]);
    const [remade, restored] = states;
    const pickleFile = remade?.pickleFile.replace(/\.\w{8}\./, ".ffffffff.") ?? "";
    writeFileSync(join(folder, pickleFile), whole[0] ?? "");
    writeFileSync(join(folder, restored?.pickleFile ?? ""), whole[1] ?? "");
    await updateManifest(folder, {}, (manifest) => {
      Object.assign(manifest.states[0] ?? {}, { pickleFile });
      manifest.states.splice(2, 1);
    });
    const pruned = await carryOut(folder, {}, planned);
    expect(pruned).toMatchObject({ states: [], leftOver: [], bytes: 0 });
    expect(pruned.kept.map(({ state }) => state.sessionId)).toEqual([-1, -2]);
    expect((await verifyCache(folder)).findings).toEqual([]);
  });

  it("keeps garbage that became a state's pickle, or is being written again", async () => {
    const { folder, states } = storedStates([{}, {}]);
    const manifest = readManifest(folder);
    writeManifest(folder, { ...manifest, states: states.slice(0, 1) });
    const pickle = join(folder, states[1]?.pickleFile ?? "");
    makeOld(pickle, 2 * DAY);
    const written = leave(folder, TEMPORARY, 2 * DAY);
    const planned = await plan(folder);
    expect(planned.garbage).toHaveLength(2);
    writeManifest(folder, manifest);
    writeFileSync(written, "more");
    const pruned = await carryOut(folder, {}, planned);
    expect([pruned.garbage, pruned.bytes]).toEqual([[], 0]);
    expect([existsSync(pickle), existsSync(written)]).toEqual([true, true]);
  });

  it("removes the lock of a process that was killed", async () => {
    const { folder } = storedStates([{}]);
    const worker = await startLockHolder(folder);
    worker.child.kill("SIGKILL");
    await worker.ended;
    const planned = await plan(folder);
    expect(planned.garbage.map(({ kind }) => kind)).toEqual(["lock"]);
    const { garbage } = await carryOut(folder, {}, planned);
    expect(garbage).toEqual(planned.garbage);
    expect(existsSync(lockPath(folder))).toBe(false);
    expect(readdirSync(join(folder, "session_cache", "tmp"))).toEqual([]);
  });

  it("says what could not be removed, and goes on with the rest", async () => {
    const { folder, states } = storedStates([{ unusedFor: 2 * DAY }, { unusedFor: 2 * DAY }]);
    const blocked = join(folder, states[0]?.pickleFile ?? "");
    rmSync(blocked);
    mkdirSync(blocked);
    writeFileSync(join(blocked, "inside"), "theirs");
    const pruned = await carryOut(folder, {}, await plan(folder, { maxBytes: 0 }));
    expect(pruned.leftOver.map(({ path }) => path)).toEqual([blocked]);
    expect(pruned.bytes).toBe(states[1]?.bytes);
    expect(idsIn(folder)).toEqual([]);
    expect(existsSync(join(blocked, "inside"))).toBe(true);
  });
});
