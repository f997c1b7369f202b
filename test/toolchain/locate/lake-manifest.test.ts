import { describe, expect, it } from "vitest";
import { readManifest } from "../../../src/toolchain/locate/lake-manifest.ts";

const NOTHING = { packagesDir: undefined, names: [], clones: [], paths: [], parts: [] };

describe("readManifest", () => {
  it("takes packages used where they lie, and those that are a part of what was cloned", () => {
    const packages = [
      { type: "path", name: "a", dir: "../a", inherited: false },
      { type: "git", name: "b", url: "u", rev: "r", subDir: null },
      { type: "git", name: "«c-d»", url: "u", rev: "r", subDir: "lean" },
    ];
    const text = JSON.stringify({ version: "1.1.0", packagesDir: ".lake/packages", packages });
    expect(readManifest(text)).toEqual({
      packagesDir: ".lake/packages",
      names: ["a", "b", "c-d"],
      clones: ["b", "c-d"],
      paths: ["../a"],
      parts: [{ name: "c-d", folder: "lean" }],
    });
  });

  it("takes those of older versions", () => {
    const packages = [
      { path: { name: "a", dir: "./../a" } },
      { git: { name: "b", "subDir?": null } },
      { git: { name: "c", "subDir?": "lean" } },
    ];
    expect(readManifest(JSON.stringify({ version: 5, packages }))).toEqual({
      packagesDir: undefined,
      names: ["a", "b", "c"],
      clones: ["b", "c"],
      paths: ["./../a"],
      parts: [{ name: "c", folder: "lean" }],
    });
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    '"text"',
    '{"packages": 1}',
    '{"packages": [null, 1, {}, {"type": "path"}, {"type": "path", "dir": 1}, {"git": 1}]}',
    '{"packagesDir": "a\\u0000b", "packages": [{"type": "path", "dir": "a\\u0000b"}]}',
  ])("leaves out what is not understood of %s", (text) => {
    expect(readManifest(text)).toEqual(NOTHING);
  });
});
