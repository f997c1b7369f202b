import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { findMissingPackages } from "../../../src/toolchain/locate/missing-packages.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { file } from "../../support/lean-places.ts";

let project: string;

beforeEach(() => {
  project = temporaryFolder();
});

function manifest(fields: object, name = "lake-manifest.json"): void {
  file(join(project, name), JSON.stringify(fields));
}

const git = (name: string): object => ({ type: "git", name, url: "u", rev: "r" });
const path = (name: string): object => ({ type: "path", name, dir: `../${name}` });

describe("findMissingPackages", () => {
  it("names the packages that lake would clone, and none that are there", () => {
    manifest({ packages: [git("mathlib"), git("«doc-gen4»"), git("batteries"), path("own")] });
    mkdirSync(join(project, ".lake/packages/batteries"), { recursive: true });
    expect(findMissingPackages(project)).toMatchObject({
      what: "its packages mathlib, doc-gen4 are not there",
      mend: "lake exe cache get && lake build",
    });
    mkdirSync(join(project, ".lake/packages/mathlib"));
    expect(findMissingPackages(project)).toMatchObject({
      what: "its package doc-gen4 is not there",
      mend: "lake build",
    });
    mkdirSync(join(project, ".lake/packages/doc-gen4"));
    expect(findMissingPackages(project)).toBeUndefined();
  });

  it("looks where the manifest has lake clone them, now and in older versions", () => {
    manifest({ version: 6, packagesDir: "elsewhere", packages: [{ git: { name: "std" } }] });
    expect(findMissingPackages(project)).toBeDefined();
    mkdirSync(join(project, "elsewhere/std"), { recursive: true });
    expect(findMissingPackages(project)).toBeUndefined();
  });

  it("takes the packages of the overrides in the place of those of the manifest", () => {
    manifest({ packages: [git("mathlib"), git("batteries")] });
    manifest({ packages: [path("mathlib"), git("aesop")] }, ".lake/package-overrides.json");
    expect(findMissingPackages(project)?.what).toBe("its packages batteries, aesop are not there");
  });

  it("names a few of many", () => {
    manifest({ packages: ["a", "b", "c", "d", "e"].map(git) });
    expect(findMissingPackages(project)?.what).toBe(
      "its packages a, b, c and 2 more are not there",
    );
  });

  it.each([
    ["lakefile.toml", 'name = "foo"\n\n[[ require ]]\nname = "mathlib"\n'],
    ["lakefile.lean", "import Lake\nopen Lake DSL\npackage foo\nrequire mathlib from git\n"],
  ])("says that nobody has chosen yet what a %s requires", (name, text) => {
    file(join(project, name), text);
    expect(findMissingPackages(project)).toMatchObject({
      what: "what it requires is not there: it has no lake-manifest.json",
      mend: "lake build",
    });
    manifest({ packages: [] });
    expect(findMissingPackages(project)).toBeUndefined();
  });

  it("minds no project that requires nothing", () => {
    expect(findMissingPackages(project)).toBeUndefined();
    file(join(project, "lakefile.toml"), 'name = "foo" # [[require]]\n');
    file(join(project, "lakefile.lean"), "-- require foo\npackage required\n");
    expect(findMissingPackages(project)).toBeUndefined();
  });
});
