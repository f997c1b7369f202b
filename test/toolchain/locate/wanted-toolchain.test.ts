import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { wantedToolchain } from "../../../src/toolchain/locate/wanted-toolchain.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { executable, file, stubLeanEnvironment } from "../../support/lean-places.ts";

const OFFICIAL = "leanprover/lean4:";

describe("wantedToolchain", () => {
  afterEach(() => {
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
