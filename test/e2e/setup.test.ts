import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { file, git } from "../support/lean-places.ts";
import { replMirror, SetupPlace } from "../support/repl-sources.ts";

const OFFICIAL = "leanprover/lean4:";

/** Upstream's tags and the fork's in one mirror. */
function mirror(): string {
  return replMirror({
    "v4.31.0": `${OFFICIAL}v4.31.0`,
    "v4.32.0": `${OFFICIAL}v4.32.0`,
    "v1.3.9_lean-toolchain-v4.33.0-rc1": `${OFFICIAL}v4.33.0-rc1`,
    "v1.3.18_lean-toolchain-v4.33.0-rc1": `${OFFICIAL}v4.33.0-rc1`,
    "v1.3.18_lean-toolchain-v4.32.0": `${OFFICIAL}v4.32.0`,
    "v1.3.18_lean-toolchain-v4.30.0": `${OFFICIAL}v4.30.0`,
    "v1.3.18_lean-toolchain-nightly-2026-01-02": "leanprover/lean4-nightly:nightly-2026-01-02",
  });
}

describe("lean-pickle setup", () => {
  it.each([
    ["v4.31.0", "v4.31.0"],
    ["4.32.0", "v4.32.0"],
    ["leanprover/lean4:v4.30.0", "v1.3.18_lean-toolchain-v4.30.0"],
    ["v4.33.0-rc1", "v1.3.18_lean-toolchain-v4.33.0-rc1"],
    ["nightly-2026-01-02", "v1.3.18_lean-toolchain-nightly-2026-01-02"],
  ])("builds for %s what is at the tag %s", async (lean, rev) => {
    const place = new SetupPlace();
    const source = mirror();
    const built = await place.json(["--lean", lean, "--from", source]);
    const folder = String(built.folder);
    expect(built).toMatchObject({ source, rev, built: true });
    expect(built.repl).toBe(join(folder, ".lake/build/bin/repl"));
    expect(built.revision).toBe(git(source, "rev-parse", `${rev}^{commit}`));
    expect(readFileSync(join(folder, "lean-toolchain"), "utf8").trim()).toBe(built.toolchain);
    expect((built.steps as { step: string }[]).map(({ step }) => step)).toEqual([
      ...["fetch", "build"],
      ...["start", "command", "pickle", "unpickle", "tactic"],
    ]);
  });
});
