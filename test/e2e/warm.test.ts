import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { simulatedRepl } from "../simulated-repl/index.ts";
import { sharedFolder } from "../support/folders.ts";
import { executable, file } from "../support/lean-places.ts";
import { BUILT, LeanProject } from "../support/lean-projects.ts";
import { program } from "../support/program.ts";
import { changedBetween, snapshot } from "../support/snapshots.ts";

const CODE = "import Lean\nimport Foo.Bar\ndef f := 42\n";
const THEOREM = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";

/** A user who may write nothing here: the tester, or nobody where the tester may do anything. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined;
const canStart =
  process.platform !== "win32" &&
  spawnSync(process.execPath, [program, "--version"], { uid, gid: uid }).status === 0;

/** The cache after one `add` of the code, once a test has made it. */
const filled = sharedFolder();

/** A project with that cache, in which no REPL was started yet. */
async function warm(): Promise<LeanProject> {
  const place = new LeanProject();
  const options = { recursive: true, preserveTimestamps: true };
  if (readdirSync(filled).length > 0) {
    cpSync(filled, place.cache, options);
    return place;
  }
  await place.json(["add", "-c", CODE]);
  expect(place.starts).toBe(1);
  rmSync(place.log);
  cpSync(place.cache, filled, options);
  return place;
}

describe("the second add of the same code", () => {
  it("starts no REPL, takes no lock, and writes nothing but the time of the pickle", async () => {
    const place = await warm();
    const pickle = readdirSync(join(place.cache, "session_cache")).find((name) =>
      name.endsWith(".olean"),
    );
    utimesSync(join(place.cache, "session_cache", pickle ?? ""), 1, 1);
    const before = snapshot(place.root);
    const state = await place.json(["add", "-c", CODE]);
    expect(state).toMatchObject({ sessionId: -1, cached: true, messages: [], sorries: [] });
    expect(place.starts).toBe(0);
    expect(changedBetween(before, snapshot(place.root))).toEqual({
      written: [],
      touched: [`cache/session_cache/${pickle}`],
    });
    const { mtimeMs } = statSync(join(place.cache, "session_cache", pickle ?? ""));
    expect(mtimeMs).toBeGreaterThan(1000);
  });

  it.skipIf(!canStart)("is answered by a cache that cannot be written to", async () => {
    const place = await warm();
    const paths = ["", ...readdirSync(place.root, { recursive: true, encoding: "utf8" })]
      .map((name) => join(place.root, name))
      .concat(join(place.root, ".."));
    const modes = paths.map((path) => statSync(path).mode);
    for (const [at, path] of paths.entries()) {
      chmodSync(
        path,
        ((modes[at] ?? 0) & 0o555) | 0o444 | (statSync(path).isDirectory() ? 0o111 : 0),
      );
    }
    try {
      const { stdout, stderr, code } = await place.run(["add", "-c", CODE], { uid });
      expect([stdout, stderr, code]).toEqual(["-1\n", "", 0]);
      const cold = await place.run(["add", "-c", "def g := 1"], { uid });
      expect([cold.stdout, cold.code]).toEqual(["", 1]);
      expect(place.starts).toBe(0);
    } finally {
      for (const [at, path] of paths.entries()) {
        chmodSync(path, modes[at] ?? 0o700);
      }
    }
  });

  it("hits whether the code is in a file, on standard input or on the command line", async () => {
    const place = await warm();
    for (const name of ["A.lean", "folder/B.lean"]) {
      const path = file(join(place.project, name), CODE);
      expect(await place.json(["add", path])).toMatchObject({ sessionId: -1, cached: true });
    }
    const read = await place.json(["add", "-"], { stdin: CODE });
    expect(read).toMatchObject({ sessionId: -1, cached: true });
    expect(place.starts).toBe(0);
  });

  it("hits with the options in another order", async () => {
    const place = new LeanProject();
    await place.json(["add", "-c", "def f := 1", "--sorry", "0", "-t", "skip", "-c", THEOREM]);
    const args = ["add", "-t", "skip", "-c", "def f := 1", "-c", THEOREM, "-q", "--sorry", "0"];
    expect(await place.json(args)).toMatchObject({ sessionId: -1, cached: true });
    // But code is run in its order.
    const [first, second] = [THEOREM, THEOREM.replace("theorem t", "theorem u")];
    await place.json(["add", "-c", first, "-c", second, "--sorry", "0"]);
    const turned = ["key", "-c", second, "-c", first, "--sorry", "0"];
    expect(await place.json(turned)).toMatchObject({ hit: false });
  });

  it("hits in another place, at another time, for another user on another machine", async () => {
    const place = await warm();
    const other = place.copy();
    for (const name of readdirSync(other.root, { recursive: true, encoding: "utf8" })) {
      utimesSync(join(other.root, name), 1_000_000_000, 1_000_000_000);
    }
    const env = { HOME: other.cache, USER: "somebody", LOGNAME: "somebody", HOSTNAME: "elsewhere" };
    const again = await other.json(["add", "-c", CODE, "--no-run"], { env });
    expect(again).toMatchObject({ sessionId: -1, cached: true });
    expect(other.starts).toBe(0);
  });

  it("is made again with --force, as the same state", async () => {
    const place = await warm();
    const { stdout, stderr } = await place.run(["add", "-c", CODE, "--force", "--explain"]);
    expect([stdout, stderr]).toEqual(["-1\n", ""]);
    expect(place.starts).toBe(1);
    const pickles = readdirSync(join(place.cache, "session_cache")).filter((name) =>
      name.endsWith(".olean"),
    );
    expect(pickles).toHaveLength(1);
  });
});

describe("an add after something has changed", () => {
  it.each<[string, RegExp, (place: LeanProject) => void]>([
    [
      "lean-toolchain",
      /the toolchain differs: leanprover\/lean4:v4\.33\.0 then, leanprover\/lean4:v4\.34\.0 now/,
      ({ project }) => file(join(project, "lean-toolchain"), "leanprover/lean4:v4.34.0\n"),
    ],
    [
      "the lakefile",
      /the project differs in lakefile\.toml: [0-9a-f]{12} then, [0-9a-f]{12} now/,
      ({ project }) => appendFileSync(join(project, "lakefile.toml"), "\n"),
    ],
    [
      "another lakefile",
      /the project differs in lakefile\.lean: none then, [0-9a-f]{12} now/,
      ({ project }) => file(join(project, "lakefile.lean")),
    ],
    [
      "lake-manifest.json",
      /the project differs in lake-manifest\.json/,
      ({ project }) => file(join(project, "lake-manifest.json"), '{"packages":[]}\n'),
    ],
    [
      "an imported module",
      /what is imported differs in Foo\.Bar: 12 then, 13 now/,
      ({ project }) => file(join(project, BUILT, "Foo/Bar.trace"), '{"depHash": "13"}'),
    ],
    [
      "the REPL",
      /the REPL differs in sha256: [0-9a-f]{12} then, [0-9a-f]{12} now/,
      ({ repl }) => executable(repl, `#!/bin/sh\nexec "${simulatedRepl}"\n`),
    ],
  ])("is a miss, and says so: %s", async (_what, difference, change) => {
    const place = await warm();
    change(place);
    const cold = await place.run(["add", "-c", CODE, "--no-run", "--explain"]);
    expect([cold.code, cold.stdout]).toEqual([1, ""]);
    expect(cold.stderr).toMatch(/^miss: no state has the key [0-9a-f]{12}; the nearest is -1:$/m);
    expect(cold.stderr).toMatch(difference);
    expect(cold.stderr.match(/ then, /g)?.length ?? 0).toBeLessThanOrEqual(2);
    expect(place.starts).toBe(0);
    expect(await place.json(["add", "-c", CODE])).toMatchObject({ sessionId: -2, cached: false });
    expect(await place.json(["add", "-c", CODE])).toMatchObject({ sessionId: -2, cached: true });
    expect(place.starts).toBe(1);
  });

  it("is a miss, and says so: one character of the code", async () => {
    const place = await warm();
    const { stdout, stderr } = await place.run([
      "add",
      "-c",
      CODE.replace("42", "43"),
      "--explain",
    ]);
    expect(stdout).toBe("-2\n");
    expect(stderr).toMatch(/step 1, code, differs at line 3, column 10/);
  });

  it("is a miss each time where lake keeps no trace of an imported module, and key says so", async () => {
    const place = new LeanProject();
    rmSync(join(place.project, BUILT, "Foo/Bar.trace"));
    const states = [await place.json(["add", "-c", CODE]), await place.json(["add", "-c", CODE])];
    expect(states).toMatchObject([
      { sessionId: -1, cached: false },
      { sessionId: -2, cached: false },
    ]);
    expect(place.starts).toBe(2);
    const { stdout, stderr } = await place.run(["key", "-c", CODE]);
    expect(stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(stderr).toBe(
      "miss, and never a hit. Not known: lake keeps no trace of the module Foo.Bar\n",
    );
    expect((await place.run(["add", "-c", CODE, "--no-run"])).code).toBe(1);
    writeFileSync(join(place.project, BUILT, "Foo/Bar.trace"), "12");
    expect(await place.json(["add", "-c", CODE])).toMatchObject({ sessionId: -3, cached: false });
    expect(await place.json(["add", "-c", CODE])).toMatchObject({ sessionId: -3, cached: true });
  });
});

describe("add --no-run", () => {
  it("answers from the cache or fails, starts no REPL and makes no folders", async () => {
    const place = new LeanProject();
    const cold = await place.run(["add", "-c", CODE, "--no-run"]);
    expect([cold.code, cold.stdout]).toEqual([1, ""]);
    expect(cold.stderr).toMatch(/^error: The cache does not hold it, and Lean is not to run\.$/m);
    expect(readdirSync(place.cache)).toEqual([".keep"]);
    expect((await place.run(["add", "-c", CODE, "--no-run", "--force"])).code).toBe(2);
    expect(place.starts).toBe(0);
    await place.json(["add", "-c", CODE]);
    const { stdout, code } = await place.run(["add", "-c", CODE, "--no-run"]);
    expect([code, stdout]).toEqual([0, "-1\n"]);
    expect(place.starts).toBe(1);
  });
});
