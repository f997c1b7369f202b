/**
 * The manifest of a cache that lean-pickle 0.1.0 wrote, with fields besides that it did not know.
 * It must be read by every version that comes: where the form changes, add a fixture, and let this
 * one be.
 */
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { planRestore } from "../../../src/session/restore/plan-restore.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { run, succeed } from "../../support/program.ts";

const fixture = fileURLToPath(new URL("fixtures/manifest-v1.json", import.meta.url));
const stored = JSON.parse(readFileSync(fixture, "utf8"));

/** A working directory with the manifest; the pickles themselves are not there. */
function workingDir(): string {
  const folder = temporaryFolder();
  copyFileSync(fixture, join(folder, "lean-pickle.json"));
  return folder;
}

describe("a manifest of version 1", () => {
  it("is read as it is, with what is not known", () => {
    const cache = new PickleSessionCache(workingDir());
    expect(cache.manifest).toEqual(stored);
    expect(cache.manifest).toHaveProperty("note.list", [1, null, "⊢"]);
    expect([...cache.keys()]).toEqual([-1, -2, -3, -4, -5, -8]);
    expect(cache.find("open.0")?.sessionId).toBe(-2);
    expect(cache.find("999f259")?.sessionId).toBe(-1);
  });

  it("tells how each state is made", () => {
    const cache = new PickleSessionCache(workingDir());
    const recipes = [...cache].map(({ entry }) =>
      cache.recipe(entry)?.map((step) => Object.keys(step)[0]),
    );
    expect(recipes).toEqual([
      ["cmd"],
      ["cmd", "cmd", "sorry"],
      ["cmd", "cmd", "sorry"],
      ["cmd", "cmd", "sorry", "tactic"],
      ["cmd", "cmd", "sorry", "tactic"],
      ["cmd"],
    ]);
  });

  it("is restored in units that share an import", () => {
    const { manifest } = new PickleSessionCache(workingDir());
    const units = planRestore(manifest, manifest.states, "auto");
    expect(units.map((unit) => unit.states.map(({ state }) => state.sessionId))).toEqual([
      [-1, -2, -3, -4, -5],
      [-8],
    ]);
  });

  it("is listed, shown and used by the program", async () => {
    const cwd = workingDir();
    const tree = await succeed(["ls", "--tree"], { cwd });
    expect(tree.split("\n").map((line) => /^[├└│─ ]*-?\w+/.exec(line)?.[0])).toEqual([
      "ID",
      "-1",
      "├─ -2",
      "│  └─ -4",
      "└─ -3",
      "   └─ -5",
      "-8",
    ]);
    const shown = await succeed(["show", "open.1"], { cwd });
    expect(shown).toContain("status   1 goal; Incomplete: open goals remain");
    expect(shown).toContain("3. the proof state at sorry 1");
    expect(JSON.parse(await succeed(["show", "-1", "--json"], { cwd })).tags).toEqual(["kept"]);
    const { stdout, code } = await run(["reload"], { cwd });
    expect([code, stdout.match(/\tdamaged$/gm)?.length]).toEqual([1, 6]);
  });

  it("keeps all that it has when it is written again", async () => {
    const cwd = workingDir();
    await succeed(["rm", "closed"], { cwd });
    const { revision, states, recipes, ...rest } = JSON.parse(
      readFileSync(join(cwd, "lean-pickle.json"), "utf8"),
    );
    const { revision: before, states: _, recipes: all, ...others } = stored;
    expect([rest, revision]).toEqual([others, before + 1]);
    const left = stored.states.filter(({ name }: { name: string | null }) => name !== "closed");
    expect(states).toEqual(left);
    const [, , , , { key }] = stored.states;
    const { [key]: gone, ...needed } = all;
    expect(gone).toBeDefined();
    expect(recipes).toEqual(needed);
  });
});
