import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasSystemCode } from "../../src/errors.ts";
import { temporaryFolder } from "../support/folders.ts";
import { program, start } from "../support/program.ts";
import { programEnvironment } from "../support/program-environment.ts";
import { until } from "../support/wait.ts";

/** Whether somebody has opened a pipe to read it: else it cannot be opened to write without waiting. */
function hasReader(pipe: string): boolean {
  try {
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    if (hasSystemCode(error, "ENXIO")) {
      return false;
    }
    throw error;
  }
}

describe("code in a pipe", () => {
  it("is waited for, which the first signal ends", async () => {
    const cwd = temporaryFolder();
    execFileSync("mkfifo", [join(cwd, "pipe")]);
    const { child, ended } = start(["add", "pipe"], { cwd });
    await until(() => hasReader(join(cwd, "pipe")), "the pipe is read");
    child.kill("SIGTERM");
    const { code, stderr } = await ended;
    // Looking for the reader was a writer that wrote nothing.
    expect([code, stderr.replace("warning: pipe is empty.\n", "")]).toEqual([
      143,
      "error: Interrupted by SIGTERM.\n",
    ]);
  });

  it.each([
    ["nothing", "printf ''"],
    ["code", "printf 'def f := 1'"],
  ])("of a shell is taken as it is: %s", (_, writer) => {
    const command = `"${process.execPath}" "${program}" add -q <(${writer})`;
    const { stdout, stderr, status } = spawnSync("bash", ["-c", command], {
      cwd: temporaryFolder(),
      env: programEnvironment(),
      encoding: "utf8",
      timeout: 30_000,
    });
    expect([stdout, stderr, status]).toEqual(["-1\n", "", 0]);
  });
});
