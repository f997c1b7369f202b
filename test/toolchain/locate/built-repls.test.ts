import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  builtReplFolder,
  builtReplsFolder,
  findBuiltRepl,
} from "../../../src/toolchain/locate/built-repls.ts";
import { executable, file, stubLeanEnvironment } from "../../support/lean-places.ts";

const TOOLCHAIN = "leanprover/lean4:v4.33.0";
const IN_CHECKOUT = ".lake/build/bin/repl";

describe("builtReplFolder", () => {
  it.each([
    [TOOLCHAIN, "leanprover--lean4---v4.33.0"],
    ["leanprover/lean4:v4.33.0-rc2", "leanprover--lean4---v4.33.0-rc2"],
    [
      "leanprover/lean4-nightly:nightly-2026-01-02",
      "leanprover--lean4-nightly---nightly-2026-01-02",
    ],
    ["my-lean", "my-lean"],
  ])("is named as elan names the folder of %s", (toolchain, name) => {
    const cache = stubLeanEnvironment();
    expect(builtReplFolder(toolchain)).toBe(join(cache, "lean-pickle", "repl", name));
  });

  it.each([
    "",
    ".",
    "..",
    "../../etc:x",
    "a/..:b",
    "a/b:../c",
    "a/b:/c",
    "-x",
    "a/b:c\n",
    "a\0b",
    "leanprover--lean4---v4.33.0",
    "v".repeat(300),
  ])("is none for %j", (toolchain) => {
    stubLeanEnvironment();
    expect(builtReplFolder(toolchain)).toBeUndefined();
    expect(findBuiltRepl(toolchain)).toBeUndefined();
  });

  it("lies in the folder of all of them whatever the name is, and is another one for each name", () => {
    stubLeanEnvironment();
    const part = fc.stringMatching(/^[a-z0-9._/:-]{0,8}$/);
    const name = fc.oneof(
      fc.string(),
      part,
      fc.tuple(part, part, part).map(([a, b, c]) => `${a}/${b}:${c}`),
    );
    fc.assert(
      fc.property(name, name, (one, other) => {
        const folder = builtReplFolder(one);
        fc.pre(folder !== undefined);
        expect(dirname(folder)).toBe(builtReplsFolder());
        expect(basename(folder)).toMatch(/^\w[\w.-]*$/);
        expect(builtReplFolder(other) === folder).toBe(one === other);
      }),
    );
  });

  it("is none where the user has no folder for caches", () => {
    vi.stubEnv("XDG_CACHE_HOME", undefined);
    vi.stubEnv("HOME", "not/absolute");
    expect(builtReplFolder(TOOLCHAIN)).toBeUndefined();
  });
});

describe("findBuiltRepl", () => {
  function build(toolchain: string, says = toolchain): string {
    const folder = builtReplFolder(toolchain) ?? "";
    file(join(folder, "lean-toolchain"), `${says}\n`);
    return executable(join(folder, IN_CHECKOUT));
  }

  it("finds what was built for the toolchain, and for no other", () => {
    stubLeanEnvironment();
    expect(findBuiltRepl(TOOLCHAIN)).toBeUndefined();
    const repl = build(TOOLCHAIN);
    expect(findBuiltRepl(TOOLCHAIN)).toBe(repl);
    expect(findBuiltRepl("leanprover/lean4:v4.33.0-rc1")).toBeUndefined();
  });

  it("finds none in a checkout of another toolchain, or without a toolchain", () => {
    const cache = stubLeanEnvironment();
    build(TOOLCHAIN, "leanprover/lean4:v4.32.0");
    executable(join(cache, "lean-pickle", "repl", "my-lean", IN_CHECKOUT));
    expect(findBuiltRepl(TOOLCHAIN)).toBeUndefined();
    expect(findBuiltRepl("my-lean")).toBeUndefined();
    expect(readdirSync(join(cache, "lean-pickle", "repl")).length).toBe(2);
  });

  it("finds none where there is no executable file", () => {
    stubLeanEnvironment();
    const folder = builtReplFolder(TOOLCHAIN) ?? "";
    file(join(folder, "lean-toolchain"), TOOLCHAIN);
    file(join(folder, IN_CHECKOUT));
    expect(findBuiltRepl(TOOLCHAIN)).toBeUndefined();
  });
});
