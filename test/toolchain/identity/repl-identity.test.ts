import { cpSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { normalizeToolchain } from "../../../src/system/lean-version.ts";
import { identifyRepl } from "../../../src/toolchain/identity/repl-identity.ts";
import { Evidence } from "../../../src/toolchain/locate/observed-files.ts";
import { temporaryFolder } from "../../support/folders.ts";
import {
  executable,
  file,
  git,
  replCheckout,
  stubLeanEnvironment,
  TOOLCHAIN,
} from "../../support/lean-places.ts";

const CONTENT = { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) };

let checkout: string;
let repl: string;

function identify(path = repl): ReturnType<typeof identifyRepl> {
  return identifyRepl(path, new Evidence());
}

beforeEach(() => {
  stubLeanEnvironment();
  checkout = replCheckout();
  repl = join(checkout, ".lake/build/bin/repl");
});

describe("identifyRepl", () => {
  it("is what it was built from, by its own path and behind a link", async () => {
    const revision = git(checkout, "rev-parse", "HEAD");
    const expected = { revision, toolchain: TOOLCHAIN, trace: "1234" };
    expect(await identify()).toEqual(expected);
    const link = join(temporaryFolder(), "my-repl");
    symlinkSync(repl, link);
    expect(await identify(link)).toEqual(expected);
    rmSync(join(checkout, ".lake/build/bin/repl.trace"));
    expect(await identify()).toEqual({ revision, toolchain: TOOLCHAIN });
  });

  it("is the same for a checkout that lies elsewhere, whose executable is another one", async () => {
    const copy = join(temporaryFolder(), "copy");
    cpSync(checkout, copy, { recursive: true });
    const other = executable(join(copy, ".lake/build/bin/repl"), "built on another machine");
    utimesSync(other, 1, 1);
    expect(await identify(other)).toEqual(await identify());
  });

  it.each<[string, () => unknown]>([
    ["another commit", () => git(checkout, "commit", "--allow-empty", "-m", "another")],
    ["another toolchain", () => writeFileSync(join(checkout, "lean-toolchain"), "v4.9.0")],
    ["another trace", () => file(join(checkout, ".lake/build/bin/repl.trace"), "1235")],
  ])("is another one with %s", async (_what, change) => {
    const before = await identify();
    change();
    const after = await identify();
    expect(after).toHaveProperty("revision");
    expect(after).not.toEqual(before);
  });

  it.each([
    "leanprover/lean4:v4.33.0-rc2",
    "v4.9.0",
    "4.9.0",
    "leanprover/lean4-nightly:nightly-2025-01-02",
    "leanprover/lean4:nightly-2025-01-02",
  ])("relies on the toolchain %s, which is one Lean", async (toolchain) => {
    writeFileSync(join(checkout, "lean-toolchain"), toolchain);
    expect(await identify()).toMatchObject({ toolchain: normalizeToolchain(toolchain) });
  });

  it.each(["stable", "nightly", "leanprover/lean4:beta", "my-lean", "/opt/lean", ""])(
    "is its content with the toolchain %j, which may be any Lean",
    async (toolchain) => {
      writeFileSync(join(checkout, "lean-toolchain"), toolchain);
      const before = await identify();
      expect(before).toEqual(CONTENT);
      writeFileSync(repl, "another");
      expect(await identify()).not.toEqual(before);
    },
  );

  it.each<[string, () => unknown]>([
    ["there is no toolchain", () => rmSync(join(checkout, "lean-toolchain"))],
    ["there is no commit", () => rmSync(join(checkout, ".git"), { recursive: true })],
    ["the trace is not understood", () => file(join(checkout, ".lake/build/bin/repl.trace"), "?")],
    ["it is a link to elsewhere", () => linkInstead()],
  ])("is its content where %s", async (_what, change) => {
    change();
    expect(await identify()).toEqual(CONTENT);
  });

  it("is its content where it does not lie where lake builds it", async () => {
    expect(await identify(executable(join(checkout, "repl")))).toEqual(CONTENT);
  });

  it("is not known where there is nothing to read", async () => {
    const evidence = new Evidence();
    expect(identifyRepl(join(checkout, "gone"), evidence)).toBeNull();
    expect(evidence.unknown).toEqual(["the executable of the REPL cannot be read"]);
  });
});

function linkInstead(): void {
  rmSync(repl);
  symlinkSync(executable(join(temporaryFolder(), "other")), repl);
}
