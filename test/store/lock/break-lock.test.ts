import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  utimesSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { fileSystem } from "../../../src/store/disk/file-system.ts";
import {
  cachePath,
  lockPath,
  manifestLock,
  temporaryPath,
} from "../../../src/store/disk/layout.ts";
import { breakIfStale } from "../../../src/store/lock/break-lock.ts";
import { identifyLock } from "../../../src/store/lock/holder.ts";
import { withLock } from "../../../src/store/lock/lock.ts";
import { announce, cacheFolder, holdElsewhere, lockIn } from "../../support/locks.ts";
import { startWorker } from "../../support/workers.ts";

describe("a lock that nobody will give back", () => {
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
    const left = readdirSync(cachePath(folder), { recursive: true });
    expect(left.sort()).toEqual([".gitignore", "CACHEDIR.TAG", "tmp"]);
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
    // A process that is dead had another lock; the one that is there now is nobody's that says so.
    announce(folder, { lock: "1-1" });
    mkdirSync(lockPath(folder));
    const work = withLock(folder, { lockTimeout: 0.05 }, async () => "never");
    await expect(work).rejects.toMatchObject({ code: "cache-locked" });
    expect(statSync(lockPath(folder)).isDirectory()).toBe(true);
  });

  it("breaks the lock of a process that was killed before it said that it has it", async () => {
    const folder = await cacheFolder();
    const said = announce(folder, { lock: "" });
    mkdirSync(lockPath(folder));
    expect(await withLock(folder, { lockTimeout: 0.5 }, async () => "mine")).toBe("mine");
    expect(existsSync(said)).toBe(false);
  });

  it("does not break a lock that a living process may just have taken", async () => {
    const folder = await cacheFolder();
    announce(folder, { lock: "" });
    announce(folder, { lock: "", pid: process.pid });
    mkdirSync(lockPath(folder));
    const work = withLock(folder, { lockTimeout: 0.05 }, async () => "never");
    await expect(work).rejects.toMatchObject({ code: "cache-locked" });
  });

  it("breaks a dead lock at once whatever one of another machine was about to do long ago", async () => {
    const folder = await cacheFolder();
    mkdirSync(lockPath(folder));
    announce(folder, { lock: lockIn(folder) });
    announce(folder, { space: "0123", since: Date.now() - 31_000 });
    expect(await withLock(folder, { lockTimeout: 0.5 }, async () => "mine")).toBe("mine");
  });

  it.each([
    ["has said so", identifyLock, `process ${process.pid} on`],
    ["is about to say so", () => "", "a process that has not said"],
  ])(
    "does not break a lock that a living process has, and %s, for what is left of dead ones",
    async (_, said, who) => {
      const folder = await cacheFolder();
      mkdirSync(lockPath(folder));
      // A file system may give one folder after another the same number, within the same instant.
      for (let dead = 0; dead < 20; dead++) {
        announce(folder, { lock: lockIn(folder) });
      }
      announce(folder, { pid: process.pid, lock: said(manifestLock(folder)) });
      const work = withLock(folder, { lockTimeout: 0.05 }, async () => "never");
      await expect(work).rejects.toMatchObject({
        code: "cache-locked",
        message: expect.stringContaining(`by ${who}`),
      });
    },
  );

  it.runIf(process.platform === "linux")(
    "breaks the lock of a process that was killed, and that nobody has waited for",
    async () => {
      const folder = await cacheFolder();
      mkdirSync(lockPath(folder));
      const parent = spawn("/bin/sh", ["-c", "sleep 1000 & echo $!; exec sleep 1000"]);
      onTestFinished(() => void parent.kill("SIGKILL"));
      const [printed] = await once(parent.stdout, "data");
      const pid = Number(printed);
      process.kill(pid, "SIGKILL");
      announce(folder, { pid, lock: lockIn(folder) });
      expect(await withLock(folder, { lockTimeout: 0.5 }, async () => "mine")).toBe("mine");
    },
  );

  it("puts back the lock of another process that broke and took it a moment before", async () => {
    const folder = await cacheFolder();
    mkdirSync(lockPath(folder));
    announce(folder, { lock: lockIn(folder) });
    const { renameSync } = fileSystem;
    let taken = "";
    const spy = vi.spyOn(fileSystem, "renameSync").mockImplementationOnce((...paths) => {
      rmdirSync(lockPath(folder));
      // Another number than that of the lock before.
      mkdirSync(join(folder, "other"));
      mkdirSync(lockPath(folder));
      announce(folder, { pid: process.pid, lock: lockIn(folder) });
      taken = lockIn(folder);
      renameSync(...paths);
    });
    onTestFinished(() => spy.mockRestore());
    const work = withLock(folder, { lockTimeout: 0.05 }, async () => "never");
    await expect(work).rejects.toMatchObject({ code: "cache-locked" });
    expect(spy).toHaveBeenCalledTimes(2);
    expect(lockIn(folder)).toBe(taken);
    expect(readdirSync(temporaryPath(folder)).filter((name) => /^broken/.test(name))).toEqual([]);
  });

  it("tries again at once if another process has broken the lock", async () => {
    const folder = await cacheFolder();
    mkdirSync(lockPath(folder));
    announce(folder, { lock: lockIn(folder) });
    const { renameSync } = fileSystem;
    const spy = vi.spyOn(fileSystem, "renameSync").mockImplementationOnce((...paths) => {
      rmdirSync(lockPath(folder));
      renameSync(...paths);
    });
    onTestFinished(() => spy.mockRestore());
    expect(await withLock(folder, { lockTimeout: 0.001 }, async () => "mine")).toBe("mine");
  });

  it("breaks a lock that was not refreshed for longer than a living process takes", async () => {
    const folder = await cacheFolder();
    mkdirSync(lockPath(folder));
    announce(folder, { pid: process.pid, lock: lockIn(folder) });
    const before = new Date(Date.now() - 31_000);
    utimesSync(lockPath(folder), before, before);
    expect(await withLock(folder, { lockTimeout: 0.5 }, async () => "mine")).toBe("mine");
  });

  it("gives a holder time to refresh its lock after this process was stopped", async () => {
    const folder = await cacheFolder();
    mkdirSync(lockPath(folder));
    announce(folder, { pid: process.pid, lock: lockIn(folder) });
    const before = new Date(Date.now() - 31_000);
    utimesSync(lockPath(folder), before, before);
    expect(await breakIfStale(manifestLock(folder), 15_000)).toMatchObject({ isGone: false });
    expect(await breakIfStale(manifestLock(folder), 25_000)).toMatchObject({ isGone: true });
  });

  it("does not break the lock of a process on another machine", async () => {
    const folder = await cacheFolder();
    mkdirSync(lockPath(folder));
    announce(folder, { host: "elsewhere", space: "0123", lock: lockIn(folder) });
    const work = withLock(folder, { lockTimeout: 0.05 }, async () => "never");
    await expect(work).rejects.toThrow(/elsewhere/);
  });
});
