import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PickleSessionCache } from "../../../src/session/pickle-session-cache.ts";
import { Additions, type Asked, code } from "../../support/additions.ts";

const F = { code: code("def f := 1") };
const G = { code: code("def g := 1") };
const theorem = (name: string) => `theorem ${name} (p : Prop) (h : p) : p := by sorry`;

/** The names of the states, in the order of their session ids. */
function names({ cache }: Additions): (string | null)[] {
  return cache.manifest.states.map(({ name }) => name);
}

describe("the name of a hit", () => {
  it("is given, changed, and kept where none is asked for", async () => {
    const additions = new Additions();
    await additions.add(F);
    for (const name of ["first", "second"]) {
      const { states, cached } = await additions.add(F, { name });
      expect([cached, states[0]?.name]).toEqual([true, name]);
      expect(names(additions)).toEqual([name]);
    }
    const { revision } = additions.cache.manifest;
    await additions.add(F);
    await additions.add(F, { name: "second" });
    expect(names(additions)).toEqual(["second"]);
    expect(additions.cache.manifest.revision).toBe(revision);
    expect(additions.starts).toBe(1);
  });

  it("is not taken from another state but where that is wanted", async () => {
    const additions = new Additions();
    await additions.add(F, { name: "x" });
    await additions.add(G, { name: "y" });
    await expect(additions.add(G, { name: "x" })).rejects.toMatchObject({ code: "name-taken" });
    expect(names(additions)).toEqual(["x", "y"]);
    expect((await additions.add(G, { name: "x", replaceName: true })).cached).toBe(true);
    expect(names(additions)).toEqual([null, "x"]);
    expect(additions.starts).toBe(2);
  });

  it.each(["", "1", "-1", "a b", "ä*"])("is refused where it cannot be one: %j", async (name) => {
    const additions = new Additions();
    await expect(additions.add(F, { name })).rejects.toMatchObject({ code: "usage" });
    expect(additions.starts).toBe(0);
    await additions.add(F);
    await expect(additions.add(F, { name })).rejects.toMatchObject({ code: "usage" });
  });

  it("is numbered at all sorries", async () => {
    const additions = new Additions();
    const all: Asked = { code: code(`${theorem("a")}\n${theorem("b")}`), sorry: "all" };
    await additions.add(all);
    const { states, cached } = await additions.add(all, { name: "goal" });
    expect([cached, ...states.map(({ name }) => name)]).toEqual([true, "goal.0", "goal.1"]);
  });

  it("at all sorries is not kept from it by a number that is not wanted", async () => {
    const additions = new Additions();
    const all = (...theorems: string[]): Asked => ({
      code: code(theorems.map(theorem).join("\n")),
      sorry: "all",
    });
    await additions.add(all("a", "b", "c"), { name: "goal" });
    await additions.add(all("d", "e"), { name: "goal", replaceName: true });
    expect(names(additions)).toEqual([null, null, "goal.2", "goal.0", "goal.1"]);
    const { cached } = await additions.add(all("d", "e"), { name: "goal" });
    expect(cached).toBe(true);
  });

  it("is of no use to a state that another process has just removed: it is made again", async () => {
    const additions = new Additions();
    const state = await additions.addOne(F);
    const path = join(additions.cache.workingDir, state.pickleFile);
    const content = readFileSync(path);
    await new PickleSessionCache(additions.cache.workingDir).remove(-1);
    writeFileSync(path, content);
    const { states, cached } = await additions.add(F, { name: "x" });
    expect(cached).toBe(false);
    expect(states).toMatchObject([{ sessionId: -2, name: "x" }]);
  });
});
