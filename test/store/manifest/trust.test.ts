import { chmodSync, chownSync, lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  findDistrust,
  findForeignWriter,
  findRecipeDistrust,
} from "../../../src/store/manifest/trust.ts";
import { temporaryFolder } from "../../support/folders.ts";

const isRoot = process.geteuid?.() === 0;
const OTHER_USER = 65_534;
const entry = { pickleFile: "session_cache/a.olean" };

/** What has a say in what Lean is given. */
const NAMES = [
  ["session_cache"],
  ["session_cache/tmp"],
  ["session_cache/a.olean"],
  ["lean-pickle.json"],
];

/** A working directory with these, all of them the user's own. */
function workingDir(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "session_cache"), { mode: 0o700 });
  mkdirSync(join(folder, "session_cache", "tmp"), { mode: 0o700 });
  writeFileSync(join(folder, "session_cache", "a.olean"), "a", { mode: 0o400 });
  writeFileSync(join(folder, "lean-pickle.json"), "{}", { mode: 0o600 });
  return folder;
}

describe("findDistrust", () => {
  it("finds nothing where all is the user's own, or not there", () => {
    expect(findDistrust(workingDir(), entry)).toBeUndefined();
    expect(findDistrust(temporaryFolder(), entry)).toBeUndefined();
  });

  it.each(NAMES)("names %s where everyone may write it, sticky or not", (name) => {
    for (const mode of [0o702, 0o777, 0o1777]) {
      const folder = workingDir();
      chmodSync(join(folder, name), mode);
      expect(findDistrust(folder, entry)).toBe(
        `${join(folder, name)} can be written by everyone, so somebody else could have written its pickle: it is loaded only with --trust.`,
      );
    }
  });

  it("trusts a group as whoever put it together", () => {
    const folder = workingDir();
    chmodSync(join(folder, "session_cache"), 0o2770);
    chmodSync(join(folder, "session_cache", "a.olean"), 0o660);
    expect(findDistrust(folder, entry)).toBeUndefined();
  });

  it.runIf(isRoot).each(NAMES)(
    "names %s where it is another user's (only root can give files away)",
    (name) => {
      const folder = workingDir();
      chownSync(join(folder, name), OTHER_USER, OTHER_USER);
      expect(findDistrust(folder, entry)).toMatch(
        `${join(folder, name)} belongs to another user (uid ${OTHER_USER})`,
      );
    },
  );
});

describe("findRecipeDistrust", () => {
  it("looks at the manifest alone", () => {
    const folder = workingDir();
    chmodSync(join(folder, "session_cache"), 0o777);
    expect(findRecipeDistrust(folder)).toBeUndefined();
    chmodSync(join(folder, "lean-pickle.json"), 0o666);
    expect(findRecipeDistrust(folder)).toMatch("written its recipe: it is run only with --trust");
  });
});

describe("findForeignWriter", () => {
  it("trusts root, whoever the user is", () => {
    const { mode } = lstatSync(join(workingDir(), "lean-pickle.json"));
    expect(findForeignWriter({ uid: 0, mode })).toBeUndefined();
    const user = process.geteuid?.() ?? 0;
    expect(findForeignWriter({ uid: user + 1, mode })).toBe(
      `belongs to another user (uid ${user + 1})`,
    );
  });
});
