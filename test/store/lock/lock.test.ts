import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { cachePath, lockPath } from "../../../src/store/disk/layout.ts";
import { withLock } from "../../../src/store/lock/lock.ts";
import { announce, cacheFolder, holdElsewhere, lockIn } from "../../support/locks.ts";
import { startWorker } from "../../support/workers.ts";

describe("withLock", () => {
  it("lets one in at a time, and leaves nothing behind", async () => {
    const folder = await cacheFolder();
    const before = readdirSync(cachePath(folder), { recursive: true });
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
    expect(readdirSync(cachePath(folder), { recursive: true })).toEqual(before);
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
    const said = announce(folder, { lock: lockIn(folder) });
    robbed.child.stdin?.end("go");
    expect(await robbed.ended).toEqual([0, null]);
    expect(existsSync(lockPath(folder))).toBe(true);
    expect(existsSync(said)).toBe(true);
  });

  it("tells its holder when the lock is lost", async () => {
    const folder = await cacheFolder();
    const held = await withLock(folder, {}, async (lock) => {
      const before = lock.isHeld();
      renameSync(lockPath(folder), `${lockPath(folder)}.old`);
      mkdirSync(lockPath(folder));
      return [before, lock.isHeld()];
    });
    expect(held).toEqual([true, false]);
    expect(existsSync(lockPath(folder))).toBe(true);
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
