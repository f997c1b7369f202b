import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { readProcessMemory, readProcessStat } from "../../src/system/process-stat.ts";

describe.runIf(process.platform === "linux")("what Linux tells about a process", () => {
  it("is the group and the state of one with any name", async () => {
    const child = spawn("/bin/sleep", ["100"], { detached: true, argv0: ") Z 1 (" });
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child, "spawn");
    expect(readProcessStat(child.pid ?? 0)?.group).toBe(child.pid);
    expect(readProcessStat(process.pid)?.state).toMatch(/^[RSD]$/);
  });

  it("counts the memory of a process alone, and not the files that it maps", () => {
    const { rss } = process.memoryUsage();
    const own = readProcessMemory(process.pid);
    // The executable of Node alone is tens of MiB.
    expect(own).toBeGreaterThan(2 ** 20);
    expect(own).toBeLessThan(rss - 10 * 2 ** 20);
  });

  it("is nothing for a process that is gone", () => {
    const none = 2 ** 22 + 1;
    expect(readProcessStat(none)).toBeUndefined();
    expect(readProcessMemory(none)).toBe(0);
  });
});
