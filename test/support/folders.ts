import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** An empty directory of the test's own, gone with it. */
export function temporaryFolder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "lean-pickle-")));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** An empty directory for what several tests share, gone after all tests. */
export function sharedFolder(): string {
  const parent = process.env.LEAN_PICKLE_TEST_FOLDER ?? tmpdir();
  return realpathSync(mkdtempSync(join(parent, "shared-")));
}
