import { describe, expect, it } from "vitest";
import {
  isSameToolchain,
  nameIn,
  namesOneLean,
  wholeName,
} from "../../../src/toolchain/locate/toolchain-name.ts";

describe("wholeName", () => {
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
    ["my-lean", "my-lean"],
    ["/opt/lean", "/opt/lean"],
  ])("completes %s to %s as elan does", (name, whole) => {
    expect(wholeName(name)).toBe(whole);
    expect(wholeName(whole)).toBe(whole);
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

describe("nameIn", () => {
  it("takes the first line, as elan does", () => {
    expect(nameIn(" leanprover/lean4:v4.33.0 \r\n# another line\n")).toBe(
      "leanprover/lean4:v4.33.0",
    );
  });

  it.each(["", "\n", "two words", "a\u001b[31m", "x".repeat(201)])("takes %j for none", (text) => {
    expect(nameIn(text)).toBeNull();
  });
});
