/**
 * Bundles the stand-in before the tests: from one file Node starts it in two thirds of the time, and
 * the tests start it some thousand times.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

/** @returns what removes it after the tests */
export async function setup(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "lean-pickle-repl-"));
  const file = join(folder, "repl.cjs");
  const input = fileURLToPath(new URL("../simulated-repl/repl.js", import.meta.url));
  await build({ input, platform: "node", output: { file, format: "cjs" } });
  // Some tests are run as another user.
  for (const path of [folder, file]) {
    chmodSync(path, 0o755);
  }
  process.env.LEAN_PICKLE_TEST_REPL = file;
  return () => rmSync(folder, { recursive: true });
}
