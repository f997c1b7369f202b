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
