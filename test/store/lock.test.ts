import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareFolders } from "../../src/store/folders.ts";
import { cachePath, lockHolderPath, lockPath } from "../../src/store/layout.ts";
import { withLock } from "../../src/store/lock.ts";
import { temporaryFolder } from "../support/folders.ts";
import { startWorker } from "../support/workers.ts";

/** The note of a process that is not there, on a machine that is not this one. */
const dead = { pid: 2 ** 22 + 1, host: hostname(), space: "elsewhere", since: "2026", token: "t" };

async function cacheFolder(): Promise<string> {
  const folder = temporaryFolder();
  await prepareFolders(folder);
  return folder;
}

/** A process that holds the lock until it is ended. */
function holdElsewhere(folder: string) {
  return startWorker(`
    import { withLock } from "STORE/lock.js";
    await withLock(${JSON.stringify(folder)}, {}, () => new Promise(() => {
      setInterval(() => {}, 1000);
      console.log("held");
    }));
  `);
}

describe("withLock", () => {
  it("lets one in at a time, and leaves nothing behind", async () => {
    const folder = await cacheFolder();
    const before = readdirSync(cachePath(folder));
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, () =>
        withLock(folder, {}, async () => {
          most = Math.max(most, ++inside);
          await new Promise((resolve) => setImmediate(resolve));
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
    expect(readdirSync(cachePath(folder))).toEqual(before);
  });

  it("gives the lock back where the work fails", async () => {
    const folder = await cacheFolder();
    const work = withLock(folder, {}, async () => {
      throw new Error("no");
    });
    await expect(work).rejects.toThrow("no");
    expect(await withLock(folder, { lockTimeout: 0.01 }, async () => "free")).toBe("free");
  });

  it("says who holds it while it waits, and when it waited for too long", async () => {
    const folder = await cacheFolder();
    const holder = holdElsewhere(folder);
    expect(await holder.says()).toBe("held");
    const told: string[] = [];
    const work = withLock(
      folder,
      { lockTimeout: 1.1, onWait: (who) => told.push(who) },
      async () => "never",
    );
    const who = `process ${holder.child.pid} on ${hostname()}`;
    await expect(work).rejects.toMatchObject({
      code: "cache-locked",
      message: expect.stringContaining(who),
    });
    expect(told).toEqual([expect.stringContaining(who)]);
  });

  it("breaks the lock of a process that was killed, at once", async () => {
    const folder = await cacheFolder();
    const holder = holdElsewhere(folder);
    await holder.says();
    holder.child.kill("SIGKILL");
    await holder.ended;
    expect(existsSync(lockPath(folder))).toBe(true);
    let waited = false;
    const onWait = () => {
      waited = true;
    };
    expect(await withLock(folder, { onWait }, async () => "mine")).toBe("mine");
    expect(waited).toBe(false);
    expect(readdirSync(cachePath(folder)).sort()).toEqual([".gitignore", "CACHEDIR.TAG", "tmp"]);
  });

  it("lets exactly one of many processes break a dead lock", async () => {
    const folder = await cacheFolder();
    const journal = join(folder, "journal");
    for (let round = 0; round < 3; round++) {
      const holder = holdElsewhere(folder);
      await holder.says();
      holder.child.kill("SIGKILL");
      await holder.ended;
      const workers = Array.from({ length: 4 }, () =>
        startWorker(`
          import { appendFileSync } from "node:fs";
          import { withLock } from "STORE/lock.js";
          await withLock(${JSON.stringify(folder)}, {}, async () => {
            appendFileSync(${JSON.stringify(journal)}, "in ");
            await new Promise((resolve) => setImmediate(resolve));
            appendFileSync(${JSON.stringify(journal)}, "out ");
          });
        `),
      );
      const ends = await Promise.all(workers.map(({ ended }) => ended));
      expect(ends.map(([code]) => code)).toEqual([0, 0, 0, 0]);
    }
    expect(readFileSync(journal, "utf8")).toBe("in out ".repeat(12));
  });

  it("does not break the lock of another that took the place of a dead one's", async () => {
    const folder = await cacheFolder();
    // The note of a process that is dead, of a lock that was given up; the lock is another's now.
    const note = { ...dead, lock: "1:1" };
    writeFileSync(lockHolderPath(folder), JSON.stringify(note));
    mkdirSync(lockPath(folder));
    const work = withLock(folder, { lockTimeout: 0.05 }, async () => "never");
    await expect(work).rejects.toMatchObject({ code: "cache-locked" });
    expect(statSync(lockPath(folder)).isDirectory()).toBe(true);
  });

  it("breaks the lock of a process that ended before it said who it was", async () => {
    const folder = await cacheFolder();
    mkdirSync(lockPath(folder));
    const before = new Date(Date.now() - 5_000);
    utimesSync(lockPath(folder), before, before);
    expect(await withLock(folder, { lockTimeout: 0.5 }, async () => "mine")).toBe("mine");
  });

  it("does not break the lock of a process on another machine", async () => {
    const folder = await cacheFolder();
    mkdirSync(lockPath(folder));
    const { ino, birthtimeNs } = statSync(lockPath(folder), { bigint: true });
    const lock = `${ino}:${birthtimeNs}`;
    const note = { ...dead, host: "elsewhere", lock };
    writeFileSync(lockHolderPath(folder), JSON.stringify(note));
    const work = withLock(folder, { lockTimeout: 0.05 }, async () => "never");
    await expect(work).rejects.toThrow(/elsewhere/);
  });

  it("does not give back the lock that another took in the meantime, nor at the end", async () => {
    const folder = await cacheFolder();
    const robbed = startWorker(`
      import { withLock } from "STORE/lock.js";
      await withLock(${JSON.stringify(folder)}, {}, () => new Promise((resolve) => {
        process.stdin.once("data", resolve);
        console.log("held");
      }));
    `);
    await robbed.says();
    // The thief's: another folder in the same place.
    renameSync(lockPath(folder), `${lockPath(folder)}.old`);
    mkdirSync(lockPath(folder));
    writeFileSync(lockHolderPath(folder), JSON.stringify({ token: "another's" }));
    robbed.child.stdin?.end("go");
    expect(await robbed.ended).toEqual([0, null]);
    expect(existsSync(lockPath(folder))).toBe(true);
    expect(readFileSync(lockHolderPath(folder), "utf8")).toContain("another's");
  });

  it("ends its waiting when it is interrupted", async () => {
    const folder = await cacheFolder();
    mkdirSync(lockPath(folder));
    const controller = new AbortController();
    const work = withLock(
      folder,
      { signal: controller.signal, onWait: () => controller.abort(new Error("interrupted")) },
      async () => "never",
    );
    await expect(work).rejects.toThrow("interrupted");
  });
});
