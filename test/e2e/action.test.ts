import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readLog } from "../simulated-repl/index.ts";
import { type JobEnd, readAction, runAction } from "../support/action-runner.ts";
import { temporaryFolder } from "../support/folders.ts";
import { succeed } from "../support/program.ts";

const actionPath = fileURLToPath(new URL("../../", import.meta.url));
const action = readAction(join(actionPath, "action.yml"));

/** Jobs that share a cache, each in a folder of its own, and how often Lean was started in all. */
function makeCi() {
  const store = temporaryFolder();
  const log = join(temporaryFolder(), "log");
  return {
    job(
      inputs: Record<string, string>,
      { lines = [] as object[], env = {} as NodeJS.ProcessEnv } = {},
    ): JobEnd & { workspace: string } {
      const workspace = temporaryFolder();
      writeFileSync(
        join(workspace, "states.jsonl"),
        lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
      );
      const repl = { LOG: log };
      return {
        workspace,
        ...runAction(action, { actionPath, workspace, store, inputs, env, repl }),
      };
    },
    saved: () => readdirSync(store),
    starts: () =>
      existsSync(log) ? readLog(log).filter(({ event }) => event === "start").length : 0,
  };
}

describe("the GitHub action", () => {
  it("gives its scripts the inputs as variables alone, and says what each is", () => {
    for (const { run = "" } of action.runs.steps) {
      expect(run).not.toContain("${{");
    }
    for (const { description } of [
      ...Object.values(action.inputs),
      ...Object.values(action.outputs),
    ]) {
      expect(description.length).toBeGreaterThan(20);
    }
  });

  it("makes the state of code in the first job, and starts no Lean in the second", async () => {
    const ci = makeCi();
    const inputs = { code: "def f := 1\ndef g := 2" };
    const first = ci.job(inputs);
    expect(first).toMatchObject({ status: 0, outputs: { "cache-hit": "false", ids: "-1" } });
    expect(ci.starts()).toBe(1);
    const second = ci.job(inputs);
    expect(second).toMatchObject({ status: 0, outputs: { "cache-hit": "true", ids: "-1" } });
    expect(ci.starts()).toBe(1);
    const cwd = second.workspace;
    const shown = await succeed(["-d", ".lean-pickle", "show", "-1", "--json"], { cwd });
    expect(JSON.parse(shown).recipe).toEqual([{ cmd: inputs.code }]);
  });

  it("makes what a changed batch lacks, on the cache of the one before", () => {
    const ci = makeCi();
    const [a, b, c] = ["a", "b", "c"].map((name) => ({ cmd: `def ${name} := 1`, name }));
    const inputs = { batch: "states.jsonl", "working-dir": "some cache" };
    const first = ci.job(inputs, { lines: [a, b] as object[] });
    expect(first).toMatchObject({ status: 0, outputs: { "cache-hit": "false", ids: "-1 -2" } });
    const second = ci.job(inputs, { lines: [a, c, b] as object[] });
    expect(second).toMatchObject({ status: 0, outputs: { "cache-hit": "false", ids: "-1 -3 -2" } });
    expect(ci.starts()).toBe(2);
    const third = ci.job(inputs, { lines: [a, c, b] as object[] });
    expect(third).toMatchObject({ status: 0, outputs: { "cache-hit": "true", ids: "-1 -3 -2" } });
    expect(ci.starts()).toBe(2);
  });

  it.each([
    ["code", "def x := 1 -- $(touch hacked) `touch hacked` \"; touch hacked; '"],
    ["code", "--help"],
    ["batch", "$(touch hacked)"],
    ["working-dir", "$(touch hacked); touch hacked"],
    ["repl", "; touch hacked"],
  ])("runs nothing that stands in the input %s: %s", (name, text) => {
    const { workspace, status } = makeCi().job({
      ...(name === "batch" ? {} : { code: "def x := 1" }),
      [name]: text,
    });
    expect(existsSync(join(workspace, "hacked"))).toBe(false);
    expect(status).not.toBeNull();
  });

  it("fails, and saves nothing, where Lean rejects the code or the inputs make no sense", () => {
    const ci = makeCi();
    const bad = ci.job({ code: "def x : Nat := undefined_thing" });
    expect([bad.status, bad.outputs]).toEqual([1, {}]);
    expect(bad.printed).toContain("error:");
    for (const inputs of [{}, { code: "def x := 1", batch: "states.jsonl" }]) {
      expect(ci.job(inputs)).toMatchObject({
        status: 2,
        printed: "::error::Give either batch or code.\n",
      });
    }
    expect(ci.saved()).toEqual([]);
  });

  it("uses the REPL of the job, unless the input names another", () => {
    const missing = { LEAN_PICKLE_REPL: "/nowhere/repl" };
    const ci = makeCi();
    expect(ci.job({ code: "def x := 1" }, { env: missing }).status).toBe(5);
    expect(ci.job({ code: "def x := 1", repl: "/nowhere/repl" }).status).toBe(5);
  });
});
