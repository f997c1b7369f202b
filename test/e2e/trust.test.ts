import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../src/store/manifest/schema.ts";
import { readLog, simulatedRepl } from "../simulated-repl/index.ts";
import { jsonLines } from "../support/batches.ts";
import { useCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { type Ended, program, run, succeed } from "../support/program.ts";
import { THEOREM } from "../support/states.ts";
import { readManifest } from "../support/stored-states.ts";

const CODE = "def f := 42";
const ONLY_WITH_TRUST = "it is loaded only with --trust";
const isRoot = process.geteuid?.() === 0;

const copy = useCache([
  { cmd: CODE, name: "base" },
  { from: "base", cmd: THEOREM, sorry: 0, name: "goal" },
]);

/** A cache with an environment and a proof state. */
function fill(): { cwd: string; manifest: Manifest; pickles: string[] } {
  const cwd = copy();
  const manifest = readManifest(cwd);
  return { cwd, manifest, pickles: manifest.states.map(({ pickleFile }) => join(cwd, pickleFile)) };
}

/** What the stand-in was asked to unpickle while something was done. */
async function unpickledDuring(
  work: (repl: Record<string, string>) => Promise<unknown>,
): Promise<number> {
  const log = join(temporaryFolder(), "repl.log");
  await work({ LOG: log });
  return readLog(log).filter(({ detail }) => detail.startsWith("unpickle")).length;
}

describe("a pickle that everyone could have written", () => {
  it("is not given to Lean, and the error says which and what to do", async () => {
    const { cwd, pickles } = fill();
    const [pickle = ""] = pickles;
    chmodSync(pickle, 0o646);
    writeFileSync(join(cwd, "batch.jsonl"), jsonLines([{ from: "base", cmd: "def h := 1" }]));
    const refused: Ended[] = [];
    const asked = await unpickledDuring(async (repl) => {
      for (const args of [
        ["run", "base", "-c", "#check f"],
        ["add", "--from", "base", "-c", "def g := 1"],
        ["add", "--batch", "batch.jsonl"],
        ["reload", "base"],
        ["ls", "--check", "base"],
      ]) {
        refused.push(await run([...args, "--restore", "pickle"], { cwd, repl }));
      }
      // The recipe is one's own, and needs no pickle.
      await succeed(["run", "base", "-c", "#check f"], { cwd, repl });
    });
    expect(asked).toBe(0);
    expect(
      await unpickledDuring((repl) =>
        run(["run", "goal", "-t", "skip", "--restore", "pickle"], { cwd, repl }),
      ),
    ).toBeGreaterThan(0);
    for (const { code, stderr } of refused) {
      expect(stderr).toContain(`${pickle} can be written by everyone`);
      expect(stderr).toContain(ONLY_WITH_TRUST);
      expect(code).toBe(1);
    }
    expect(refused[0]?.stderr).toContain('"chown" or "chmod o-w" it');
    expect(refused[3]?.stdout).toBe("-1\tenvironment\t-\tfailed\n");
    const { stderr } = await run(["run", "--json", "base", "-c", "x", "--restore", "pickle"], {
      cwd,
    });
    expect(JSON.parse(stderr).error).toMatchObject({ code: "untrusted" });
  });

  it("is loaded with --trust, on either side of the command", async () => {
    const { cwd, pickles } = fill();
    chmodSync(pickles[0] ?? "", 0o646);
    const found = await succeed(["--trust", "run", "base", "-c", "#check f"], { cwd });
    expect(found).toBe("<code>:1:0: info: f : Nat");
    expect(await succeed(["add", "--from", "base", "-c", "def g := 1", "--trust"], { cwd })).toBe(
      "-3",
    );
    expect(await succeed(["reload", "--trust", "-q"], { cwd })).toMatch(/(\tloaded\n?){1}$/);
  });

  it("is made again by --repair, with a pickle of the user's own", async () => {
    const { cwd, pickles } = fill();
    chmodSync(pickles[0] ?? "", 0o646);
    expect(await succeed(["reload", "--repair", "-q", "base"], { cwd })).toMatch(/\trepaired$/);
    expect(await succeed(["reload", "-q", "base"], { cwd })).toMatch(/\tloaded$/);
  });

  it("answers a hit, and is listed, shown and removed, without --trust", async () => {
    const { cwd } = fill();
    chmodSync(join(cwd, "session_cache"), 0o777);
    expect(await succeed(["add", "-c", CODE], { cwd })).toBe("-1");
    expect(await succeed(["ls", "-q"], { cwd })).toBe("-1\n-2");
    expect(await succeed(["show", "goal"], { cwd })).toContain("⊢ p ∧ q");
    expect((await run(["key", "-c", CODE], { cwd })).stderr).toBe("hit: base\n");
    expect(await succeed(["rm", "base"], { cwd })).toBe("-1");
  });
});

describe("a manifest that everyone could have written", () => {
  it("has none of its code run, not even by --repair", async () => {
    const { cwd, manifest, pickles } = fill();
    const path = join(cwd, "lean-pickle.json");
    const [state] = manifest.states;
    Object.assign(manifest.recipes[state?.key ?? ""]?.step ?? {}, { cmd: "def evil := 1" });
    writeFileSync(path, JSON.stringify(manifest));
    chmodSync(path, 0o666);
    chmodSync(pickles[0] ?? "", 0o600);
    writeFileSync(pickles[0] ?? "", "damaged");
    const log = join(temporaryFolder(), "repl.log");
    const repaired = await run(["reload", "--repair"], { cwd, repl: { LOG: log } });
    expect(repaired.code).toBe(1);
    expect(repaired.stderr).toContain(
      `${path} can be written by everyone, so somebody else could have written its recipe`,
    );
    expect(readLog(log).filter(({ event }) => event === "request")).toEqual([]);
  });
});

describe("a manifest that everyone can write", () => {
  it.each([
    ["add", "-c", "def g := 1"],
    ["add", "-c", CODE, "-n", "other"],
    ["rm", "base"],
    ["clear", "--yes"],
    ["prune", "--max-size", "0"],
  ])("is not made one's own by a change without --trust: %s %s %s", async (...args) => {
    const { cwd } = fill();
    const path = join(cwd, "lean-pickle.json");
    const before = readFileSync(path, "utf8");
    chmodSync(path, 0o646);
    const { code, stderr, stdout } = await run(args, { cwd });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`${path} can be written by everyone`);
    expect(stderr).toContain("only with --trust");
    expect(readFileSync(path, "utf8")).toBe(before);
    await succeed([...args, "--trust"], { cwd });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is not restored from a backup that everyone can write, without --trust", async () => {
    const { cwd } = fill();
    writeFileSync(join(cwd, "lean-pickle.json"), "{");
    const backup = join(cwd, "session_cache", "manifest.bak");
    chmodSync(backup, 0o646);
    const { code, stderr } = await run(["verify", "--repair"], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain(`${backup} can be written by everyone`);
    expect(readFileSync(join(cwd, "lean-pickle.json"), "utf8")).toBe("{");
    expect((await run(["verify", "--repair", "--trust"], { cwd })).stderr).toContain("Restored");
  });
});

describe("what belongs to another user", () => {
  it.runIf(isRoot)("is not given to Lean without --trust (only root can set this up)", async () => {
    const { cwd, pickles } = fill();
    chownSync(pickles[0] ?? "", 1234, 1234);
    const args = ["run", "base", "-c", "#check f", "--restore", "pickle"];
    const { code, stderr } = await run(args, { cwd });
    expect(stderr).toContain(`${pickles[0]} belongs to another user (uid 1234)`);
    expect(code).toBe(1);
    await succeed([...args, "--trust"], { cwd });
  });
});

describe("a umask of 000", () => {
  it("makes nothing that others could write, nor read", async () => {
    const cwd = join(temporaryFolder(), "made", "by", "add");
    const shell = `umask 000; "$@"`;
    const add = [process.execPath, program, "add", "-d", cwd, "-c", CODE, "-n", "base"];
    const env = { ...process.env, LEAN_PICKLE_REPL: simulatedRepl };
    execFileSync("sh", ["-c", shell, "sh", ...add], { env, stdio: "ignore" });
    execFileSync("sh", ["-c", shell, "sh", ...add.slice(0, 3), "-d", cwd, "-c", "def g := 1"], {
      env,
      stdio: "ignore",
    });
    const names = ["", ...readdirSync(cwd, { recursive: true, encoding: "utf8" })];
    const modes = names.map((name) => statSync(join(cwd, name)).mode.toString(8));
    expect(new Set(modes)).toEqual(new Set(["40700", "100600", "100400"]));
    expect(await succeed(["reload", "-q"], { cwd })).toMatch(
      /^(-\d\tenvironment\t.*\tloaded\n?)+$/,
    );
  });
});

describe("a pickle with a second name", () => {
  it("is loaded, and its times are left alone, since the other name may be anywhere", async () => {
    const { cwd, pickles } = fill();
    const other = join(temporaryFolder(), "other");
    execFileSync("ln", [pickles[0] ?? "", other]);
    execFileSync("touch", ["-d", "2020-01-01", other]);
    const { mtimeMs } = statSync(other);
    expect(await succeed(["add", "-c", CODE], { cwd })).toBe("-1");
    await succeed(["run", "base", "-c", "#check f"], { cwd });
    expect(statSync(other).mtimeMs).toBe(mtimeMs);
  });
});
