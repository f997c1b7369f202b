import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolders } from "../../../src/store/disk/folders.ts";
import { temporaryFolder } from "../../support/folders.ts";

describe("makeFolders", () => {
  it("makes those on the way, also where others make them at the same time", async () => {
    for (let round = 0; round < 10; round++) {
      const root = temporaryFolder();
      const paths = ["a/b/c/d", "a/b/c", "a/b/e/f", "a/b/c/d"].map((path) => join(root, path));
      await Promise.all(paths.map(makeFolders));
      expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    }
  });

  it.skipIf(process.platform !== "linux")("ends where a folder takes none", async () => {
    await expect(makeFolders("/proc/no/such")).rejects.toMatchObject({ code: "ENOENT" });
  });
});
