import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { isRunning } from "../support/processes.ts";
import { run, start, succeed } from "../support/program.ts";
import { until } from "../support/wait.ts";

const filled = useCache([{ cmd: "def f := 1", name: "base" }]);

describe("an interrupted add", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("leaves nothing behind after %s, and exits with %i", async (signal, exitCode) => {
    const cwd = filled();
    const before = readFileSync(join(cwd, "lean-pickle.json"), "utf8");
    const log = join(temporaryFolder(), "repl.log");
    // While Lean runs, and while it is in the middle of writing the pickle.
    for (const fault of [{ HANG_ON: "def g" }, { HANG_IN_PICKLE_AT: "1" }]) {
      const asked = readLog(log).length;
      const { child, ended } = start(["add", "-c", "def g := 1"], {
        cwd,
        repl: { LOG: log, ...fault },
      });
      const wanted = "HANG_ON" in fault ? "command" : "pickleEnv";
      await until(
        () =>
          readLog(log)
            .slice(asked)
            .some(({ detail }) => detail === wanted),
        `the REPL was asked for ${wanted}`,
      );
      child.kill(signal);
      const { code, stdout, stderr } = await ended;
      expect([code, stdout]).toEqual([exitCode, ""]);
      expect(stderr).toContain(`Interrupted by ${signal}`);
      expect(stderr).not.toMatch(/\bat .*\.js:\d+/);
      const repl = readLog(log).findLast(({ event }) => event === "start")?.pid ?? 0;
      expect(isRunning(repl)).toBe(false);
      expect(readdirSync(join(cwd, "session_cache", "tmp"))).toEqual([]);
      expect(
        readdirSync(join(cwd, "session_cache")).filter((name) => name.includes("lock")),
      ).toEqual([]);
      expect(readFileSync(join(cwd, "lean-pickle.json"), "utf8")).toBe(before);
    }
  });

  it("ends at once at the second signal, and leaves no REPL behind", async () => {
    const cwd = temporaryFolder();
    const log = join(cwd, "repl.log");
    const repl = { LOG: log, HANG_ON: "def g", IGNORE_SIGTERM: "1" };
    const { child, ended } = start(["add", "-c", "def g := 1"], { cwd, repl });
    await until(() => readLog(log).some(({ detail }) => detail === "command"), "Lean runs");
    child.kill("SIGINT");
    child.kill("SIGTERM");
    const { code, signal } = await ended;
    expect(code).toBeNull();
    expect(["SIGINT", "SIGTERM"]).toContain(signal);
    const pid = readLog(log)[0]?.pid ?? 0;
    await until(() => !isRunning(pid), "the REPL has ended");
  });
});

describe("an add that fails", () => {
  it("shows Lean's message with its position, and adds nothing", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "Bad.lean"), 'def ok := 1\n\ndef f : Nat := "x"\n');
    const { code, stdout, stderr } = await run(["add", "Bad.lean"], { cwd });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^Bad\.lean:3:15: error: [Tt]ype mismatch/m);
    expect(existsSync(join(cwd, "lean-pickle.json"))).toBe(false);
  });

  it("keeps a state with errors where that is wanted", async () => {
    const cwd = temporaryFolder();
    const args = ["add", "-c", 'def f : Nat := "x"', "--allow-errors"];
    const { code, stdout, stderr } = await run(args, { cwd });
    expect([code, stdout]).toEqual([0, "-1\n"]);
    expect(stderr).toContain("<code>:1:15: error:");
  });

  it("says how the REPL died, with the end of its standard error, and adds nothing", async () => {
    const cwd = temporaryFolder();
    const { code, stdout, stderr } = await run(["add", "-c", "def f := 1"], {
      cwd,
      repl: { CRASH_ON: "def f" },
    });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/exited with code 1; it was asked .*def f/);
    expect(stderr).toContain("uncaught exception");
    expect(stderr).not.toMatch(/\bat .*\.js:\d+/);
    expect(existsSync(join(cwd, "lean-pickle.json"))).toBe(false);
  });

  it("exits with 124 where Lean does not answer in time", async () => {
    const cwd = temporaryFolder();
    const { code, stderr } = await run(["add", "--timeout", "0.5", "-c", "def f := 1"], {
      cwd,
      repl: { HANG_ON: "def f" },
    });
    expect(code).toBe(124);
    expect(stderr).toContain("did not answer within 0.5 s");
  });

  it("exits with 11 where another process holds the lock for too long", async () => {
    const cwd = filled();
    mkdirSync(join(cwd, "session_cache", "manifest.lock"));
    const { code, stderr } = await run(["rm", "-1", "--lock-timeout", "0.2"], { cwd });
    expect(code).toBe(11);
    expect(stderr).toContain("was locked for 0.2 s");
    expect(await succeed(["ls", "-q"], { cwd })).toBe("-1");
  });

  it("exits with 6 where the manifest is damaged, and leaves it alone", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "lean-pickle.json"), "junk");
    for (const args of [
      ["ls"],
      ["add", "-c", "x"],
      ["rm", "x"],
      ["clear"],
      ["reload"],
      ["show", "x"],
    ]) {
      const { code, stderr } = await run(args, { cwd });
      expect([args[0], code]).toEqual([args[0], 6]);
      expect(stderr).toContain("it is not JSON");
    }
    expect(readFileSync(join(cwd, "lean-pickle.json"), "utf8")).toBe("junk");
  });

  it("exits with 6 where a later lean-pickle wrote the manifest, and says so", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "lean-pickle.json"), '{"version": 2}');
    const { code, stderr } = await run(["add", "-c", "def f := 1"], { cwd });
    expect(code).toBe(6);
    expect(stderr).toMatch(/a later lean-pickle wrote it \(version 2.*Use that lean-pickle/s);
    expect(readFileSync(join(cwd, "lean-pickle.json"), "utf8")).toBe('{"version": 2}');
  });

  it("exits with 124 where a state takes too long to restore, and names it", async () => {
    const cwd = filled();
    const args = ["add", "--from", "base", "-c", "def g := 1", "--timeout", "0.5"];
    const { code, stderr } = await run([...args, "--restore", "pickle"], {
      cwd,
      repl: { HANG_ON: "unpickleEnvFrom" },
    });
    expect(code).toBe(124);
    expect(stderr).toMatch(/State -1 was not restored \(timeout\)\. .*within 0\.5 s.*--timeout/s);
    // If the recipe hangs, the pickle is used, and that is said.
    const hanging = await run(args, { cwd, repl: { HANG_ON: "def f := 1" } });
    expect(hanging.code).toBe(0);
    expect(hanging.stderr).toMatch(/base.*did not answer within 0\.5 s.*restored by its pickle/s);
  });

  it("exits with 5 where there is no REPL, and says how to get one", async () => {
    const cwd = temporaryFolder();
    for (const repl of ["", "/no/such/repl", cwd, "/etc/passwd"]) {
      const { code, stderr } = await run(["add", "-c", "def f := 1"], {
        cwd,
        env: { LEAN_PICKLE_REPL: repl },
      });
      expect([repl, code]).toEqual([repl, 5]);
      expect(stderr).toMatch(/"lean-pickle setup" builds the one that fits/);
      expect(stderr).toMatch(/"lean-pickle doctor" shows what was found/);
    }
  });
});
