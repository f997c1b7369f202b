import { describe, expect, it, onTestFinished, vi } from "vitest";
import { startProgress } from "../../src/output/progress.ts";

function stream(isTTY: boolean, columns = 0) {
  const written: string[] = [];
  const write = (text: string) => {
    written.push(text);
    return true;
  };
  return { written, stderr: { isTTY, columns, write } };
}

describe("startProgress", () => {
  it("writes what is being done after two seconds, and every ten, where there is no terminal", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { written, stderr } = stream(false);
    const progress = await startProgress(stderr, { wanted: true, lines: true, spinner: true });
    progress.step("Loading a (1/3)");
    vi.advanceTimersByTime(1_999);
    expect(written).toEqual([]);
    progress.step("Loading b (2/3)");
    vi.advanceTimersByTime(1);
    progress.step("Loading c\u001b[31m (3/3)");
    vi.advanceTimersByTime(10_000);
    progress.stop();
    vi.advanceTimersByTime(60_000);
    expect(written).toEqual(["Loading b (2/3)\n", "Loading c\\u001b[31m (3/3)\n"]);
  });

  it("writes nothing where none is wanted", async () => {
    const { written, stderr } = stream(false);
    const progress = await startProgress(stderr, { wanted: false, lines: true, spinner: true });
    progress.step("Loading");
    let interrupted = false;
    progress.interrupt(() => {
      interrupted = true;
    });
    progress.stop();
    expect([written, interrupted]).toEqual([[], true]);
  });

  it("writes no line where that would be in the way, nor spins on a terminal of no columns", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    for (const [isTTY, lines, expected] of [
      [false, false, []],
      [true, true, ["Loading\n"]],
    ] as const) {
      const { written, stderr } = stream(isTTY, 0);
      const progress = await startProgress(stderr, { wanted: true, lines, spinner: true });
      progress.step("Loading");
      vi.advanceTimersByTime(2_000);
      progress.stop();
      expect(written).toEqual(expected);
    }
  });

  it("tells how long it takes, where that is wanted, and nothing before the first step", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { written, stderr } = stream(false);
    const progress = await startProgress(stderr, { wanted: true, lines: true, spinner: true });
    const since = performance.now();
    vi.advanceTimersByTime(5_000);
    progress.step("Loading a (1/3)", since);
    vi.advanceTimersByTime(60_000);
    progress.stop();
    expect(written.slice(0, 2)).toEqual(["Loading a (1/3) 12 s\n", "Loading a (1/3) 22 s\n"]);
    expect(written.at(-1)).toBe("Loading a (1/3) 1 m 2 s\n");
    expect(written).toHaveLength(6);
  });

  it.each([
    ["CI", "1"],
    ["CI", ""],
    ["TERM", "dumb"],
  ])("writes lines on a terminal where %s is %j", async (name, value) => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
      vi.unstubAllEnvs();
    });
    vi.stubEnv(name, value);
    const { written, stderr } = stream(true, 80);
    const progress = await startProgress(stderr, { wanted: true, lines: true, spinner: true });
    for (let n = 1; n <= 20; n++) {
      progress.step(`Loading (${n}/20)`);
      vi.advanceTimersByTime(1_000);
    }
    progress.stop();
    expect(written).toEqual(["Loading (2/20)\n", "Loading (12/20)\n"]);
  });
});
