// What things cost, and what the log says about it.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { ask, requests, start, temporaryDirectory } from "./harness.ts";
import { readLog } from "./index.ts";

const MAKE = [
  { cmd: "import Lean\nimport Std" },
  { cmd: "theorem t : 1 = 1 := by sorry", env: 0 },
  { pickleTo: "e", env: 1 },
  { pickleTo: "p", proofState: 0 },
];

/** A directory with two pickles, and a log for what comes next. */
async function withPickles(): Promise<{ cwd: string; log: string }> {
  const cwd = temporaryDirectory();
  await ask(MAKE, { cwd });
  return { cwd, log: join(cwd, "log") };
}

function importsIn(log: string): string[] {
  return readLog(log).flatMap(({ event, detail }) => (event === "import" ? [detail] : []));
}

describe("the log", () => {
  it("has a line for each start, request and import, of all processes", async () => {
    const cwd = temporaryDirectory();
    const log = join(cwd, "log");
    await ask(MAKE, { cwd, settings: { LOG: log } });
    await ask([{ path: "nowhere" }], { cwd, settings: { LOG: log } });
    const events = readLog(log);
    expect(events.map(({ event, detail }) => `${event} ${detail}`.trim())).toEqual([
      "start",
      "request command",
      "import Lean,Std",
      "request command",
      "request pickleEnv",
      "request pickleProofState",
      "start",
      "request file",
    ]);
    expect(new Set(events.map(({ pid }) => pid)).size).toBe(2);
    expect(readLog(join(cwd, "none"))).toEqual([]);
  });
});

describe("an import", () => {
  it("is paid by a header, by every environment, and by a proof state without env", async () => {
    const { cwd, log } = await withPickles();
    const settings = { LOG: log };
    const base = { cmd: "import Lean import Std" };
    const load = { unpickleProofStateFrom: "p" };
    await ask([{ cmd: "def f := 1" }], { cwd, settings });
    expect(importsIn(log)).toEqual([]);
    await ask([base, { ...load, env: 0 }, { ...load, env: 0 }], { cwd, settings });
    expect(importsIn(log)).toEqual(["Lean,Std"]);
    await ask([load, load, { unpickleEnvFrom: "e" }, { unpickleEnvFrom: "e" }], { cwd, settings });
    expect(importsIn(log)).toHaveLength(5);
  });

  it("is paid in spite of env by a REPL from before v4.5.0, which does not look at it", async () => {
    const { cwd, log } = await withPickles();
    const settings = { LOG: log, IGNORE_ENV: "1" };
    const load = { unpickleProofStateFrom: "p", env: 9 };
    expect(await ask([load, load], { cwd, settings })).toMatchObject([{ proofState: 0 }, {}]);
    expect(importsIn(log)).toHaveLength(2);
  });

  it("takes its time, and a command takes its own", async () => {
    const elapsed = async (settings: Record<string, string>, ...items: object[]) => {
      const before = performance.now();
      await ask(items, { settings });
      return performance.now() - before;
    };
    const header = { cmd: "import Lean" };
    expect(await elapsed({ IMPORT_MS: "400" }, header, header)).toBeGreaterThanOrEqual(800);
    expect(await elapsed({ COMMAND_MS: "400" }, header, header)).toBeGreaterThanOrEqual(800);
  });

  it("takes its time besides that of unpickling", async () => {
    const { cwd } = await withPickles();
    const settings = { UNPICKLE_MS: "400", IMPORT_MS: "200" };
    const before = performance.now();
    await ask([{ unpickleProofStateFrom: "p" }, { unpickleEnvFrom: "e" }], { cwd, settings });
    expect(performance.now() - before).toBeGreaterThanOrEqual(1200);
  });

  it("is ended by SIGTERM at once, however long it would take", async () => {
    const log = join(temporaryDirectory(), "log");
    const repl = start({ settings: { IMPORT_MS: "900000000", LOG: log } });
    repl.stdin.write(requests({ cmd: "import Lean" }));
    await vi.waitFor(() => expect(importsIn(log)).toEqual(["Lean"]), { timeout: 30_000 });
    repl.kill("SIGTERM");
    expect(await once(repl, "close")).toEqual([null, "SIGTERM"]);
  });

  it.skipIf(process.platform !== "linux")("takes memory that is never given back", async () => {
    const repl = start({ settings: { IMPORT_MIB: "150" } });
    const resident = () => {
      const status = readFileSync(`/proc/${repl.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
    };
    const answer = async (item: object) => {
      const answered = once(repl.stdout, "data");
      repl.stdin.write(requests(item));
      await answered;
    };
    await answer({ cmd: "" });
    const before = resident();
    for (const count of [1, 2, 3]) {
      await answer({ cmd: "import Lean" });
      expect(resident() - before).toBeGreaterThan(count * 145);
    }
  });
});
