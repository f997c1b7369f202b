import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runProgram, withoutCredentials } from "../../src/system/run-program.ts";
import { temporaryFolder } from "../support/folders.ts";
import { isRunning } from "../support/processes.ts";
import { until } from "../support/wait.ts";

/** Runs code in Node. */
function node(code: string, options: Parameters<typeof runProgram>[1] = {}) {
  return runProgram({ command: process.execPath, args: ["-e", code] }, options);
}

describe("runProgram", () => {
  it("gives all of the standard output, and the end of both streams", async () => {
    const end = await node(`
      process.stdout.write("é".repeat(100_000) + "\\n");
      process.stderr.write("the end\\n");
      process.exitCode = 3;
    `);
    expect(end).toMatchObject({ ok: false, what: "exited with code 3" });
    expect(end.stdout).toBe(`${"é".repeat(100_000)}\n`);
    expect(end.tail.length).toBeLessThan(10_000);
    expect(end.tail).toContain("the end");
  });

  it("tells each line as it comes, whole, and without what is secret in it", async () => {
    const lines: string[] = [];
    const code = `
      const bytes = Buffer.from("één\\r\\n\\nfrom https://me:secret@host/x\\rlast");
      let at = 0;
      const timer = setInterval(() => {
        if (at === bytes.length) { clearInterval(timer); } else { process.stderr.write(bytes.subarray(at, ++at)); }
      }, 1);
    `;
    const { tail, ok } = await node(code, { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(["één", "from https://***@host/x", "last"]);
    expect(tail).not.toContain("secret");
    expect(ok).toBe(true);
  });

  it("gives no input, so that nothing waits for some", async () => {
    const end = await node(`process.stdin.on("end", () => console.log("no input")).resume()`);
    expect(end.stdout).toBe("no input\n");
  });

  it("says so of a program that is not there, or in a folder that is not", async () => {
    const missing = join(temporaryFolder(), "missing");
    const started = await runProgram({ command: missing }, {});
    expect(started).toMatchObject({ ok: false, what: expect.stringContaining("ENOENT") });
    const placed = await runProgram({ command: process.execPath, cwd: missing }, {});
    expect(placed).toMatchObject({ ok: false, what: expect.stringContaining("ENOENT") });
  });

  it("ends a program that takes too long", async () => {
    const end = await node(`console.error("begun"); setInterval(() => {}, 1000)`, { timeout: 0.5 });
    expect(end).toMatchObject({
      ok: false,
      what: "did not come to its end within 0.5 s, and was ended",
    });
  });

  it("says which signal ended a program", async () => {
    const end = await node(`process.kill(process.pid, "SIGKILL")`);
    expect(end).toMatchObject({ ok: false, what: "was killed by SIGKILL" });
  });

  it("ends a program that does not stop printing", async () => {
    let longest = 0;
    const end = await node(
      `
      const write = () => { while (process.stdout.write("x".repeat(65536))); };
      process.stdout.on("drain", write);
      write();
    `,
      {
        onLine: (line) => {
          longest = Math.max(longest, line.length);
        },
      },
    );
    expect(end.ok).toBe(false);
    expect(end.stdout.length).toBeLessThanOrEqual(2 ** 24);
    expect(longest).toBeLessThan(2 ** 20);
  });

  it("ends a program and what it started where it is interrupted, and throws the reason", async () => {
    const controller = new AbortController();
    const pids: number[] = [];
    const code = `
      const child = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
      console.log(process.pid + "\\n" + child.pid);
      setInterval(() => {}, 1000);
    `;
    const work = node(code, {
      signal: controller.signal,
      onLine(line) {
        pids.push(Number(line));
        if (pids.length === 2) {
          controller.abort(new Error("stop"));
        }
      },
    });
    await expect(work).rejects.toThrow("stop");
    expect(pids.length).toBe(2);
    await until(() => !pids.some(isRunning), "both have ended");
  });

  it("starts nothing where it is interrupted already", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(runProgram({ command: "/nowhere" }, { signal })).rejects.toThrow("stop");
  });
});

describe("withoutCredentials", () => {
  it.each([
    ["https://host/x", "https://host/x"],
    ["a HTTP://token@host b", "a HTTP://***@host b"],
    ["'https://me:p%40ss@host:8/x/'", "'https://***@host:8/x/'"],
    ["https://me:p@ss@host/x", "https://***@host/x"],
    ["ssh://git@host/x and git@host:x", "ssh://git@host/x and git@host:x"],
    ["https://host/a@b", "https://host/a@b"],
  ])("shows %j as %j", (text, shown) => {
    expect(withoutCredentials(text)).toBe(shown);
  });
});
