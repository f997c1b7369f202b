import { cpSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { canonicalJson } from "../../../src/recipe/key.ts";
import { identifyLean, type LeanIdentity } from "../../../src/toolchain/identity/lean-identity.ts";
import type { LeanPlace } from "../../../src/toolchain/locate/selected-toolchain.ts";
import { temporaryFolder } from "../../support/folders.ts";
import {
  executable,
  file,
  git,
  replCheckout,
  stubLeanEnvironment,
  TOOLCHAIN,
} from "../../support/lean-places.ts";

const IMPORTS = ["Lean", "Foo.Bar"];
const FILES = ["lean-toolchain", "lakefile.lean", "lakefile.toml", "lake-manifest.json"];

let place: LeanPlace & { project: string };

beforeEach(() => {
  stubLeanEnvironment();
  const project = temporaryFolder();
  for (const name of FILES) {
    file(join(project, name), `${TOOLCHAIN}\n`);
  }
  file(join(project, ".lake/build/lib/lean/Foo/Bar.olean"));
  file(join(project, ".lake/build/lib/lean/Foo/Bar.trace"), "12");
  place = { repl: join(replCheckout(), ".lake/build/bin/repl"), project };
});

function identify(changes: Partial<LeanPlace> = {}): LeanIdentity {
  return identifyLean({ ...place, ...changes }, IMPORTS);
}

describe("identifyLean", () => {
  it("tells toolchain, REPL, project and imports", async () => {
    const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
    const checkout = join(place.repl, "../../../..");
    expect(identify()).toEqual({
      inputs: {
        toolchain: TOOLCHAIN,
        repl: { revision: git(checkout, "rev-parse", "HEAD"), toolchain: TOOLCHAIN, trace: "1234" },
        project: Object.fromEntries(FILES.map((name) => [name, digest])),
        imports: { "Foo.Bar": "12" },
      },
      unknown: [],
      changedAt: expect.any(Number),
    });
  });

  it.each<[string, (project: string) => unknown]>([
    ...FILES.map((name): [string, (project: string) => unknown] => [
      `one character changed in ${name}`,
      (project) => writeFileSync(join(project, name), `${TOOLCHAIN}1\n`),
    ]),
    ["there is no lakefile", (project) => rmSync(join(project, "lakefile.toml"))],
    [
      "a trace changed",
      (project) => file(join(project, ".lake/build/lib/lean/Foo/Bar.trace"), "13"),
    ],
    ["ELAN_TOOLCHAIN is set", () => vi.stubEnv("ELAN_TOOLCHAIN", "leanprover/lean4:v4.9.0")],
    ["the REPL was built anew", () => file(`${place.repl}.trace`, "1235")],
  ])("is another one where %s", async (_what, change) => {
    const before = identify();
    change(place.project);
    expect(identify().inputs).not.toEqual(before.inputs);
  });

  it.each(FILES)("is the same with CRLF and a byte order mark in %s", (name) => {
    const before = identify().inputs;
    writeFileSync(join(place.project, name), `\uFEFF${TOOLCHAIN}\r\n`);
    expect(identify().inputs).toEqual(before);
  });

  it.each(["v4.33.0", "4.33.0", " leanprover/lean4:v4.33.0 \r\n"])(
    "is the same for a lean-toolchain that says %j",
    (text) => {
      const before = identify().inputs;
      writeFileSync(join(place.project, "lean-toolchain"), text);
      expect(identify().inputs).toEqual(before);
    },
  );

  it("is another one with another REPL, and without a project", async () => {
    const { inputs } = identify();
    const repl = executable(join(temporaryFolder(), "repl"));
    expect(identify({ repl }).inputs).not.toEqual(inputs);
    expect(identify({ project: undefined }).inputs).toMatchObject({ project: null });
  });

  it("is the same wherever project and REPL lie, and whenever they were written", async () => {
    const [project, checkout] = [join(temporaryFolder(), "p"), join(temporaryFolder(), "r")];
    cpSync(place.project, project, { recursive: true });
    cpSync(join(place.repl, "../../../.."), checkout, { recursive: true });
    for (const name of FILES) {
      utimesSync(join(project, name), 1, 1);
    }
    const repl = join(checkout, ".lake/build/bin/repl");
    const [before, after] = [identify(), identify({ project, repl })];
    expect(canonicalJson(after.inputs)).toBe(canonicalJson(before.inputs));
  });

  it("holds no path", async () => {
    const repl = executable(join(temporaryFolder(), "repl"));
    vi.stubEnv("ELAN_TOOLCHAIN", "/opt/lean");
    const { inputs, unknown } = identify({ repl });
    expect(unknown).toEqual(["the toolchain is a folder, and not a name"]);
    for (const own of [place.project, repl, "/opt/lean", process.cwd()]) {
      expect(canonicalJson(inputs)).not.toContain(own);
    }
  });

  it("says what is not known", async () => {
    rmSync(join(place.project, ".lake"), { recursive: true });
    const { inputs, unknown } = identify();
    expect(inputs.imports).toEqual({ "Foo.Bar": null });
    expect(unknown).toEqual(["lake keeps no trace of the module Foo.Bar"]);
    expect(identifyLean(place, null)).toMatchObject({
      inputs: { imports: null },
      unknown: ["what the code at the root imports"],
    });
  });

  it.each(FILES)("does not know a %s that cannot be read", async (name) => {
    rmSync(join(place.project, name));
    mkdirSync(join(place.project, name));
    const { inputs, unknown } = identify();
    expect(inputs.project).toMatchObject({ [name]: null });
    expect(unknown).toEqual([`the ${name} of the project cannot be read`]);
  });

  it("does not know a toolchain that is none", async () => {
    writeFileSync(join(place.project, "lean-toolchain"), "two words");
    vi.stubEnv("ELAN_TOOLCHAIN", "");
    const { inputs, unknown } = identify();
    expect(inputs.toolchain).toBe(TOOLCHAIN);
    expect(unknown).toEqual(["the lean-toolchain of the project names no toolchain"]);
    vi.stubEnv("ELAN_TOOLCHAIN", "two words");
    expect(identify()).toMatchObject({
      inputs: { toolchain: null },
      unknown: ["ELAN_TOOLCHAIN names no toolchain"],
    });
  });

  it("knows that no toolchain is named: the REPL tells its Lean then", async () => {
    const repl = executable(join(temporaryFolder(), "repl"));
    const { inputs, unknown } = identifyLean({ repl, project: undefined }, []);
    expect(inputs).toEqual({ toolchain: null, repl: inputs.repl, project: null, imports: {} });
    expect(unknown).toEqual([]);
  });

  it("tells when the youngest of its files changed", async () => {
    const before = identify();
    const trace = file(join(place.project, ".lake/build/lib/lean/Foo/Bar.trace"), "13");
    expect(identify().changedAt).toBe(statSync(trace).ctimeMs);
    const repl = executable(join(temporaryFolder(), "repl"));
    expect(identify({ repl }).changedAt).toBe(statSync(repl).ctimeMs);
    expect(before.changedAt).toBeLessThanOrEqual(statSync(trace).ctimeMs);
  });
});
