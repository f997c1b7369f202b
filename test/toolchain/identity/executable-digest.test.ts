import { createHash } from "node:crypto";
import {
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { digestExecutable } from "../../../src/toolchain/identity/executable-digest.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { executable, file, stubLeanEnvironment } from "../../support/lean-places.ts";

const LARGE = "x".repeat(1024 * 1024 + 1);
const PLANTED = "ab".repeat(32);

let cache: string;
let folder: string;
let path: string;

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function memoPath(): string {
  return join(cache, "lean-pickle/executables", `${sha256(path)}.json`);
}

/** A memo that is right for the file in all but its digest, and in `changes`. */
function plantMemo(changes: Record<string, unknown> = {}): void {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  const stamp = Object.entries({ dev, ino, size, mtimeNs, ctimeNs });
  const texts = Object.fromEntries(stamp.map(([name, value]) => [name, String(value)]));
  file(memoPath(), JSON.stringify({ ...texts, sha256: PLANTED, ...changes }));
}

/** Makes what was written look old: nothing but the clock can, as no one sets a ctime. */
function passTime(): void {
  vi.spyOn(Date, "now").mockReturnValue(Date.now() + 60_000);
}

beforeEach(() => {
  cache = stubLeanEnvironment();
  folder = temporaryFolder();
  path = executable(join(folder, "repl"), LARGE);
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe("digestExecutable", () => {
  it("is the digest of the content, behind links too", async () => {
    symlinkSync("repl", join(folder, "link"));
    expect(digestExecutable(path)).toBe(sha256(LARGE));
    expect(digestExecutable(join(folder, "link"))).toBe(sha256(LARGE));
    writeFileSync(path, "small");
    expect(digestExecutable(path)).toBe(sha256("small"));
  });

  it("throws what the system says where it cannot be read", async () => {
    expect(() => digestExecutable(join(folder, "gone"))).toThrow(
      expect.objectContaining({ code: "ENOENT" }),
    );
  });

  it("is remembered for a large file, for the user alone", async () => {
    passTime();
    digestExecutable(path);
    expect(JSON.parse(readFileSync(memoPath(), "utf8"))).toMatchObject({
      size: String(LARGE.length),
      sha256: sha256(LARGE),
    });
    expect(statSync(memoPath()).mode & 0o777).toBe(0o600);
    expect(statSync(join(memoPath(), "..")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(memoPath(), ".."))).toHaveLength(1);
  });

  it("is believed where it is remembered, by way of a link too", async () => {
    plantMemo();
    symlinkSync("repl", join(folder, "link"));
    expect(digestExecutable(path)).toBe(PLANTED);
    expect(digestExecutable(join(folder, "link"))).toBe(PLANTED);
  });

  it.each(["dev", "ino", "size", "mtimeNs", "ctimeNs"])(
    "is not believed where the file has another %s",
    async (part) => {
      plantMemo({ [part]: "1" });
      passTime();
      expect(digestExecutable(path)).toBe(sha256(LARGE));
      // It was put right.
      expect(readFileSync(memoPath(), "utf8")).toContain(sha256(LARGE));
    },
  );

  it("is not believed once the content changed, even with the size and time it had", async () => {
    passTime();
    const { atime, mtime } = statSync(path);
    expect(digestExecutable(path)).toBe(sha256(LARGE));
    const other = LARGE.replace("x", "y");
    writeFileSync(path, other);
    utimesSync(path, atime, mtime);
    expect(digestExecutable(path)).toBe(sha256(other));
  });

  it.each([
    ["no JSON", "{"],
    ["no object", "null"],
    ["empty", ""],
  ])("is not believed where the memo is %s", async (_what, text) => {
    file(memoPath(), text);
    expect(digestExecutable(path)).toBe(sha256(LARGE));
  });

  it("is not believed where the memo holds no digest", async () => {
    plantMemo({ sha256: "../../etc" });
    expect(digestExecutable(path)).toBe(sha256(LARGE));
  });

  it("is not remembered for a file that changed just now, nor for a small one", async () => {
    vi.spyOn(Date, "now").mockReturnValue(statSync(path).ctimeMs + 1999);
    digestExecutable(path);
    passTime();
    digestExecutable(executable(join(folder, "small"), "small"));
    expect(readdirSync(cache)).toEqual([]);
  });

  it("is told where the memo cannot be written or read", async () => {
    passTime();
    vi.stubEnv("XDG_CACHE_HOME", file(join(folder, "no-folder")));
    expect(digestExecutable(path)).toBe(sha256(LARGE));
    vi.stubEnv("XDG_CACHE_HOME", cache);
    file(join(memoPath(), "a folder in its place"));
    expect(digestExecutable(path)).toBe(sha256(LARGE));
    expect(readdirSync(join(memoPath(), ".."))).toHaveLength(1);
    vi.stubEnv("XDG_CACHE_HOME", undefined);
    vi.stubEnv("HOME", "no-home");
    expect(digestExecutable(path)).toBe(sha256(LARGE));
  });
});
