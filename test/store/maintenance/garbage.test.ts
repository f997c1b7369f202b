import {
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareFolders } from "../../../src/store/disk/folders.ts";
import { cachePath, lockPath, temporaryPath } from "../../../src/store/disk/layout.ts";
import { STALE_MS } from "../../../src/store/lock/break-lock.ts";
import { withLock } from "../../../src/store/lock/lock.ts";
import {
  findStrayFiles,
  isAbandoned,
  type StrayFiles,
} from "../../../src/store/maintenance/garbage.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { anyManifest, anyState } from "../../support/manifests.ts";
import { startLockHolder } from "../../support/workers.ts";

const PICKLE = `${"c".repeat(64)}.0123abcd.olean`;

async function preparedFolder(): Promise<string> {
  const folder = temporaryFolder();
  await prepareFolders(folder);
  return folder;
}

/** What was found, without what depends on the time. */
function kinds(folder: string, { garbage, foreign }: StrayFiles) {
  const cache = cachePath(folder);
  return {
    garbage: Object.fromEntries(
      garbage.map(({ path, kind, bytes }) => [relative(cache, path), [kind, bytes]]),
    ),
    foreign: foreign.map(({ path }) => relative(cache, path)).sort(),
  };
}

describe("findStrayFiles", () => {
  it("finds nothing in a cache that is not there, or that is in order", async () => {
    expect(await findStrayFiles(temporaryFolder(), anyManifest([]))).toEqual({
      garbage: [],
      foreign: [],
    });
    const folder = await preparedFolder();
    const state = anyState(-1);
    writeFileSync(join(folder, state.pickleFile), "whole");
    expect(kinds(folder, await findStrayFiles(folder, anyManifest([state])))).toEqual({
      garbage: {},
      foreign: [],
    });
  });

  it("tells what each file is by its name, and how large and how old it is", async () => {
    const folder = await preparedFolder();
    const names = {
      [PICKLE]: ["pickle", 4],
      "tmp/0123456789abcdef.olean": ["temporary-pickle", 4],
      "tmp/0123456789abcdef.olean.tmp.4711": ["temporary-pickle", 4],
      "tmp/0123456789abcdef.olean.lock": ["temporary-pickle", 4],
      "tmp/0123456789abcdef": ["temporary-manifest", 4],
      "tmp/holder.01234567-89ab-cdef-0123-456789abcdef.json": ["lock-note", 4],
      "tmp/holder.01234567-89ab-cdef-0123-456789abcdef.json.next": ["lock-note", 4],
      "tmp/core": ["temporary-file", 4],
    };
    for (const name of Object.keys(names)) {
      writeFileSync(join(cachePath(folder), name), "1234");
    }
    mkdirSync(join(temporaryPath(folder), "broken.0123456789abcdef"));
    const before = Date.now();
    utimesSync(join(cachePath(folder), PICKLE), before / 1000, (before - 5_000_000) / 1000);
    const found = await findStrayFiles(folder, anyManifest([]));
    expect(kinds(folder, found)).toEqual({
      garbage: { ...names, "tmp/broken.0123456789abcdef": ["lock-note", 0] },
      foreign: [],
    });
    const old = found.garbage.filter(({ ageMs }) => ageMs >= 5_000_000 - 1);
    expect(old.map(({ kind }) => kind)).toEqual(["pickle"]);
    expect(found.garbage.filter(isAbandoned)).toEqual(old);
  });

  it("counts as its own nothing that this program does not make, and follows no link", async () => {
    const folder = await preparedFolder();
    const outside = temporaryFolder();
    writeFileSync(join(outside, PICKLE), "theirs");
    const cache = cachePath(folder);
    writeFileSync(join(cache, "notes.txt"), "mine");
    writeFileSync(join(cache, `${"c".repeat(64)}.olean`), "a name of another form");
    symlinkSync(join(outside, PICKLE), join(cache, PICKLE));
    symlinkSync(outside, join(cache, "folder"));
    mkdirSync(join(cache, `${"d".repeat(64)}.0123abcd.olean`));
    mkdirSync(join(cache, "tmp", "inner"));
    writeFileSync(join(cache, "tmp", "inner", "deep"), "not looked at");
    symlinkSync("/nowhere", join(cache, "tmp", "dangling"));
    const found = kinds(folder, await findStrayFiles(folder, anyManifest([])));
    expect(found).toEqual({
      // A link in the folder for temporary files goes as such, and not what it leads to.
      garbage: { "tmp/dangling": ["temporary-file", 0] },
      foreign: [
        PICKLE,
        `${"c".repeat(64)}.olean`,
        `${"d".repeat(64)}.0123abcd.olean`,
        "folder",
        "notes.txt",
        "tmp/inner",
      ],
    });
  });

  it("refuses a link in place of the folder", async () => {
    const folder = temporaryFolder();
    symlinkSync(temporaryFolder(), cachePath(folder));
    await expect(findStrayFiles(folder, anyManifest([]))).rejects.toMatchObject({
      code: "cache-damaged",
    });
  });

  it("counts no lock of a living process, and that of a dead one at once", async () => {
    const folder = await preparedFolder();
    const lockIn = async () =>
      (await findStrayFiles(folder, anyManifest([]))).garbage.filter(({ kind }) => kind === "lock");
    await withLock(folder, {}, async () => {
      expect(await lockIn()).toEqual([]);
    });
    const worker = await startLockHolder(folder);
    expect(await lockIn()).toEqual([]);
    worker.child.kill("SIGKILL");
    await worker.ended;
    const [lock, ...others] = await lockIn();
    expect([lock?.path, others]).toEqual([lockPath(folder), []]);
    expect(lock && isAbandoned(lock)).toBe(true);
  });

  it("counts a lock that nobody has touched for long, whosever it is", async () => {
    const folder = await preparedFolder();
    mkdirSync(lockPath(folder));
    const lockIn = async () => (await findStrayFiles(folder, anyManifest([]))).garbage;
    expect(await lockIn()).toEqual([]);
    const long = (Date.now() - STALE_MS) / 1000 - 1;
    utimesSync(lockPath(folder), long, long);
    expect(await lockIn()).toMatchObject([{ kind: "lock", path: lockPath(folder) }]);
    rmdirSync(lockPath(folder));
    writeFileSync(lockPath(folder), "no lock");
    expect(await findStrayFiles(folder, anyManifest([]))).toMatchObject({
      garbage: [],
      foreign: [{ path: lockPath(folder) }],
    });
  });

  it("lists a pickle as soon as no state names it, and none that one does", async () => {
    const folder = await preparedFolder();
    const states = Array.from({ length: 50 }, (_, at) => anyState(-1 - at));
    for (const { pickleFile } of states) {
      writeFileSync(join(folder, pickleFile), "whole");
    }
    expect(readdirSync(temporaryPath(folder))).toEqual([]);
    rmSync(join(folder, states[0]?.pickleFile ?? ""));
    const found = await findStrayFiles(folder, anyManifest(states.slice(0, 49)));
    const last = states[49]?.pickleFile.slice("session_cache/".length) ?? "";
    expect(kinds(folder, found)).toEqual({ garbage: { [last]: ["pickle", 5] }, foreign: [] });
  });
});
