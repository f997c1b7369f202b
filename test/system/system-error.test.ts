import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { describeSystemError } from "../../src/system/system-error.ts";
import { temporaryFolder } from "../support/folders.ts";

function systemError(code: string, details: object): NodeJS.ErrnoException {
  const message = `${code}: some reason, ${Object.values(details).join(" ")}`;
  return Object.assign(new Error(message), { code, ...details });
}

describe("describeSystemError", () => {
  it("says what could not be done, to what, and why", () => {
    const error = systemError("EISDIR", { syscall: "rename", path: "/a", dest: "/b" });
    expect(describeSystemError(error)).toBe("Could not rename /a to /b: some reason (EISDIR).");
  });

  it("says what to do where the file system is read-only", () => {
    const error = systemError("EROFS", { syscall: "mkdir", path: "/a" });
    expect(describeSystemError(error)).toBe(
      "Could not make the folder /a: some reason (EROFS). Its file system is mounted read-only: choose another folder (for a cache: -d).",
    );
  });

  it("names nobody where permissions are not what denies it", () => {
    const path = join(temporaryFolder(), "file");
    writeFileSync(path, "");
    const error = systemError("EPERM", { syscall: "rename", path, dest: `${path}.new` });
    expect(describeSystemError(error)).toMatch(/\(EPERM\)\.$/);
  });

  it.skipIf(process.geteuid?.() === 0)("says how to open what is one's own", () => {
    const folder = join(temporaryFolder(), "closed");
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    const error = systemError("EACCES", { syscall: "mkdir", path: join(folder, "new") });
    expect(describeSystemError(error)).toContain(
      `${folder} is yours and has the mode 500: "chmod u+rwX" it`,
    );
  });
});
