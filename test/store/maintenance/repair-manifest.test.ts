import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backupPath, manifestPath, oldBackupPath } from "../../../src/store/disk/layout.ts";
import { countOn, repairManifest } from "../../../src/store/maintenance/repair-manifest.ts";
import { readManifest } from "../../../src/store/manifest/read-manifest.ts";
import { checkManifest, type Manifest } from "../../../src/store/manifest/schema.ts";
import { manifestText, updateManifest } from "../../../src/store/manifest/update-manifest.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { anyManifest, anyState } from "../../support/manifests.ts";

/** Adds states with the next ids, and their pickles. */
async function addStates(folder: string, count: number): Promise<void> {
  await updateManifest(folder, {}, (manifest) => {
    for (let left = count; left > 0; left--) {
      const state = anyState(manifest.nextSessionId--);
      writeFileSync(join(folder, state.pickleFile), "12345");
      manifest.states.push(state);
    }
  });
}

/** A cache with two states, the second of which the backup does not know, and the two texts. */
async function twoStates(): Promise<{ folder: string; text: string; backup: string }> {
  const folder = temporaryFolder();
  await addStates(folder, 1);
  await addStates(folder, 1);
  const text = readFileSync(manifestPath(folder), "utf8");
  const backup = readFileSync(backupPath(folder), "utf8");
  return { folder, text, backup };
}

const DAMAGE: [string, (path: string, text: string) => void][] = [
  ["empty", (path) => writeFileSync(path, "")],
  ["cut off", (path, text) => writeFileSync(path, text.slice(0, -30))],
  ["not JSON", (path) => writeFileSync(path, "hello")],
  ["of another form", (path) => writeFileSync(path, "[]")],
  [
    "of wrong types",
    (path, text) => writeFileSync(path, text.replace('"revision": ', '"revision": -')),
  ],
  ["with one id twice", (path, text) => writeFileSync(path, text.replace('Id":-2', 'Id":-1'))],
  ["of zeros", (path, text) => writeFileSync(path, "\0".repeat(text.length))],
  ["gone", (path) => rmSync(path)],
  [
    "a folder",
    (path) => {
      rmSync(path);
      mkdirSync(path);
      writeFileSync(join(path, "inside"), "theirs");
    },
  ],
  [
    "a link to nothing",
    (path) => {
      rmSync(path);
      symlinkSync("/no/such/file", path);
    },
  ],
];

describe("repairManifest", () => {
  it("does nothing to a manifest that is good, or a cache that is not there", async () => {
    const { folder, text } = await twoStates();
    expect(await repairManifest(folder, {})).toBeUndefined();
    expect(readFileSync(manifestPath(folder), "utf8")).toBe(text);
    const empty = temporaryFolder();
    expect(await repairManifest(empty, {})).toBeUndefined();
    expect(readdirSync(empty)).toEqual([]);
  });

  it.each(DAMAGE)(
    "restores one that is %s, drops nothing, and gives no id twice",
    async (_what, damage) => {
      const { folder, text, backup } = await twoStates();
      const path = manifestPath(folder);
      damage(path, text);
      expect(() => readManifest(folder)).toThrow(
        expect.objectContaining({ hint: expect.stringContaining("verify --repair") }),
      );
      const wasThere = readdirSync(folder).includes("lean-pickle.json");
      const repaired = await repairManifest(folder, {});
      const manifest = readManifest(folder);
      const { states, recipes } = JSON.parse(backup);
      expect([manifest.states, manifest.recipes]).toEqual([states, recipes]);
      expect(manifest.nextSessionId).toBeLessThan(-2);
      expect(manifest.revision).toBeGreaterThan(2);
      expect(repaired?.manifest).toEqual(manifest);
      // The pickle of the state that is lost is kept, and named; so is what stood there.
      const lost = anyState(-2).pickleFile;
      expect(repaired?.unknownPickles.map((each) => each.path)).toEqual([join(folder, lost)]);
      expect(readFileSync(join(folder, lost), "utf8")).toBe("12345");
      const aside = readdirSync(folder).filter((name) => name.includes(".damaged."));
      expect(aside.map((name) => join(folder, name))).toEqual(wasThere ? [repaired?.keptAs] : []);
      expect(readFileSync(backupPath(folder), "utf8")).toBe(backup);
      expect(readdirSync(join(folder, "session_cache", "tmp"))).toEqual([]);
      // The next change works.
      await addStates(folder, 1);
      expect(readManifest(folder).states).toHaveLength(2);
    },
  );

  it("restores the states whose pickles are there, and passes over the ids of the others", async () => {
    const folder = temporaryFolder();
    await addStates(folder, 3);
    await updateManifest(folder, {}, (manifest) => {
      manifest.states.pop();
    });
    rmSync(join(folder, anyState(-3).pickleFile));
    rmSync(manifestPath(folder));
    const repaired = await repairManifest(folder, {});
    expect(repaired?.leftOut.map(({ sessionId }) => sessionId)).toEqual([-3]);
    const { states, nextSessionId } = readManifest(folder);
    expect(states.map(({ sessionId }) => sessionId)).toEqual([-1, -2]);
    expect(nextSessionId).toBeLessThan(-3);
  });

  it("takes the later one of two backups, of which version 0.1 wrote one", async () => {
    for (const [revision, count] of [
      [0, 1],
      [9, 0],
    ] as const) {
      const { folder, backup } = await twoStates();
      const old = JSON.stringify(anyManifest([], { revision }));
      writeFileSync(oldBackupPath(folder), old);
      rmSync(manifestPath(folder));
      const repaired = await repairManifest(folder, {});
      expect(repaired?.backup).toBe((count === 1 ? backupPath : oldBackupPath)(folder));
      expect(readManifest(folder).states).toHaveLength(count);
      expect(readFileSync(backupPath(folder), "utf8")).toBe(backup);
    }
  });

  it("keeps what stood there as it was", async () => {
    const { folder } = await twoStates();
    writeFileSync(manifestPath(folder), "hello");
    const keptAs = (await repairManifest(folder, {}))?.keptAs ?? "";
    expect(readFileSync(keptAs, "utf8")).toBe("hello");
    writeFileSync(manifestPath(folder), "again");
    const second = (await repairManifest(folder, {}))?.keptAs ?? "";
    expect([keptAs, second].map((path) => readFileSync(path, "utf8"))).toEqual(["hello", "again"]);
  });

  it("touches nothing where the backup is no better, or a later version wrote the manifest", async () => {
    const { folder, text, backup } = await twoStates();
    for (const [manifest, its] of [
      ["junk", "junk"],
      [text.replace('"version": 1', '"version": 2'), backup],
      ["junk", backup.replace('"version": 1', '"version": 2')],
    ] as const) {
      writeFileSync(manifestPath(folder), manifest);
      writeFileSync(backupPath(folder), its);
      await expect(repairManifest(folder, {})).rejects.toMatchObject({ code: "cache-damaged" });
      expect(readFileSync(manifestPath(folder), "utf8")).toBe(manifest);
      expect(readdirSync(folder).sort()).toEqual(["lean-pickle.json", "session_cache"]);
    }
  });

  it("writes nothing that could not be read again", async () => {
    const { folder, backup } = await twoStates();
    const last = Number.MIN_SAFE_INTEGER;
    writeFileSync(backupPath(folder), backup.replace(/("nextSessionId": )-\d+/, `$1${last}`));
    writeFileSync(manifestPath(folder), "junk");
    await expect(repairManifest(folder, {})).rejects.toMatchObject({ code: "cache-damaged" });
    expect(readFileSync(manifestPath(folder), "utf8")).toBe("junk");
  });

  it("is done once where two try at the same time", async () => {
    const { folder } = await twoStates();
    writeFileSync(manifestPath(folder), "junk");
    const results = await Promise.all([1, 2, 3].map(() => repairManifest(folder, {})));
    expect(results.filter((each) => each !== undefined)).toHaveLength(1);
    expect(readdirSync(folder).filter((name) => name.includes("damaged"))).toHaveLength(1);
  });
});

describe("countOn", () => {
  it("passes over every id that the lost manifest may have given, however it is damaged", () => {
    const texts = fc.tuple(fc.nat(30), fc.nat(20), fc.nat(100), fc.nat(), fc.nat(255));
    const property = fc.property(texts, ([before, added, revision, at, byte]) => {
      const stateIds = (count: number) =>
        Array.from({ length: count }, (_, id) => anyState(-1 - id));
      const backup = anyManifest(stateIds(before), { revision });
      const lost = anyManifest(stateIds(before + added), { revision: revision + 1 });
      const bytes = Buffer.from(manifestText("", lost));
      const cut = bytes.subarray(0, at % (bytes.length + 1));
      const changed = Buffer.from(bytes);
      changed[at % bytes.length] = byte;
      for (const text of [cut, changed].map((each) => each.toString("utf8"))) {
        const next = countOn(backup, text, added);
        expect(next.nextSessionId).toBeLessThanOrEqual(lost.nextSessionId);
        expect(next.revision).toBeGreaterThan(lost.revision);
        expect(checkManifest(next).ok).toBe(true);
      }
    });
    fc.assert(property);
  });

  it("believes the text where pickles are gone too, but no number that is damage itself", () => {
    const backup = anyManifest([anyState(-1)]);
    const next = (text: string): Manifest => countOn(backup, text, 0);
    const far = next('"nextSessionId": -50000, "states": [{"sessionId":-49');
    expect(far.nextSessionId).toBeLessThanOrEqual(-50_000);
    const absurd = next('"revision": 999999999999, "nextSessionId": -999999999999');
    expect(absurd.nextSessionId).toBeGreaterThan(-10_000);
    expect(absurd.revision).toBeLessThan(10_000);
    // What code says is no field of the manifest.
    const quoted = next(JSON.stringify({ cmd: '"sessionId": -70000' }));
    expect(quoted.nextSessionId).toBeGreaterThan(-10_000);
  });
});
