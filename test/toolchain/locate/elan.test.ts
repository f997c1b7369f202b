import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  elanHome,
  isElans,
  isInstalled,
  parseElanSettings,
  wouldDownload,
} from "../../../src/toolchain/locate/elan.ts";
import { Evidence } from "../../../src/toolchain/locate/observed-files.ts";
import { chosenToolchain } from "../../../src/toolchain/locate/selected-toolchain.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { executable, file, stubLeanEnvironment } from "../../support/lean-places.ts";

/** As elan 4 writes it. */
function settings(overrides: Record<string, string>): string {
  const lines = Object.entries(overrides).map(([folder, name]) => `"${folder}" = "${name}"`);
  return [
    'default_toolchain = "leanprover/lean4:stable"',
    "telemetry = false",
    'version = "12"',
    "",
    "[overrides]",
    ...lines,
    "",
  ].join("\n");
}

let home: string;

beforeEach(() => {
  stubLeanEnvironment();
  home = temporaryFolder();
  vi.stubEnv("ELAN_HOME", home);
});

describe("parseElanSettings", () => {
  it("finds the default toolchain and the overrides", () => {
    const { defaultToolchain, overrides } = parseElanSettings(
      settings({ "/home/me/a": "leanprover/lean4:v4.9.0", "C:\\\\Users\\\\b \\u00fc": "mine" }),
    );
    expect(defaultToolchain).toBe("leanprover/lean4:stable");
    expect([...overrides]).toEqual([
      ["/home/me/a", "leanprover/lean4:v4.9.0"],
      ["C:\\Users\\b ü", "mine"],
    ]);
  });

  it("finds nothing in what is no such file", () => {
    for (const text of ["", "[overrides]\n", '"a" = 1\n', "\0\0", '[overrides]\n"\\q" = "x y"\n']) {
      expect(parseElanSettings(text)).toEqual({ defaultToolchain: null, overrides: new Map() });
    }
  });

  it("finds an override for any folder, as elan quotes it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (folder) => {
        const text = `[overrides]\n${JSON.stringify(folder)} = "v4.9.0"\n`;
        expect([...parseElanSettings(text).overrides]).toEqual([[folder, "v4.9.0"]]);
      }),
    );
  });

  it("takes literal strings, and no other table's entries", () => {
    const text = "[other]\n'/a' = 'x'\n[overrides] # of folders\n'/b' = 'v4.9.0' # why\n";
    expect([...parseElanSettings(text).overrides]).toEqual([["/b", "v4.9.0"]]);
  });
});

describe("chosenToolchain", () => {
  const chosen = (folder: string) => chosenToolchain(folder, new Evidence());

  it("prefers an override for the folder to its lean-toolchain, and what is nearer to both", () => {
    const outer = temporaryFolder();
    const inner = join(outer, "inner");
    mkdirSync(inner);
    expect(chosen(inner)).toBeNull();
    file(join(outer, "lean-toolchain"), "v4.1.0\n");
    expect(chosen(inner)).toEqual({ name: "v4.1.0", from: join(outer, "lean-toolchain") });
    file(join(home, "settings.toml"), settings({ [outer]: "v4.2.0" }));
    expect(chosen(inner)).toEqual({ name: "v4.2.0", from: `elan's override for ${outer}` });
    file(join(inner, "lean-toolchain"), "v4.3.0\n");
    expect(chosen(inner)?.name).toBe("v4.3.0");
    file(join(home, "settings.toml"), settings({ [inner]: "v4.4.0" }));
    expect(chosen(inner)?.name).toBe("v4.4.0");
    vi.stubEnv("ELAN_TOOLCHAIN", "v4.5.0");
    expect(chosen(inner)).toEqual({ name: "v4.5.0", from: "ELAN_TOOLCHAIN" });
  });

  it("finds an override by the path without links, as elan keeps it", () => {
    const real = temporaryFolder();
    const link = join(temporaryFolder(), "link");
    symlinkSync(real, link);
    file(join(home, "settings.toml"), settings({ [real]: "v4.9.0" }));
    expect(chosen(link)?.name).toBe("v4.9.0");
  });
});

describe("isElans", () => {
  it("knows elan's programs, as copies beside it, as links to it, and by links from elsewhere", () => {
    executable(join(home, "bin/elan"));
    const lake = executable(join(home, "bin/lake"));
    symlinkSync("elan", join(home, "bin/lean"));
    const elsewhere = temporaryFolder();
    symlinkSync(lake, join(elsewhere, "lake"));
    symlinkSync(join(home, "bin/lean"), join(elsewhere, "lean"));
    for (const folder of [join(home, "bin"), elsewhere]) {
      expect([isElans(join(folder, "lake")), isElans(join(folder, "lean"))]).toEqual([true, true]);
    }
    expect(isElans(executable(join(elsewhere, "own/lake")))).toBe(false);
  });
});

describe("isInstalled", () => {
  it("knows the folders of elan's toolchains, and what it cannot tell", () => {
    expect(isInstalled("v4.33.0")).toBeUndefined();
    mkdirSync(join(home, "bin"));
    mkdirSync(join(home, "toolchains", "leanprover--lean4---v4.33.0"), { recursive: true });
    expect(isInstalled("leanprover/lean4:v4.33.0")).toBe(true);
    expect(isInstalled("4.33.0")).toBe(true);
    expect(isInstalled("v4.33.0-rc1")).toBe(false);
    expect(isInstalled("stable")).toBeUndefined();
  });

  it("knows that an elan without a home downloads each toolchain, as one of the system does", () => {
    const system = temporaryFolder();
    executable(join(system, "elan"));
    symlinkSync("elan", join(system, "lake"));
    expect(wouldDownload(join(system, "lake"), "leanprover/lean4:v4.33.0")).toBe(true);
    expect(wouldDownload(join(system, "lake"), "stable")).toBe(false);
    mkdirSync(join(home, "toolchains", "leanprover--lean4---v4.33.0"), { recursive: true });
    expect(wouldDownload(join(system, "lake"), "leanprover/lean4:v4.33.0")).toBe(false);
    expect(wouldDownload(executable(join(system, "own/lake")), "v4.33.1")).toBe(false);
  });

  it("looks in the home where ELAN_HOME is not set", () => {
    vi.stubEnv("ELAN_HOME", "");
    vi.stubEnv("HOME", "/home/me");
    expect(elanHome()).toBe("/home/me/.elan");
  });
});
