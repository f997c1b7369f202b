import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { isAbsolute, join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cachePath, picklePath, temporaryPath } from "../../../src/store/disk/layout.ts";
import {
  findDamage,
  removePickle,
  TemporaryPickle,
} from "../../../src/store/pickles/pickle-file.ts";
import { temporaryFolder } from "../../support/folders.ts";

const KEY = "ab".repeat(32);

/** A pickle that the cache keeps, with the entry that describes it. */
async function keep(folder: string, content: Buffer) {
  const temporary = await TemporaryPickle.create(folder);
  writeFileSync(temporary.path, content);
  const { bytes, sha256 } = await temporary.seal();
  return { bytes, sha256, pickleFile: await temporary.keep(KEY) };
}

describe("TemporaryPickle", () => {
  it("is an absolute path in the cache, another one each time, where nothing is yet", async () => {
    const folder = temporaryFolder();
    const a = await TemporaryPickle.create(folder);
    const b = await TemporaryPickle.create(folder);
    expect(isAbsolute(a.path)).toBe(true);
    expect(a.path.startsWith(temporaryPath(folder))).toBe(true);
    expect(a.path).not.toBe(b.path);
    expect(existsSync(a.path)).toBe(false);
  });

  it("tells size, digest and header of what was written", async () => {
    const content = Buffer.alloc(200_000, 7);
    const temporary = await TemporaryPickle.create(temporaryFolder());
    writeFileSync(temporary.path, content);
    const facts = await temporary.seal();
    const sha256 = createHash("sha256").update(content).digest("hex");
    expect(facts).toMatchObject({ bytes: content.length, sha256, header: null });
  });

  it("becomes a read-only file of its own, named by the key", async () => {
    const folder = temporaryFolder();
    const first = await keep(folder, Buffer.from("one"));
    const second = await keep(folder, Buffer.from("two"));
    expect(first.pickleFile).toMatch(new RegExp(`^session_cache/${KEY}\\.[0-9a-f]{8}\\.olean$`));
    expect(first.pickleFile).not.toBe(second.pickleFile);
    const path = picklePath(folder, first);
    expect(readFileSync(path, "utf8")).toBe("one");
    expect((statSync(path).mode & 0o777).toString(8)).toBe("400");
  });

  it("says that the REPL wrote nothing where it did not", async () => {
    const temporary = await TemporaryPickle.create(temporaryFolder());
    await expect(temporary.seal()).rejects.toMatchObject({
      code: "pickle-failed",
      message: expect.stringContaining(temporary.path),
    });
  });

  it("takes away with it what Lean leaves beside it, and nothing else, when it is discarded", async () => {
    const folder = temporaryFolder();
    const temporary = await TemporaryPickle.create(folder);
    const { path } = temporary;
    for (const each of [path, `${path}.tmp.4711`, `${path}.lock`]) {
      writeFileSync(each, "x");
    }
    writeFileSync(join(temporaryPath(folder), "another's.olean"), "y");
    await temporary.discard();
    expect(readdirSync(temporaryPath(folder))).toEqual(["another's.olean"]);
  });
});

describe("findDamage", () => {
  it("finds none in what was written", async () => {
    const folder = temporaryFolder();
    expect(await findDamage(folder, await keep(folder, Buffer.alloc(100_000, 1)))).toBeUndefined();
  });

  it("finds any byte that changed", async () => {
    const folder = temporaryFolder();
    const content = Buffer.alloc(3000, 1);
    const entry = await keep(folder, content);
    const path = picklePath(folder, entry);
    chmodSync(path, 0o600);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(content.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, bits) => {
          const damaged = Buffer.from(content);
          damaged[at] = (damaged[at] ?? 0) ^ bits;
          writeFileSync(path, damaged);
          expect(await findDamage(folder, entry)).toContain("SHA-256");
        },
      ),
    );
  });

  it.each<[string, (path: string) => void, RegExp]>([
    ["is missing", (path) => rmSync(path), /missing/],
    ["is empty", (path) => truncateSync(path, 0), /0 bytes instead of 9/],
    ["was cut off", (path) => truncateSync(path, 5), /5 bytes instead of 9/],
    ["grew", (path) => writeFileSync(path, "0123456789"), /10 bytes instead of 9/],
    ["is a link", (path) => replace(path, () => symlinkSync("/etc/passwd", path)), /is a link/],
    ["is a pipe", (path) => replace(path, () => execFileSync("mkfifo", [path])), /no regular file/],
    [
      "is a folder",
      (path) => replace(path, () => execFileSync("mkdir", [path])),
      /no regular file/,
    ],
  ])("finds a pickle that %s, and does not wait", async (_what, damage, message) => {
    const folder = temporaryFolder();
    const entry = await keep(folder, Buffer.from("123456789"));
    const path = picklePath(folder, entry);
    chmodSync(path, 0o600);
    damage(path);
    const found = await findDamage(folder, entry);
    expect(found).toMatch(message);
    expect(found).toContain(path);
  });
});

function replace(path: string, make: () => void): void {
  rmSync(path);
  make();
}

describe("removePickle", () => {
  it("removes a pickle, and does not mind one that is gone", async () => {
    const folder = temporaryFolder();
    const { pickleFile } = await keep(folder, Buffer.from("x"));
    await removePickle(folder, pickleFile);
    await removePickle(folder, pickleFile);
    expect(existsSync(join(folder, pickleFile))).toBe(false);
  });

  it("removes nothing behind a link in place of the folder", async () => {
    const folder = temporaryFolder();
    const elsewhere = temporaryFolder();
    const { pickleFile } = await keep(elsewhere, Buffer.from("x"));
    symlinkSync(cachePath(elsewhere), cachePath(folder));
    await expect(removePickle(folder, pickleFile)).rejects.toMatchObject({ code: "cache-damaged" });
    expect(existsSync(join(elsewhere, pickleFile))).toBe(true);
  });
});
