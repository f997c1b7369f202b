import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseTag, nearestReleases } from "../../src/install/repl-tags.ts";
import { compareVersions } from "../../src/system/lean-version.ts";

const OFFICIAL = "leanprover/lean4:";

const TAGS = [
  "v4.31.0",
  "v4.32.0",
  "v4.33.0-rc1",
  "v1.3.9_lean-toolchain-v4.32.0",
  "v1.3.9_lean-toolchain-v4.30.0",
  "v1.3.18_lean-toolchain-v4.30.0",
  "v1.4.0-rc1_lean-toolchain-v4.30.0",
  "main_lean-toolchain-v4.30.0",
  "v1.3.18_lean-toolchain-v4.33.0-rc2",
  "v1.3.18_lean-toolchain-nightly-2026-01-02",
  "v4.29",
  "v4.31.0-patched",
  "release_lean-toolchain-latest",
  "",
];

describe("chooseTag", () => {
  it.each([
    ["v4.31.0", "v4.31.0"],
    ["v4.32.0", "v4.32.0"],
    ["v4.33.0-rc1", "v4.33.0-rc1"],
    ["v4.33.0-rc2", "v1.3.18_lean-toolchain-v4.33.0-rc2"],
    ["v4.30.0", "v1.4.0-rc1_lean-toolchain-v4.30.0"],
    ["v4.33.0", undefined],
    ["v4.29.0", undefined],
    ["stable", undefined],
  ])("takes for %s the tag %s", (release, tag) => {
    expect(chooseTag(TAGS, OFFICIAL + release)).toBe(tag);
    expect(chooseTag([...TAGS].reverse(), OFFICIAL + release)).toBe(tag);
  });

  it("knows the nightly builds, and the short names", () => {
    const nightly = "v1.3.18_lean-toolchain-nightly-2026-01-02";
    expect(chooseTag(TAGS, "leanprover/lean4-nightly:nightly-2026-01-02")).toBe(nightly);
    expect(chooseTag(TAGS, "leanprover/lean4:nightly-2026-01-02")).toBe(nightly);
    expect(chooseTag(TAGS, "4.31.0")).toBe("v4.31.0");
  });

  it("takes none for a Lean of another origin, of which no tag tells", () => {
    expect(chooseTag(TAGS, "somebody/lean4:v4.31.0")).toBeUndefined();
    expect(chooseTag(TAGS, "my-lean")).toBeUndefined();
  });
});

describe("nearestReleases", () => {
  it.each([
    ["v4.31.5", ["v4.31.0", "v4.32.0"]],
    ["v4.33.0", ["v4.33.0-rc2"]],
    ["v4.2.0", ["v4.30.0", "v4.31.0"]],
  ])("names for %s those on either side: %j", (release, near) => {
    const nearest = nearestReleases(TAGS, OFFICIAL + release);
    expect(nearest).toEqual(expect.arrayContaining(near));
    expect(nearest.length).toBeLessThanOrEqual(4);
  });

  it("names nightly builds for one, and the last releases for what is no release", () => {
    const nightly = "leanprover/lean4-nightly:nightly-2026-02-02";
    expect(nearestReleases(TAGS, nightly)).toEqual(["nightly-2026-01-02"]);
    expect(nearestReleases(["v4.9.0", "v4.10.0", "v4.11.0"], nightly)).toEqual([
      "v4.10.0",
      "v4.11.0",
    ]);
    expect(nearestReleases(["nonsense"], nightly)).toEqual([]);
  });
});

/** Versions of releases, in the order in which Lean makes them. */
const version = fc
  .tuple(fc.nat(20), fc.nat(20), fc.option(fc.nat(12), { nil: undefined }))
  .map(([minor, patch, candidate]) => ({
    order: [minor, patch, candidate ?? 1000],
    name: `v4.${minor}.${patch}${candidate === undefined ? "" : `-rc${candidate}`}`,
  }));

describe("the choice among any tags", () => {
  it("is a tag for that very release, upstream's where there is one, else of the newest revision", () => {
    const tag = fc.oneof(
      version.map(({ name }) => name),
      fc
        .tuple(version, fc.constantFrom("v4.1.0", "v4.2.0", "v4.2.0-rc1"))
        .map(([{ name }, release]) => `${name}_lean-toolchain-${release}`),
      fc.constantFrom("v4.1.0", "v4.2.0"),
      fc.string(),
    );
    const release = fc.constantFrom("v4.1.0", "v4.2.0", "v4.2.0-rc1", "v4.0.0");
    fc.assert(
      fc.property(fc.array(tag), release, (tags, wanted) => {
        const chosen = chooseTag(tags, OFFICIAL + wanted);
        const revisions = tags
          .filter((name) => name.endsWith(`_lean-toolchain-${wanted}`))
          .map((name) => name.split("_")[0] ?? "");
        if (tags.includes(wanted)) {
          expect(chosen).toBe(wanted);
        } else if (revisions.length === 0) {
          expect(chosen).toBeUndefined();
        } else {
          const newer = revisions.filter(
            (each) => compareVersions(each, chosen?.split("_")[0] ?? "") > 0,
          );
          expect(newer).toEqual([]);
          expect(tags).toContain(chosen);
        }
      }),
    );
  });

  it("names as nearest only what there are tags for, with nothing left out in between", () => {
    fc.assert(
      fc.property(fc.array(version), version, (versions, { name: wanted }) => {
        const tags = versions.map(({ name }) => name);
        fc.pre(!tags.includes(wanted));
        const nearest = nearestReleases(tags, OFFICIAL + wanted);
        const sorted = [...new Set(tags)].sort(compareVersions);
        const at = sorted.findIndex((each) => compareVersions(each, wanted) > 0);
        const place = at === -1 ? sorted.length : at;
        expect(nearest).toEqual(sorted.slice(Math.max(0, place - 2), place + 2));
      }),
    );
  });
});
