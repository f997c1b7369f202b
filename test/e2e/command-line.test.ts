import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folders.ts";
import { run, succeed } from "../support/program.ts";

const COMMANDS = ["add", "rm", "ls", "reload", "clear", "show", "verify", "prune"];

describe("help", () => {
  it("lists the commands, on standard output", async () => {
    const cwd = temporaryFolder();
    const text = await succeed(["--help"], { cwd });
    expect(COMMANDS.filter((command) => !new RegExp(`^  ${command} `, "m").test(text))).toEqual([]);
  });

  it.each(COMMANDS)("of %s has an example, and every option of all commands", async (command) => {
    const cwd = temporaryFolder();
    const text = await succeed([command, "--help"], { cwd });
    expect(text).toMatch(new RegExp(`^ {2}\\$ lean-pickle ${command}`, "m"));
    expect(text).toContain("--working-dir");
    expect(await succeed(["help", command], { cwd })).toBe(text);
  });

  it("is shown, as an error, where there is no command", async () => {
    const { code, stdout, stderr } = await run([], { cwd: temporaryFolder() });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: lean-pickle <command>");
    expect(stderr).not.toContain("error:");
  });

  it("tells the version of the package", async () => {
    const { version } = JSON.parse(
      readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
    );
    expect(await succeed(["--version"], { cwd: temporaryFolder() })).toBe(version);
  });
});

describe("a wrong command line", () => {
  it.each<[string[], RegExp]>([
    [["ad"], /unknown command 'ad'\s+\(Did you mean add\?\)/],
    [["relaod"], /Did you mean reload\?/],
    [["help", "relaod"], /unknown command 'relaod'\s+\(Did you mean reload\?\)/],
    [["--jsn", "ls"], /Did you mean --json\?/],
    [
      ["add", "--alow-errors"],
      /unknown option '--alow-errors'\s+\(Did you mean --allow-errors\?\)/,
    ],
    [["ls", "--jsn"], /Did you mean --json\?/],
    [["ls", "--kind", "proof"], /Allowed choices are environment, proof-state/],
    [["rm"], /missing required argument 'states'/],
    [["show"], /missing required argument 'state'/],
    [["show", "-1", "-2"], /too many arguments/],
    [["add"], /nothing to do/],
    [["add", "-c", "x", "-n", "9"], /"9" cannot be the name/],
    [["add", "-c", "x", "-n", ""], /"" cannot be the name/],
    [["add", "-c", "x", "--replace"], /give it with -n/],
    [["add", "-c", "x", "--sorry", "-1"], /number from 0/],
    [["add", "-", "-"], /can be read once/],
    [["add", "-t", "rfl"], /needs a proof state/],
    [["ls", "--timeout", "0"], /number of seconds/],
    [["ls", "--timeout", "1e3"], /number of seconds/],
    [["ls", "--memory-limit", "1.5"], /whole number of MiB/],
    [["ls", "-d", ""], /It is empty/],
  ])("%j is answered with what is wrong, and exit code 2", async (args, message) => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await run(args, { cwd });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("is told as JSON where that is wanted", async () => {
    const { stderr } = await run(["ls", "--json", "--nope"], { cwd: temporaryFolder() });
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "usage", message: /nope/ } });
  });
});

describe("options", () => {
  it("count before and behind the command, and before the environment", async () => {
    const [cwd, other] = [temporaryFolder(), temporaryFolder()];
    await succeed(["add", "-c", "def f := 1", "-d", other], { cwd });
    expect(readdirSync(cwd)).toEqual([]);
    expect(await succeed(["-d", other, "ls", "-q"], { cwd })).toBe("-1");
    expect(await succeed(["ls", "-q"], { cwd, env: { LEAN_PICKLE_DIR: other } })).toBe("-1");
    const env = { LEAN_PICKLE_DIR: cwd };
    expect(await succeed(["-d", other, "ls", "-q"], { cwd, env })).toBe("-1");
    expect(await succeed(["ls", "-d", other, "-q"], { cwd, env })).toBe("-1");
  });

  it("of the environment are checked, and are not there where they are empty", async () => {
    const cwd = temporaryFolder();
    const wrong = await run(["ls"], { cwd, env: { LEAN_PICKLE_TIMEOUT: "soon" } });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain("LEAN_PICKLE_TIMEOUT");
    const env = { LEAN_PICKLE_DIR: "", LEAN_PICKLE_TIMEOUT_PER_STATE: "" };
    await succeed(["reload"], { cwd, env });
  });

  it("are values where a value is due, even if they look like options", async () => {
    const cwd = temporaryFolder();
    const { code, stderr } = await run(["add", "-c", "-q"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toMatch(/<code>:1:0: error/);
  });
});
