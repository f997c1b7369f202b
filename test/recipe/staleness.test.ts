import { describe, expect, it } from "vitest";
import { type Basis, findStaleness } from "../../src/recipe/staleness.ts";

const PROJECT = { "lean-toolchain": "a", "lakefile.toml": "b", "lakefile.lean": null };
const THEN = { toolchain: "t", repl: null, project: PROJECT, imports: { Foo: "1", Bar: "2" } };
const NOW: Basis = { project: PROJECT, imports: { Foo: "1", Bar: "2" } };

describe("findStaleness", () => {
  it("says that nothing has changed, whichever REPL made it", () => {
    expect(findStaleness(THEN, NOW)).toEqual({ stale: false, changes: [] });
    const outside = { project: null, imports: {} };
    expect(findStaleness(outside, outside)).toEqual({ stale: false, changes: [] });
  });

  it("says what has changed", () => {
    const now = {
      project: { ...PROJECT, "lakefile.toml": null, "lakefile.lean": "c" },
      imports: { Foo: "1", Bar: "3" },
    };
    expect(findStaleness(THEN, now)).toEqual({
      stale: true,
      changes: [
        "the lakefile.toml of the project has changed",
        "the lakefile.lean of the project has changed",
        "the module Bar has changed",
      ],
    });
  });

  it.each<[string, object | undefined, Basis]>([
    ["no recipe is known", undefined, NOW],
    ["something of Lean was not known", { ...THEN, unknown: "f00d" }, NOW],
    ["it was made in a project, and now there is none", THEN, { ...NOW, project: null }],
    ["it was made outside of any project", { ...THEN, project: null }, NOW],
    ["its imports are not known", { ...THEN, imports: null }, { ...NOW, imports: null }],
    ["a module was not known", { ...THEN, imports: { Foo: null } }, NOW],
    ["a module is not known", THEN, { ...NOW, imports: { Foo: "1", Bar: null } }],
  ])("does not know where %s", (_what, then, now) => {
    expect(findStaleness(then as Record<string, unknown>, now)).toEqual({
      stale: null,
      changes: [],
    });
  });

  it("finds a change of what is known beside what is not", () => {
    const now = { project: null, imports: { Foo: "9", Bar: null } };
    expect(findStaleness(THEN, now)).toEqual({
      stale: true,
      changes: ["the module Foo has changed"],
    });
  });
});
