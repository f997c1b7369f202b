import { cpSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { identifyImports } from "../../../src/toolchain/identity/import-hashes.ts";
import { Evidence } from "../../../src/toolchain/locate/observed-files.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { file, stubLeanEnvironment } from "../../support/lean-places.ts";

const BUILT = ".lake/build/lib/lean";

let project: string;

beforeEach(() => {
  stubLeanEnvironment();
  project = temporaryFolder();
});

/** Builds a module: `A/B` is A.B. A null trace is none. */
function build(root: string, module: string, trace: string | null, more: string[] = []): void {
  for (const kind of ["olean", ...more]) {
    file(join(root, `${module}.${kind}`));
  }
  if (trace !== null) {
    file(join(root, `${module}.trace`), trace);
  }
}

function identify(
  imports: string[],
  folder: string | undefined = project,
): { hashes: Record<string, string | null>; unknown: string[] } {
  const evidence = new Evidence();
  return { hashes: identifyImports(imports, folder, evidence), unknown: evidence.unknown };
}

function hashOf(module: string): string | null | undefined {
  return identify([module]).hashes[module];
}

describe("identifyImports", () => {
  it("leaves out what comes with Lean", () => {
    const core = ["Init", "Lean", "Lean.Elab.Command", "Std.Data", "Lake", "«Lean».Meta"];
    expect(identify(core)).toEqual({ hashes: {}, unknown: [] });
    expect(hashOf("Leander")).toBeNull();
  });

  it("counts what has the name of a core module, and lies in the project", () => {
    build(join(project, BUILT), "Std/Data", "1");
    expect(identify(["Std.Data", "Lean"]).hashes).toEqual({ "Std.Data": "1" });
  });

  it("looks at the module too, which lake writes before its trace", () => {
    build(join(project, BUILT), "A", "1");
    const before = new Evidence();
    identifyImports(["A"], project, before);
    const { ctimeMs } = statSync(file(join(project, BUILT, "A.olean"), "another"));
    const after = new Evidence();
    identifyImports(["A"], project, after);
    expect(after.changedAt).toBe(ctimeMs);
    expect(before.changedAt).toBeLessThanOrEqual(ctimeMs);
  });

  it.each([
    ["6944499953131117393", "6944499953131117393"],
    ['{"depHash": "6944499953131117393", "log": []}', "6944499953131117393"],
    [
      '{"schemaVersion": "2025-09-10", "depHash": "d8f1c06dbb6c46a5", "inputs": []}',
      "d8f1c06dbb6c46a5",
    ],
  ])("takes the hash of a module from lake's trace %s", (trace, hash) => {
    build(join(project, BUILT), "A/B", trace);
    build(join(project, BUILT), "A", trace);
    expect(identify(["A.B", "A", "A.B"])).toEqual({
      hashes: { A: hash, "A.B": hash },
      unknown: [],
    });
  });

  it("gives the modules in one order, however they were imported", () => {
    build(join(project, BUILT), "A", "1");
    build(join(project, BUILT), "B", "2");
    expect(JSON.stringify(identify(["B", "A"]).hashes)).toBe('{"A":"1","B":"2"}');
  });

  it.each([
    BUILT,
    ".lake/build/lib",
    "build/lib",
    ".lake/packages/pkg/.lake/build/lib/lean",
    ".lake/packages/pkg/build/lib",
    "lake-packages/pkg/build/lib",
    "elsewhere/pkg/.lake/build/lib",
    "elsewhere/part/lean/.lake/build/lib/lean",
    ".lake/packages/part/lean/.lake/build/lib/lean",
    "used/here/.lake/build/lib/lean",
    "overriding/.lake/build/lib/lean",
    "on/lean/path",
  ])("finds modules in %s", (root) => {
    const packages = [
      { type: "path", dir: "./used/here" },
      { type: "git", name: "part", subDir: "lean" },
    ];
    const manifest = JSON.stringify({ packagesDir: "elsewhere", packages });
    file(join(project, "lake-manifest.json"), manifest);
    const overrides = JSON.stringify({ packages: [{ type: "path", dir: "overriding" }] });
    file(join(project, ".lake/package-overrides.json"), overrides);
    vi.stubEnv("LEAN_PATH", `${delimiter}on/lean/path`);
    build(join(project, root), "Foo/Bar", "12");
    expect(identify(["Foo.Bar"])).toEqual({ hashes: { "Foo.Bar": "12" }, unknown: [] });
  });

  it("finds modules on LEAN_PATH without a project", () => {
    const root = temporaryFolder();
    build(root, "A", "1");
    vi.stubEnv("LEAN_PATH", root);
    const evidence = new Evidence();
    expect(identifyImports(["A"], undefined, evidence)).toEqual({ A: "1" });
    expect(evidence.changedAt).toBeGreaterThan(0);
  });

  it("minds no manifest that is not understood", () => {
    file(join(project, "lake-manifest.json"), "{");
    build(join(project, BUILT), "A", "1");
    expect(hashOf("A")).toBe("1");
  });

  it("takes quoted names as the names of files", () => {
    build(join(project, BUILT), "my lib/a.b", "1");
    expect(hashOf("«my lib».«a.b»")).toBe("1");
  });

  it.each(["«..».A", "«a/b»", "«»", "A..B", "«a\0b»", "«.».A", "", "__proto__"])(
    "does not know %j, for which there can be no file",
    (module) => {
      build(project, "A", "1");
      const { hashes, unknown } = identify([module]);
      expect(Object.entries(hashes)).toEqual([[module, null]]);
      expect(unknown).toEqual([`lake keeps no trace of the module ${module}`]);
    },
  );

  it.each<[string, string | null, RegExp]>([
    ["there is no trace", null, /^lake keeps no trace of the module Foo\.Bar$/],
    ["the trace is not understood", '{"depHash": 12}', /^the trace of .* Foo\.Bar is not underst/],
  ])("does not know a module where %s, even with one in another root", (_what, trace, clause) => {
    build(join(project, BUILT), "Foo/Bar", trace);
    build(join(project, ".lake/packages/p", BUILT), "Foo/Bar", "1");
    const { hashes, unknown } = identify(["Foo.Bar"]);
    expect(hashes).toEqual({ "Foo.Bar": null });
    expect(unknown).toEqual([expect.stringMatching(clause)]);
  });

  it("does not know a module that is not there, or whose trace cannot be read", () => {
    expect(identify(["Foo"])).toEqual({
      hashes: { Foo: null },
      unknown: ["lake keeps no trace of the module Foo"],
    });
    mkdirSync(join(project, BUILT, "Foo.trace"), { recursive: true });
    expect(identify(["Foo"])).toEqual({
      hashes: { Foo: null },
      unknown: ["the trace of the module Foo cannot be read"],
    });
  });

  it("takes each hash of a module that several roots have, once", () => {
    build(join(project, BUILT), "A", "3");
    build(join(project, ".lake/packages/p", BUILT), "A", "1");
    build(join(project, ".lake/packages/q", BUILT), "A", "3");
    // Under `lake env` the roots of the project are on LEAN_PATH too.
    vi.stubEnv("LEAN_PATH", join(project, ".lake/packages/p", BUILT));
    expect(hashOf("A")).toBe("3+1");
  });

  it("is the same for a project that lies elsewhere", () => {
    build(join(project, BUILT), "A/B", "1", ["olean.private"]);
    build(join(project, ".lake/packages/p", BUILT), "C", "2");
    const copy = join(temporaryFolder(), "copy");
    cpSync(project, copy, { recursive: true });
    expect(identify(["A.B", "C"], copy)).toEqual(identify(["A.B", "C"]));
  });
});

describe("a module of the module system", () => {
  it("counts all that may be behind it, where that may have changed without it", () => {
    const root = join(project, BUILT);
    build(root, "A/B", "1", ["olean.server", "olean.private"]);
    build(root, "A/Private", "2", ["olean.private"]);
    const before = hashOf("A.B");
    expect(before).toMatch(/^1\/[0-9a-f]{64}$/);
    build(root, "A/Private", "3");
    const changed = hashOf("A.B");
    expect(changed).not.toBe(before);
    expect(changed).toMatch(/^1\//);
    build(root, "A/Private", "2");
    expect(hashOf("A.B")).toBe(before);
    build(root, "A/Private", '{"depHash": 12345678901234567890}');
    const number = hashOf("A.B");
    build(root, "A/Private", '{"depHash": 12345678901234567891}');
    expect(hashOf("A.B")).not.toBe(number);
  });

  it("counts packages that are used where they lie", () => {
    const packages = [{ type: "path", dir: "local" }];
    file(join(project, "lake-manifest.json"), JSON.stringify({ packages }));
    build(join(project, BUILT), "A", "1", ["olean.private"]);
    build(join(project, "local", BUILT), "P", "2");
    const before = hashOf("A");
    build(join(project, "local", BUILT), "P", "3");
    expect(hashOf("A")).not.toBe(before);
  });

  it("counts nothing more in a package that lake holds at a revision, on LEAN_PATH too", () => {
    const root = join(project, ".lake/packages/p", BUILT);
    vi.stubEnv("LEAN_PATH", root);
    build(root, "A", "1", ["olean.private"]);
    build(root, "B", null);
    expect(hashOf("A")).toBe("1");
  });

  it("counts the root of LEAN_PATH that it lies in", () => {
    const [root, other] = [temporaryFolder(), temporaryFolder()];
    vi.stubEnv("LEAN_PATH", [root, other].join(delimiter));
    build(root, "A", "1", ["olean.private"]);
    build(other, "B", null);
    expect(hashOf("A")).toMatch(/^1\//);
  });

  it.each<[string, (root: string) => void]>([
    ["a module without a trace", (root) => build(root, "B/C", null)],
    ["a trace that cannot be read", (root) => symlinkSync("B.trace", join(root, "B.trace"))],
    ["a folder behind a link", (root) => symlinkSync(".", join(root, "loop"))],
  ])("is not known where there may be behind it %s", (_what, make) => {
    const root = join(project, BUILT);
    build(root, "A", "1", ["olean.private"]);
    make(root);
    expect(identify(["A"])).toEqual({
      hashes: { A: null },
      unknown: ["what lake built the private parts behind the module A from"],
    });
  });
});
