import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { fileSystem } from "../../../src/store/disk/file-system.ts";
import {
  backupPath,
  cachePath,
  lockPath,
  manifestPath,
  oldBackupPath,
  temporaryPath,
} from "../../../src/store/disk/layout.ts";
import { readManifest } from "../../../src/store/manifest/read-manifest.ts";
import { beginManifest, updateManifest } from "../../../src/store/manifest/update-manifest.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { anyState } from "../../support/manifests.ts";
import { startWorker } from "../../support/workers.ts";

async function addState(folder: string, sessionId: number): Promise<void> {
  await updateManifest(folder, {}, (manifest) => {
    manifest.states.push(anyState(sessionId));
    manifest.nextSessionId = sessionId - 1;
  });
}

describe("readManifest", () => {
  it("reads an empty cache where there is none, and makes nothing", () => {
    const folder = temporaryFolder();
    expect(readManifest(join(folder, "not there")).states).toEqual([]);
    expect(readManifest(folder).states).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each<[string, (path: string) => void]>([
    ["empty", (path) => writeFileSync(path, "")],
    ["cut off", (path) => writeFileSync(path, '{"version": 1, "rev')],
    ["not JSON", (path) => writeFileSync(path, "hello")],
    ["of another form", (path) => writeFileSync(path, "[]")],
    ["of a later version", (path) => writeFileSync(path, '{"version": 2}')],
    ["a folder", (path) => mkdirSync(path)],
    ["a link to nothing", (path) => symlinkSync("/no/such/file", path)],
    ["a link to another manifest", (path) => symlinkSync("/etc/hostname", path)],
    ["a pipe that nobody writes to", (path) => execFileSync("mkfifo", [path])],
    ["missing beside its old backup", (path) => writeFileSync(`${path}.bak`, "{}")],
    [
      "missing, with a backup in the folder of the pickles",
      (path) => {
        mkdirSync(cachePath(dirname(path)));
        writeFileSync(backupPath(dirname(path)), "{}");
      },
    ],
    [
      "missing, with a pickle",
      (path) => {
        mkdirSync(cachePath(dirname(path)));
        writeFileSync(join(dirname(path), anyState(-1).pickleFile), "");
      },
    ],
  ])("refuses one that is %s, and names it", (_what, damage) => {
    const folder = temporaryFolder();
    const path = manifestPath(folder);
    damage(path);
    const read = () => readManifest(folder);
    expect(read).toThrow(expect.objectContaining({ code: "cache-damaged" }));
    expect(read).toThrow(path);
  });

  it("takes a folder with marks and temporary files alone for an empty cache", () => {
    const folder = temporaryFolder();
    mkdirSync(temporaryPath(folder), { recursive: true });
    writeFileSync(join(cachePath(folder), ".gitignore"), "*");
    writeFileSync(join(temporaryPath(folder), "0123456789abcdef.olean"), "half");
    expect(readManifest(folder).states).toEqual([]);
  });

  it("is not misled by a cache that begins while it looks", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    const text = readFileSync(manifestPath(folder), "utf8");
    writeFileSync(join(folder, anyState(-1).pickleFile), "");
    rmSync(manifestPath(folder));
    const { readdirSync: list } = fileSystem;
    const begin = ((path: string) => {
      writeFileSync(manifestPath(folder), text);
      return list(path);
    }) as typeof list;
    const spy = vi.spyOn(fileSystem, "readdirSync").mockImplementationOnce(begin);
    expect(readManifest(folder).states).toHaveLength(1);
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
  });

  it("says whether the backup is good", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    await addState(folder, -2);
    writeFileSync(manifestPath(folder), "junk");
    expect(() => readManifest(folder)).toThrow(
      expect.objectContaining({
        hint: expect.stringMatching(/\.bak, .* is good: "lean-pickle verify --repair"/),
      }),
    );
    writeFileSync(backupPath(folder), "junk");
    expect(() => readManifest(folder)).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/\.bak is no better/) }),
    );
    rmSync(backupPath(folder));
    expect(() => readManifest(folder)).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining(
          `there is no backup. Restore the manifest from a copy, or remove ${manifestPath(folder)} and ${cachePath(folder)} to begin`,
        ),
      }),
    );
  });
});

describe("updateManifest", () => {
  it("counts revisions, and keeps the manifest before the last change", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    const before = readFileSync(manifestPath(folder), "utf8");
    await addState(folder, -2);
    expect(readManifest(folder)).toMatchObject({ revision: 2, nextSessionId: -3 });
    expect(readFileSync(backupPath(folder), "utf8")).toBe(before);
    expect(readdirSync(temporaryPath(folder))).toEqual([]);
  });

  it("replaces the backup of version 0.1", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    writeFileSync(oldBackupPath(folder), readFileSync(manifestPath(folder), "utf8"));
    writeFileSync(manifestPath(folder), "junk");
    const hint = `${oldBackupPath(folder)}, from before the last change, is good`;
    expect(() => readManifest(folder)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(hint) }),
    );
    rmSync(manifestPath(folder));
    expect(() => readManifest(folder)).toThrow("its backup is there");
    writeFileSync(manifestPath(folder), readFileSync(oldBackupPath(folder)));
    await addState(folder, -2);
    expect(existsSync(oldBackupPath(folder))).toBe(false);
    expect(JSON.parse(readFileSync(backupPath(folder), "utf8")).states).toHaveLength(1);
  });

  it("makes files and folders for their owner alone", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    await addState(folder, -2);
    const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect([manifestPath(folder), backupPath(folder)].map(mode)).toEqual(["600", "600"]);
    expect([cachePath(folder), temporaryPath(folder)].map(mode)).toEqual(["700", "700"]);
  });

  it("marks the folder of the pickles as a cache, for backups and for git", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    const tag = readFileSync(join(cachePath(folder), "CACHEDIR.TAG"), "utf8");
    expect(tag).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55\n/);
    expect(readFileSync(join(cachePath(folder), ".gitignore"), "utf8")).toBe("*\n");
  });

  it("keeps what it does not know", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    const manifest = JSON.parse(readFileSync(manifestPath(folder), "utf8"));
    manifest.later = { x: 1 };
    manifest.states[0].tags = ["y"];
    writeFileSync(manifestPath(folder), JSON.stringify(manifest));
    await addState(folder, -2);
    const after = JSON.parse(readFileSync(manifestPath(folder), "utf8"));
    expect(after.later).toEqual({ x: 1 });
    expect(after.states[0].tags).toEqual(["y"]);
  });

  it("writes nothing that could not be read again", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    const before = readFileSync(manifestPath(folder), "utf8");
    const change = updateManifest(folder, {}, (manifest) => {
      manifest.nextSessionId = 0;
    });
    await expect(change).rejects.toMatchObject({ code: "cache-damaged" });
    expect(readFileSync(manifestPath(folder), "utf8")).toBe(before);
  });

  it("changes nothing where the change fails", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    const before = readFileSync(manifestPath(folder), "utf8");
    const change = updateManifest(folder, {}, (manifest) => {
      manifest.states = [];
      throw new Error("no");
    });
    await expect(change).rejects.toThrow("no");
    expect(readFileSync(manifestPath(folder), "utf8")).toBe(before);
  });

  it("never writes over a manifest that is damaged or too new", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    for (const text of ["junk", '{"version": 2, "states": []}']) {
      writeFileSync(manifestPath(folder), text);
      await expect(addState(folder, -2)).rejects.toMatchObject({ code: "cache-damaged" });
      expect(readFileSync(manifestPath(folder), "utf8")).toBe(text);
    }
  });

  it("starts over where another process wrote in spite of the lock", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    let attempts = 0;
    await updateManifest(folder, {}, (manifest) => {
      if (++attempts === 1) {
        // What a process does that was robbed of its lock while it was stopped.
        const other = { ...readManifest(folder), revision: 99, nextSessionId: -50 };
        writeFileSync(manifestPath(folder), JSON.stringify(other));
      }
      manifest.states.push(anyState(manifest.nextSessionId));
      manifest.nextSessionId--;
    });
    expect(attempts).toBe(2);
    const after = readManifest(folder);
    expect(after.revision).toBe(100);
    expect(after.states.map(({ sessionId }) => sessionId)).toEqual([-1, -50]);
  });

  it("starts over if it has lost the lock", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    let attempts = 0;
    await updateManifest(folder, {}, (manifest) => {
      if (++attempts === 1) {
        rmdirSync(lockPath(folder));
      }
      manifest.states.push(anyState(manifest.nextSessionId));
      manifest.nextSessionId--;
    });
    expect(attempts).toBe(2);
    expect(readManifest(folder).states.map(({ sessionId }) => sessionId)).toEqual([-1, -2]);
  });

  it("refuses a link in place of the folder of the pickles", async () => {
    const folder = temporaryFolder();
    const elsewhere = temporaryFolder();
    symlinkSync(elsewhere, cachePath(folder));
    await expect(addState(folder, -1)).rejects.toMatchObject({ code: "cache-damaged" });
    expect(readdirSync(elsewhere)).toEqual([]);
    expect(existsSync(manifestPath(folder))).toBe(false);
  });

  it("loses no change of many processes at once", async () => {
    const folder = temporaryFolder();
    const workers = Array.from({ length: 4 }, () =>
      startWorker(`
        import { updateManifest } from "STORE/update-manifest.js";
        for (let i = 0; i < 10; i++) {
          await updateManifest(${JSON.stringify(folder)}, {}, (manifest) => {
            const sessionId = manifest.nextSessionId--;
            const key = String(-sessionId).padStart(64, "0");
            manifest.states.push({ ...${JSON.stringify(anyState(-1))}, sessionId, key,
              pickleFile: "session_cache/" + key + ".00000000.olean" });
          });
        }
      `),
    );
    const ends = await Promise.all(workers.map(({ ended }) => ended));
    expect(ends.map(([code]) => code)).toEqual([0, 0, 0, 0]);
    const { states, revision } = readManifest(folder);
    expect(revision).toBe(40);
    expect(new Set(states.map(({ sessionId }) => sessionId)).size).toBe(40);
  });
});

describe("beginManifest", () => {
  it("writes a manifest where there is none, and leaves one alone", async () => {
    const folder = temporaryFolder();
    await beginManifest(folder, {});
    const text = readFileSync(manifestPath(folder), "utf8");
    expect(JSON.parse(text)).toMatchObject({ nextSessionId: -1, states: [] });
    await beginManifest(folder, {});
    expect(readFileSync(manifestPath(folder), "utf8")).toBe(text);
  });

  it("begins no cache anew whose manifest was lost", async () => {
    const folder = temporaryFolder();
    await addState(folder, -1);
    writeFileSync(join(folder, anyState(-1).pickleFile), "");
    rmSync(manifestPath(folder));
    await expect(beginManifest(folder, {})).rejects.toMatchObject({ code: "cache-damaged" });
    expect(existsSync(manifestPath(folder))).toBe(false);
  });
});
