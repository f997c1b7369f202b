import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { textWidth } from "../../src/output/table.ts";
import { readLog, simulatedRepl } from "../simulated-repl/index.ts";
import { addLines, useCache, useFolder } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { program, succeed } from "../support/program.ts";
import { idsIn, pickleAt } from "../support/stored-states.ts";
import { until } from "../support/wait.ts";

// util-linux's script gives the program a terminal; that of macOS takes other options.
const haveScript = spawnSync("script", ["--version"]).stdout?.toString().includes("util-linux");

interface Screen {
  child: ChildProcess;
  text(): string;
  ended: Promise<{ code: number | null; text: string }>;
}

/** Runs the program on a terminal. */
function onTerminal(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
  columns = 80,
): Screen {
  const words = [process.execPath, program, ...args].map((word) => `'${word}'`).join(" ");
  const { CI: _, NO_COLOR: __, ...own } = process.env;
  const child = spawn("script", ["-qec", `stty cols ${columns}; ${words}`, "/dev/null"], {
    cwd,
    env: { ...own, TERM: "xterm", LEAN_PICKLE_REPL: simulatedRepl, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  const ended = once(child, "close").then(([code]) => ({ code, text }));
  return { child, text: () => text, ended };
}

const base = { cmd: "def f := 1", name: "base" };

describe.skipIf(!haveScript)("on a terminal", () => {
  const filled = useCache([base]);
  const damaged = useFolder((cwd) => {
    addLines(cwd, [base, { cmd: "def g := 1", name: "a_name_that_is_longer_than_it_need_be" }]);
    rmSync(pickleAt(cwd, 1));
  });

  it("show --path escapes what the terminal would act on, which it leaves to programs", async () => {
    const cwd = join(temporaryFolder(), "\u001b[31mred\u009b");
    mkdirSync(cwd);
    filled(cwd);
    const { text } = await onTerminal(["show", "base", "--path"], cwd).ended;
    expect(text).toContain("/\\u001b[31mred\\u009b/session_cache/");
    expect(await succeed(["show", "base", "--path"], { cwd })).toContain(`${cwd}/session_cache/`);
  });

  it("clear lists what would go, asks, and removes nothing without a yes", async () => {
    const cwd = filled();
    const screen = onTerminal(["clear"], cwd);
    await until(() => screen.text().includes("[y/N]"), "it asks");
    expect(screen.text()).toMatch(/-1.*base.*def f := 1/);
    expect(screen.text()).toContain("Remove 1 state, 8.3 kB? [y/N]");
    screen.child.stdin?.write("\n");
    const { code, text } = await screen.ended;
    expect([code, text]).toEqual([1, expect.stringContaining("Nothing was removed.")]);
    expect(idsIn(cwd)).toEqual([-1]);
  });

  it("clear removes what it listed after a yes, and what came later stays", async () => {
    const cwd = filled();
    const screen = onTerminal(["clear"], cwd);
    await until(() => screen.text().includes("[y/N]"), "it asks");
    addLines(cwd, [{ cmd: "def later := 1" }]);
    screen.child.stdin?.write("y\n");
    expect((await screen.ended).code).toBe(0);
    expect(idsIn(cwd)).toEqual([-2]);
  });

  it("clear does not ask with --yes", async () => {
    const cwd = filled();
    const { code, text } = await onTerminal(["clear", "--yes"], cwd).ended;
    expect([code, text.includes("[y/N]")]).toEqual([0, false]);
    expect(idsIn(cwd)).toEqual([]);
  });

  it("prune lists what would go and why, asks, and removes nothing without a yes", async () => {
    const cwd = filled();
    const screen = onTerminal(["prune", "--max-size", "0"], cwd);
    await until(() => screen.text().includes("[y/N]"), "it asks");
    expect(screen.text()).toMatch(/-1.*base.* 8.3 kB .*size/);
    expect(screen.text()).toContain("Remove 1 state, 8.3 kB? [y/N]");
    screen.child.stdin?.write("\n");
    const { code, text } = await screen.ended;
    expect([code, text]).toEqual([1, expect.stringContaining("Nothing was removed.")]);
    expect(idsIn(cwd)).toEqual([-1]);
  });

  it("prune removes after a yes what it listed, but not what was used or added meanwhile", async () => {
    const cwd = filled();
    addLines(cwd, [{ cmd: "def g := 1", name: "second" }]);
    const screen = onTerminal(["prune", "--older-than", "0s"], cwd);
    await until(() => screen.text().includes("[y/N]"), "it asks");
    addLines(cwd, [{ cmd: "def f := 1" }, { cmd: "def later := 1" }]);
    screen.child.stdin?.write("y\n");
    const { code, text } = await screen.ended;
    expect(code).toBe(0);
    expect(text).toContain("Kept what was used or made again in the meantime: base.");
    expect(idsIn(cwd)).toEqual([-1, -3]);
  });

  it("prune does not ask where there is nothing to remove, or with --yes", async () => {
    const cwd = filled();
    const nothing = await onTerminal(["prune", "--damaged"], cwd).ended;
    expect([nothing.code, nothing.text.includes("[y/N]")]).toEqual([0, false]);
    const { code, text } = await onTerminal(["prune", "--max-size", "0", "--yes"], cwd).ended;
    expect([code, text.includes("[y/N]")]).toEqual([0, false]);
    expect(idsIn(cwd)).toEqual([]);
  });

  it.each([80, 40])("verify and prune have tables that fit %i columns", async (columns) => {
    const cwd = damaged();
    for (const args of [["verify"], ["prune", "--max-size", "0", "--damaged", "--dry-run"]]) {
      const { text } = await onTerminal(args, cwd, { NO_COLOR: "1" }, columns).ended;
      const lines = text.split("\r\n");
      const title = lines.findIndex((line) => /ID +(NAME|FINDING|SIZE)/.test(line));
      const row = lines.slice(title + 1).find((line) => line.startsWith("-2")) ?? "";
      expect(row).toMatch(args[0] === "verify" ? /pickle-missing +The pickle is mi/ : /damaged/);
      expect(textWidth(row)).toBeLessThanOrEqual(columns);
    }
  });

  it("Ctrl-C at the question is an interrupt, and no error", async () => {
    const cwd = filled();
    const screen = onTerminal(["clear"], cwd);
    await until(() => screen.text().includes("[y/N]"), "it asks");
    screen.child.stdin?.write("\u0003");
    const { code, text } = await screen.ended;
    expect(code).toBe(130);
    expect(text).toContain("Interrupted by SIGINT");
    expect(text).not.toMatch(/\bat .*\.js:\d+/);
  });

  it("Ctrl-C while Lean works ends the work in order, and gives the cursor back", async () => {
    const cwd = filled();
    const log = join(cwd, "repl.log");
    const env = { SIMULATED_REPL_LOG: log, SIMULATED_REPL_HANG_ON: "def g" };
    const screen = onTerminal(["add", "-c", "def g := 1"], cwd, env);
    await until(() => screen.text().includes("Running <code>"), "the spinner turns");
    await until(() => existsSync(log) && readLog(log).length > 1, "Lean runs");
    screen.child.stdin?.write("\u0003");
    const { code, text } = await screen.ended;
    expect(code).toBe(130);
    expect(text.lastIndexOf("\u001b[?25h")).toBeGreaterThan(text.lastIndexOf("\u001b[?25l"));
  });

  it("ls is in colour and fits, and is plain with NO_COLOR", async () => {
    const cwd = filled();
    const goal =
      "theorem t (p q r : Prop) : p ∧ q ∧ r ∧ p ∧ q ∧ r ∧ p ∧ q ∧ r ∧ p ∧ q ∧ r := by sorry";
    addLines(cwd, [{ cmd: goal, sorry: 0 }]);
    const colored = await onTerminal(["ls"], cwd).ended;
    expect(colored.text).toContain("\u001b[36m-1\u001b[39m");
    const plain = await onTerminal(["ls"], cwd, { NO_COLOR: "1" }).ended;
    expect(plain.text).not.toContain("\u001b[3");
    expect(plain.text).toContain("…");
    const widths = plain.text.split("\r\n").map((line) => [...line].length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(80);
  });

  it("ls --tree fits a narrow terminal, and says how deep a state is where there is no room", async () => {
    const cwd = filled();
    const chain = [1, 2, 3, 4, 5].map((index) => ({
      name: `x${index}`,
      from: index === 1 ? "base" : `x${index - 1}`,
      cmd: `def x${index} := 1\n-- 漢字e\u0301 漢字漢字漢字漢字漢字漢字`,
    }));
    addLines(cwd, [...chain, { from: "x1", cmd: "def side := 1" }]);
    const { code, text } = await onTerminal(["ls", "--tree"], cwd, { NO_COLOR: "1" }, 40).ended;
    const lines = text.trimEnd().split("\r\n");
    expect(code).toBe(0);
    expect(Math.max(...lines.map(textWidth))).toBeLessThanOrEqual(40);
    expect(lines[0]).toMatch(/^ID +NAME +.*SUMMARY$/);
    expect(lines.slice(1).map((line) => /^.*?-\d+/.exec(line)?.[0])).toEqual([
      "-1",
      "└─ -2",
      "   ├─ -3",
      "   │  ├─3─ -4",
      "   │  ├─4─ -5",
      "   │  └─5─ -6",
      "   └─ -7",
    ]);
    const colored = await onTerminal(["ls", "--tree"], cwd, {}, 40).ended;
    expect(colored.text).toContain("└─ \u001b[36m-2\u001b[39m");
  });

  it.each([80, 40])("reload ends with a table that fits %i columns", async (columns) => {
    const cwd = damaged();
    const { code, text } = await onTerminal(["reload"], cwd, { NO_COLOR: "1" }, columns).ended;
    const lines = text.trimEnd().split("\r\n");
    const title = lines.findIndex((line) => /ID +NAME +(KIND +)?STATUS +WHY$/.test(line));
    expect(code).toBe(3);
    expect(lines[title + 1]).toMatch(/^-2 +a_name.* damaged +Its p.*…$/);
    expect(textWidth(lines[title + 1] ?? "")).toBeLessThanOrEqual(columns);
    expect(lines[title + 2]).toMatch(/^Loaded 1 state, 1 not, in /);
  });
});
