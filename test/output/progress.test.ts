import { describe, expect, it, vi } from "vitest";
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
  it("writes a line, and the next one ten seconds later, where there is no terminal", async () => {
    const { written, stderr } = stream(false);
    const progress = await startProgress(stderr, { wanted: true, lines: true, spinner: true });
    const now = vi.spyOn(performance, "now");
    now.mockReturnValue(1_000);
    progress.step("Loading a (1/3)");
    now.mockReturnValue(10_999);
    progress.step("Loading b (2/3)");
    now.mockReturnValue(11_000);
    progress.step("Loading c\u001b[31m (3/3)");
    now.mockRestore();
    progress.stop();
    expect(written).toEqual(["Loading a (1/3)\n", "Loading c\\u001b[31m (3/3)\n"]);
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

  it("writes no line where that would be in the way", async () => {
    const { written, stderr } = stream(false);
    const options = { wanted: true, lines: false, spinner: true };
    (await startProgress(stderr, options)).step("Loading");
    expect(written).toEqual([]);
  });

  it("does not spin on a terminal of no columns", async () => {
    const { written, stderr } = stream(true, 0);
    const progress = await startProgress(stderr, { wanted: true, lines: true, spinner: true });
    progress.step("Loading");
    progress.stop();
    expect(written).toEqual(["Loading\n"]);
  });
});
