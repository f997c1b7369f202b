import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareVersions,
  isSameToolchain,
  namesOneLean,
  normalizeToolchain,
  parseLeanVersion,
  parseToolchainFile,
  releaseOfVersion,
  shortToolchain,
  versionOfToolchain,
} from "../../src/system/lean-version.ts";

const OFFICIAL = "leanprover/lean4:";

describe("normalizeToolchain", () => {
  it.each([
    ["4.33.0", "leanprover/lean4:v4.33.0"],
    ["v4.33.0-rc2", "leanprover/lean4:v4.33.0-rc2"],
    ["leanprover/lean4:4.9.0", "leanprover/lean4:v4.9.0"],
    ["leanprover/lean4:v4.33.0", "leanprover/lean4:v4.33.0"],
    ["nightly-2026-01-02", "leanprover/lean4-nightly:nightly-2026-01-02"],
    ["leanprover/lean4:nightly-2026-01-02", "leanprover/lean4-nightly:nightly-2026-01-02"],
    ["leanprover/lean4-nightly:nightly-2026-01-02", "leanprover/lean4-nightly:nightly-2026-01-02"],
    ["someone/lean4:v4.33.0", "someone/lean4:v4.33.0"],
    ["stable", "leanprover/lean4:stable"],
    ["nightly", "leanprover/lean4-nightly:nightly"],
    ["v4.33.0-rc2\r", "leanprover/lean4:v4.33.0-rc2"],
    [" 4.33.0-rc2 ", "leanprover/lean4:v4.33.0-rc2"],
    ["my-lean", "my-lean"],
    ["/opt/lean", "/opt/lean"],
  ])("completes %s to %s as elan does", (name, whole) => {
    expect(normalizeToolchain(name)).toBe(whole);
    expect(normalizeToolchain(whole)).toBe(whole);
  });
});

describe("isSameToolchain", () => {
  it.each<[string, string, boolean | undefined]>([
    ["4.33.0", "leanprover/lean4:v4.33.0", true],
    ["stable", "leanprover/lean4:stable", true],
    ["my-lean", "my-lean", true],
    ["v4.33.0", "v4.33.0-rc2", false],
    ["v4.33.0", "nightly-2026-01-02", false],
    ["v4.33.0", "someone/lean4:v4.33.0", false],
    ["v4.33.0", "stable", undefined],
    ["v4.33.0", "my-lean", undefined],
  ])("of %s and %s says %s", (one, other, isSame) => {
    expect(isSameToolchain(one, other)).toBe(isSame);
    expect(isSameToolchain(other, one)).toBe(isSame);
  });

  it("does not take what moves for one Lean", () => {
    expect(["v4.33.0", "nightly-2026-01-02-rev1"].every(namesOneLean)).toBe(true);
    expect(["stable", "nightly", "beta", "my-lean", "/opt/lean"].some(namesOneLean)).toBe(false);
  });
});

describe("parseToolchainFile", () => {
  it("takes the first line, as elan does", () => {
    expect(parseToolchainFile(" leanprover/lean4:v4.33.0 \r\n# another line\n")).toBe(
      "leanprover/lean4:v4.33.0",
    );
  });

  it.each(["", "\n", "two words", "a\u001b[31m", "x".repeat(201)])("takes %j for none", (text) => {
    expect(parseToolchainFile(text)).toBeNull();
  });
});

describe("parseLeanVersion", () => {
  it.each([
    [
      "Lean (version 4.33.0-rc2, x86_64-unknown-linux-gnu, commit d117b78f, Release)",
      `${OFFICIAL}v4.33.0-rc2`,
    ],
    ["Lean (version 4.9.0, commit 8f9843a4a5fe, Release)", `${OFFICIAL}v4.9.0`],
    [
      "Lean (version 4.12.0-nightly-2024-09-10, arm64, Release)",
      "leanprover/lean4-nightly:nightly-2024-09-10",
    ],
    ["Lean (version 4.9.0-pre, commit 8f9843a4a5fe, Release)", undefined],
    ["Lean (version 3.51.1, commit cce7990ea86a, Release)", `${OFFICIAL}v3.51.1`],
    ["error: no such command", undefined],
    ["", undefined],
  ])("understands %j as %s", (text, toolchain) => {
    expect(parseLeanVersion(text)).toBe(toolchain);
  });
});

describe("versions in names", () => {
  it("is what Lean prints for a release, and null for others", () => {
    expect(["v4.33.0-rc2", `${OFFICIAL}v4.33.0-rc2`].map(versionOfToolchain)).toEqual([
      "4.33.0-rc2",
      "4.33.0-rc2",
    ]);
    expect(["nightly-2026-01-02", "stable", "my-lean"].map(versionOfToolchain)).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("knows the release of a candidate, and the short name of a toolchain", () => {
    expect(["4.33.0-rc2", "4.33.0"].map(releaseOfVersion)).toEqual(["4.33.0", "4.33.0"]);
    expect([`${OFFICIAL}v4.33.0`, "someone/lean4:v4.33.0"].map(shortToolchain)).toEqual([
      "v4.33.0",
      "someone/lean4:v4.33.0",
    ]);
  });
});

/** Versions of releases, in the order in which Lean makes them. */
const version = fc
  .tuple(fc.nat(20), fc.nat(20), fc.option(fc.nat(12), { nil: undefined }))
  .map(([minor, patch, candidate]) => ({
    order: [minor, patch, candidate ?? 1000],
    name: `v4.${minor}.${patch}${candidate === undefined ? "" : `-rc${candidate}`}`,
  }));

describe("compareVersions", () => {
  it("orders versions by number, and candidates before their release", () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        const [a, b] = [one, other].map(
          ({ order: [x = 0, y = 0, z = 0] }) => x * 1e6 + y * 1e4 + z,
        );
        expect(Math.sign(compareVersions(one.name, other.name))).toBe(
          Math.sign((a ?? 0) - (b ?? 0)),
        );
      }),
    );
  });
});
