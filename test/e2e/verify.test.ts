import { randomInt } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/all.ts";
import { readLog } from "../simulated-repl/index.ts";
import { jsonLines } from "../support/batches.ts";
import { addLines, useFolder } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { run, start, succeed } from "../support/program.ts";
import { changedBetween, snapshot } from "../support/snapshots.ts";
import { flipBit, idsIn, makeOld, pickleAt, storedStates } from "../support/stored-states.ts";

// Not in one batch: the backup is to know the first of them, and not the second.
const copy = useFolder((cwd) => {
  addLines(cwd, [{ cmd: "def f := 1", name: "base" }]);
  addLines(cwd, [{ cmd: "def g := 1" }]);
});

/** A cache with two states, and where their pickles are. */
function filled(): { cwd: string; pickles: [string, string] } {
  const cwd = copy();
  return { cwd, pickles: [pickleAt(cwd, 0), pickleAt(cwd, 1)] };
}

describe("verify", () => {
  it("finds nothing in a cache that is in order, starts no REPL and changes nothing", async () => {
    const { cwd } = filled();
    const log = join(temporaryFolder(), "repl.log");
    const before = snapshot(cwd);
    const { code, stdout, stderr } = await run(["verify"], { cwd, repl: { LOG: log } });
    expect([code, stdout, stderr]).toEqual([0, "", "Verified 2 states, 17 kB: nothing found.\n"]);
    expect(existsSync(log)).toBe(false);
    expect(changedBetween(before, snapshot(cwd))).toEqual({ written: [], touched: [] });
    expect(await run(["verify", "-q"], { cwd })).toMatchObject({ code: 0, stdout: "", stderr: "" });
    const document = JSON.parse(await succeed(["verify", "--json"], { cwd }));
    expect(document).toMatchObject({ repaired: null, states: 2, findings: [], notes: [] });
  });

  it("says what it found, in a table and as data, and what to do about it", async () => {
    const { cwd, pickles } = filled();
    const [path] = pickles;
    flipBit(path, 99_999);
    const left = join(cwd, "session_cache", "tmp", "0123456789abcdef");
    writeFileSync(left, "12345");
    makeOld(left, 4000);
    const { code, stdout, stderr } = await run(["verify"], { cwd });
    expect(code).toBe(1);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^ID +NAME +FINDING +WHAT +FILE$/),
      expect.stringMatching(/^-1 +base +pickle-content +The pickle is not .* +session_cache\//),
      expect.stringMatching(/^ - +- +garbage +.* +session_cache\/tmp\/0123456789abcdef$/),
      "",
    ]);
    expect(stderr).toContain("Verified 2 states, 17 kB: 2 findings.");
    expect(stderr).toContain('"lean-pickle reload --repair" makes damaged states again');
    expect(stderr).toContain('"lean-pickle prune" removes the garbage: 1 file, 5 B.');
    const json = await run(["verify", "--json"], { cwd });
    expect([json.code, json.stderr]).toEqual([1, ""]);
    expect(JSON.parse(json.stdout).findings).toMatchObject([
      { code: "pickle-content", sessionId: -1, name: "base", path },
      { code: "garbage", sessionId: null, name: null, path: left, bytes: 5 },
    ]);
    // What is wrong is wrong until something is done about it, and each command does its part.
    await run(["prune"], { cwd });
    await succeed(["reload", "--repair"], { cwd });
    expect((await run(["verify"], { cwd })).code).toBe(0);
  });

  it("looks at the states that it is asked about, and says which are not there", async () => {
    const { cwd, pickles } = filled();
    flipBit(pickles[0], 5);
    expect((await run(["verify", "-2"], { cwd })).code).toBe(0);
    expect((await run(["verify", "base"], { cwd })).code).toBe(1);
    const partly = await run(["verify", "-2", "nobody"], { cwd });
    expect([partly.code, partly.stderr]).toEqual([3, expect.stringContaining("no state nobody")]);
    expect((await run(["verify", "nobody"], { cwd })).code).toBe(4);
    expect((await run(["verify", "base", "nobody"], { cwd })).code).toBe(1);
  });

  it("shows no control character of a name, and leaves alone what is not its own", async () => {
    const { cwd } = filled();
    const name = "\u001b]0;title\u0007\u009b2J\nrm";
    for (const folder of ["session_cache", "session_cache/tmp"]) {
      writeFileSync(join(cwd, folder, name), "");
      makeOld(join(cwd, folder, name), 4000);
    }
    const { code, stdout, stderr } = await run(["verify"], { cwd });
    expect(code).toBe(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
    expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(stdout).toContain("\\u001b]0;title\\u0007\\u009b2J rm");
    expect(stderr).toMatch(/Not of lean-pickle, and left alone: .*title/);
  });

  it("finds 300 of 300 flipped bits at random places, of which reload hands none to Lean", async () => {
    const { folder: cwd, states } = storedStates(Array.from({ length: 300 }, () => ({})));
    for (const { pickleFile, bytes } of states) {
      flipBit(join(cwd, pickleFile), randomInt(bytes * 8));
    }
    const log = join(temporaryFolder(), "repl.log");
    const { code, stdout } = await run(["verify", "--json"], { cwd });
    const found: { code: string }[] = JSON.parse(stdout).findings;
    expect([code, found.filter((each) => each.code === "pickle-content")]).toEqual([1, found]);
    expect(found).toHaveLength(300);
    const reload = await run(["reload", "--json"], { cwd, repl: { LOG: log } });
    const verdicts: { status: string }[] = JSON.parse(reload.stdout).states;
    expect(verdicts.filter(({ status }) => status === "damaged")).toHaveLength(300);
    const asked = readLog(log).filter(({ detail }) => /unpickle/i.test(detail));
    expect(asked).toEqual([]);
  });

  it("finds nothing while other processes add, remove and make again", async () => {
    const { cwd } = filled();
    const lines = Array.from({ length: 150 }, (_, n) => ({ cmd: `def f${n} := ${n}` }));
    writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
    const others = [
      start(["add", "--batch", "batch.jsonl"], { cwd }),
      ...["def f := 1", "def g := 1"].map((code) => start(["add", "--force", "-c", code], { cwd })),
    ];
    let isOver = false;
    const adding = Promise.all(others.map(({ ended }) => ended)).finally(() => {
      isOver = true;
    });
    const removing = (async () => {
      const codes = [];
      for (let id = -3; !isOver; id--) {
        codes.push((await run(["rm", "-f", String(id)], { cwd })).code);
      }
      return codes;
    })();
    while (!isOver) {
      const { code, stdout, stderr } = await run(["verify"], { cwd });
      expect([code, stdout], stderr).toEqual([0, ""]);
    }
    expect((await adding).map(({ code, stderr }) => (code === 0 ? "" : stderr))).toEqual([
      "",
      "",
      "",
    ]);
    expect(new Set(await removing)).toEqual(new Set([0]));
    expect((await run(["verify"], { cwd })).code).toBe(0);
  });
});

describe("a damaged manifest", () => {
  const ARGUMENTS: Record<string, string[]> = {
    add: ["-c", "def h := 1"],
    key: ["-c", "def h := 1", "--explain"],
    rm: ["base"],
    show: ["base"],
    run: ["base", "-c", "#check f"],
  };

  it("is an error of every command that reads it, which points to what restores it", async () => {
    const { cwd } = filled();
    writeFileSync(join(cwd, "lean-pickle.json"), "junk");
    const before = snapshot(cwd);
    const reading = Object.keys(COMMANDS).filter(
      (name) => !["doctor", "setup", "completion"].includes(name),
    );
    for (const name of reading) {
      const { code, stdout, stderr } = await run([name, ...(ARGUMENTS[name] ?? [])], { cwd });
      expect([name, code, stdout]).toEqual([name, 6, ""]);
      expect(stderr).toContain('is good: "lean-pickle verify --repair" restores it.');
    }
    expect(changedBetween(before, snapshot(cwd))).toEqual({ written: [], touched: [] });
  });

  it("is restored from its backup, and no id comes twice", async () => {
    const { cwd, pickles } = filled();
    const [, lost] = pickles;
    const text = readFileSync(join(cwd, "lean-pickle.json"), "utf8");
    writeFileSync(join(cwd, "lean-pickle.json"), text.slice(0, 100));
    const { code, stdout, stderr } = await run(["verify", "--repair"], { cwd });
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("Restored the manifest, with 1 state, from");
    expect(stderr).toContain(`It does not know the pickle ${lost}, 8.3 kB, which is kept.`);
    const [aside = ""] = readdirSync(cwd).filter((name) => name.includes(".damaged."));
    expect(stderr).toContain(`What stood in its place is kept as ${join(cwd, aside)}.`);
    expect(readFileSync(join(cwd, aside), "utf8")).toBe(text.slice(0, 100));
    expect(existsSync(lost)).toBe(true);
    expect(idsIn(cwd)).toEqual([-1]);
    expect(Number(await succeed(["add", "-c", "def g := 1"], { cwd }))).toBeLessThan(-2);
    expect((await run(["verify", "--repair"], { cwd })).stderr).not.toContain("Restored");
  });

  it("is told of as data, too", async () => {
    const { cwd, pickles } = filled();
    const [, lost] = pickles;
    writeFileSync(join(cwd, "lean-pickle.json"), "");
    const error = await run(["verify", "--json"], { cwd });
    expect([error.code, JSON.parse(error.stderr).error.code]).toEqual([6, "cache-damaged"]);
    const { repaired, states } = JSON.parse(
      await succeed(["verify", "--repair", "--json"], { cwd }),
    );
    expect(states).toBe(1);
    expect(repaired).toMatchObject({
      backup: join(cwd, "session_cache", "manifest.bak"),
      keptAs: expect.stringContaining(join(cwd, "lean-pickle.json.damaged.")),
      unknownPickles: [{ path: lost, bytes: 8312 }],
    });
    const { revision, nextSessionId } = JSON.parse(
      readFileSync(join(cwd, "lean-pickle.json"), "utf8"),
    );
    expect(repaired).toMatchObject({ revision, nextSessionId });
  });

  it("is not restored where there is nothing to restore it from", async () => {
    const { cwd } = filled();
    writeFileSync(join(cwd, "lean-pickle.json"), "junk");
    writeFileSync(join(cwd, "session_cache", "manifest.bak"), "junk");
    const before = snapshot(cwd);
    const { code, stderr } = await run(["verify", "--repair"], { cwd });
    expect([code, stderr]).toEqual([6, expect.stringContaining("is no better")]);
    expect(changedBetween(before, snapshot(cwd))).toEqual({ written: [], touched: [] });
  });
});

describe.skipIf(process.geteuid?.() !== 0)("verify by another user", () => {
  it("says who could have written what is not theirs, and which pickle cannot be read", async () => {
    const { cwd, pickles } = filled();
    for (const path of [cwd, join(cwd, "session_cache"), join(cwd, "session_cache", "tmp")]) {
      chmodSync(path, 0o755);
    }
    chmodSync(join(cwd, "lean-pickle.json"), 0o644);
    chmodSync(join(cwd, "session_cache", "manifest.bak"), 0o644);
    chmodSync(pickles[0], 0o444);
    const { code, stdout } = await run(["verify", "--json"], { cwd, uid: 65_534 });
    expect(code).toBe(1);
    // What root owns is trusted; what only root may read is not known to be whole.
    expect(JSON.parse(stdout).findings).toMatchObject([
      { sessionId: -2, code: "pickle-unreadable", message: "The pickle cannot be read (EACCES)." },
    ]);
  });
});
