import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { start, succeed } from "../support/program.ts";
import { until } from "../support/wait.ts";

/** Code that writes a file and then another one, three seconds later. */
function slowCode(folder: string): string {
  const write = (name: string) => `#eval IO.FS.writeFile ${JSON.stringify(join(folder, name))} "x"`;
  return `def f := 1\n${write("begun")}\n#eval IO.sleep 3000\n${write("finished")}`;
}

describe("a program that is stopped while Lean works (Ctrl-Z, a paused container)", () => {
  it.each([
    ["add", (code: string) => ["add", "-c", code]],
    ["run", (code: string) => ["run", "base", "-c", code]],
  ])("does not count that time: %s", async (_command, args) => {
    const cwd = temporaryFolder();
    await succeed(["add", "-c", "def a := 1", "-n", "base"], { cwd });
    const { child, ended } = start([...args(slowCode(cwd)), "--timeout", "2"], { cwd });
    await until(() => existsSync(join(cwd, "begun")), "Lean runs the code");
    child.kill("SIGSTOP");
    await until(() => existsSync(join(cwd, "finished")), "Lean has run the code");
    child.kill("SIGCONT");
    expect(await ended).toMatchObject({ code: 0 });
  });

  it("still ends a request that takes too long", async () => {
    const cwd = temporaryFolder();
    const LOG = join(cwd, "repl.log");
    const repl = { HANG_ON: "slow", LOG };
    const { child, ended } = start(["add", "-c", "def slow := 1", "--timeout", "1"], { cwd, repl });
    await until(() => existsSync(LOG) && readLog(LOG).length > 3, "Lean hangs");
    child.kill("SIGSTOP");
    child.kill("SIGCONT");
    expect(await ended).toMatchObject({ code: 124 });
  });
});
