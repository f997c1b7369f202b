import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { textWidth } from "../../src/output/table.ts";
import { namedLines } from "../support/batches.ts";
import { useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { program, succeed } from "../support/program.ts";
import { programEnvironment } from "../support/program-environment.ts";

/** Runs a line of bash, in which `lean-pickle` is the built program. */
function bash(line: string, cwd: string, env: NodeJS.ProcessEnv = {}) {
  const lean = `lean-pickle() { "${process.execPath}" "${program}" "$@"; }\n`;
  return spawnSync("bash", ["-c", `set -o pipefail; ${lean}${line}`], {
    cwd,
    env: programEnvironment({}, env),
    encoding: "utf8",
  });
}

const filled = useCache([
  ...namedLines(30),
  { cmd: "theorem t (α : Prop) (h : α) : α := by sorry", sorry: 0, name: "ziel_α" },
]);

describe("standard output and error as shells connect them", () => {
  it.each(["reload", "ls", "ls --json", "verify --json"])(
    "a reader that ends early is no error: %s | head -1",
    async (command) => {
      const { status, stdout, stderr } = bash(`lean-pickle ${command} 2>err | head -1`, filled());
      expect([status, stdout.split("\n").length, stderr]).toEqual([0, 2, ""]);
    },
  );

  it.each([
    ["add -c 'def f0 := 0'", 0, "-1\n"],
    ["ls -q n0", 0, "-1\n"],
    ["reload n0", 0, "-1\tenvironment\tenv 1\tloaded\n"],
    ["show nothing", 4, ""],
    ["add -c '#check nope'", 1, ""],
  ])("a closed standard error changes no result: %s", async (command, code, output) => {
    const { status, stdout } = bash(`lean-pickle ${command} 2>&-`, filled());
    expect([status, stdout]).toEqual([code, output]);
  });

  it("a closed standard output loses no state", async () => {
    const cwd = temporaryFolder();
    expect(bash("lean-pickle add -c 'def f := 1' >&-", cwd).status).toBe(0);
    expect(await succeed(["ls", "-q"], { cwd })).toBe("-1");
  });
});

describe("the locale and the terminal", () => {
  it.each([
    ["LC_ALL=C", { LC_ALL: "C" }],
    ["LC_ALL=POSIX, LANG=C", { LC_ALL: "POSIX", LANG: "C" }],
    ["TERM=dumb", { TERM: "dumb" }],
    ["no TERM", { TERM: undefined }],
  ])("change no character of Lean's text, and add none: %s", async (_what, env) => {
    const cwd = filled();
    const goal = "α : Prop\nh : α\n⊢ α";
    const shown = bash("lean-pickle show ziel_α --json", cwd, env);
    expect(JSON.parse(shown.stdout).goals).toEqual([goal]);
    const { stdout, stderr } = bash("lean-pickle run ziel_α -t 'skip'", cwd, env);
    expect([stdout, stderr]).toEqual([`${goal}\n\nIncomplete: open goals remain\n`, ""]);
  });

  it("a terminal of 40 columns gets rows of 40, whatever the terminal can do", async () => {
    const cwd = filled();
    for (const TERM of ["xterm", "dumb"]) {
      const line = `script -qec 'stty cols 40; "${process.execPath}" "${program}" ls' /dev/null`;
      const { stdout, status } = bash(line, cwd, { TERM, NO_COLOR: "1" });
      const rows = stdout.trim().split(/\r?\n/);
      expect([status, rows.length]).toEqual([0, 32]);
      expect(rows.filter((row) => textWidth(row) > 40)).toEqual([]);
    }
  });
});
