import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  leanVersionOf,
  parseLeanVersion,
  wantedToolchain,
} from "../../../src/toolchain/locate/wanted-toolchain.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { executable, file, stubLeanEnvironment } from "../../support/lean-places.ts";

const OFFICIAL = "leanprover/lean4:";

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

describe("leanVersionOf", () => {
  it("is what Lean says of itself, where a release says it", () => {
    expect(leanVersionOf(`${OFFICIAL}v4.33.0-rc2`)).toBe("4.33.0-rc2");
    expect(leanVersionOf("leanprover/lean4-nightly:nightly-2026-01-02")).toBeUndefined();
  });
});

describe("wantedToolchain", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  /** A user with these programs on PATH and nothing else, outside of any project. */
  function stub(programs: Record<string, string>): string {
    const root = temporaryFolder();
    stubLeanEnvironment();
    vi.stubEnv("HOME", root);
    vi.stubEnv("ELAN_HOME", undefined);
    vi.stubEnv("PATH", join(root, "bin"));
    vi.spyOn(process, "cwd").mockReturnValue(root);
    for (const [name, script] of Object.entries(programs)) {
      executable(join(root, "bin", name), `#!/bin/sh\n${script}\n`);
    }
    return root;
  }

  it("does not run elan's lean, which might download another one", async () => {
    const root = stub({ lean: ": > $0.ran", elan: "" });
    await expect(wantedToolchain({}, {})).rejects.toMatchObject({ code: "usage" });
    await expect(wantedToolchain({}, {})).rejects.toThrow("no other Lean was found");
    expect(existsSync(join(root, "bin", "lean.ran"))).toBe(false);
  });

  it("refuses a default of elan's that moves, and says whose it is", async () => {
    const root = stub({ lean: "exit 1" });
    file(join(root, ".elan", "settings.toml"), 'default_toolchain = "leanprover/lean4:stable"\n');
    await expect(wantedToolchain({}, {})).rejects.toThrow(
      '"leanprover/lean4:stable", of elan\'s default, does not name one Lean.',
    );
  });

  it("asks a lean that is not elan's", async () => {
    stub({ lean: "echo 'Lean (version 4.31.0, x86, Release)'" });
    expect(await wantedToolchain({}, {})).toMatchObject({ name: `${OFFICIAL}v4.31.0` });
    stub({ lean: "echo 'Lean (version 4.31.0-pre, x86, Release)'" });
    await expect(wantedToolchain({}, {})).rejects.toMatchObject({ code: "usage" });
  });

  it("takes what is named before all that is there", async () => {
    stub({ lean: "exit 1" });
    vi.stubEnv("ELAN_TOOLCHAIN", "v4.30.0");
    expect(await wantedToolchain({}, {})).toMatchObject({ name: `${OFFICIAL}v4.30.0` });
    expect(await wantedToolchain({ lean: " 4.32.0\n" }, {})).toEqual({
      name: `${OFFICIAL}v4.32.0`,
      from: "--lean",
    });
  });
});
