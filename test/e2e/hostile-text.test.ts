import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../src/store/manifest/schema.ts";
import { useFilledCache } from "../support/filled-caches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { run } from "../support/program.ts";

const CODE = "def f := 42";

/** What a terminal acts on: a title, colours, a cleared screen, text from right to left. */
const EVIL = "\u001b]0;title\u0007\u001b[2J\u009b31m\u202e\u200b\u{e0041}\r";
const ACTED_ON = /[^\P{Cc}\n\t]|\p{Cf}/u;

const fill = useFilledCache();

describe("text that a terminal would act on", () => {
  it("is made visible, wherever it comes from and wherever it is shown", async () => {
    const parent = join(temporaryFolder(), `w${EVIL}`);
    mkdirSync(parent);
    const { cwd } = fill(parent);
    const path = join(cwd, "lean-pickle.json");
    const manifest: Manifest = JSON.parse(readFileSync(path, "utf8"));
    for (const state of manifest.states) {
      state.lean = { toolchain: EVIL, version: EVIL, gitHash: EVIL };
      state.imports = [EVIL];
      if (state.isProofState) {
        Object.assign(state, { goals: [EVIL, `⊢ ${EVIL}`], proofStatus: `Error: ${EVIL}` });
      }
    }
    for (const recipe of Object.values(manifest.recipes)) {
      Object.assign(recipe.step, "cmd" in recipe.step && { cmd: `${recipe.step.cmd} -- ${EVIL}` });
      recipe.inputs[EVIL] = EVIL;
    }
    writeFileSync(path, JSON.stringify(manifest));
    writeFileSync(
      join(cwd, "batch.jsonl"),
      `{"cmd": ${JSON.stringify(EVIL)}, "name": ${JSON.stringify(EVIL)}}\n{${EVIL}\n`,
    );
    for (const args of [
      ["ls"],
      ["ls", "--tree"],
      ["ls", "--json"],
      ["ls", "--check"],
      ["show", "goal"],
      ["show", "goal", "--json"],
      ["reload", "-v"],
      ["reload", "--json"],
      ["run", "base", "-c", `#check ${EVIL}`],
      ["run", "base", "-c", `#eval "${EVIL}"`],
      ["add", `none${EVIL}`],
      ["add", "--from", EVIL, "-c", "x"],
      ["add", "-c", "x", "-n", EVIL],
      ["add", "--batch", "batch.jsonl"],
      ["key", "-c", "def f := 43", "--explain"],
      ["rm", EVIL],
      ["ls", "--sort", EVIL],
      [EVIL],
      ["ls", "--timeout", EVIL],
      ["add", "-c", "x", "--repl", EVIL],
      ["clear", "--dry-run"],
    ]) {
      const { stdout, stderr } = await run(args, { cwd });
      expect([args, ACTED_ON.exec(stdout + stderr)?.[0]]).toEqual([args, undefined]);
    }
  });

  it("is made visible where the REPL says it when it dies", async () => {
    const cwd = temporaryFolder();
    const repl = join(temporaryFolder(), "repl");
    const says = "printf 'words\\033[31m \\233' >&2; printf '\\033[2J'; exit 3";
    writeFileSync(repl, `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    for (const args of [
      ["add", "-c", CODE],
      ["add", "-v", "--json", "-c", CODE],
    ]) {
      const { stderr, code } = await run(args, { cwd, env: { LEAN_PICKLE_REPL: repl } });
      expect([code, ACTED_ON.exec(stderr)]).toEqual([5, null]);
      expect(stderr).toContain("words");
    }
  });
});

describe("a batch", () => {
  it("refuses a path that no file can have", async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "batch.jsonl"), '{"path": "a\\u0000b"}\n');
    const { code, stderr } = await run(["add", "--batch", "batch.jsonl"], { cwd });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('"path" must be the name of a file'),
    ]);
  });
});
