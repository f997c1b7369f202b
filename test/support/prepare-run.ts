/** What all tests share: a folder that is gone after them, and in it the stand-in as one file. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";

/**
 * Bundles the stand-in: from one file Node starts it in two thirds of the time, and the tests start it
 * some thousand times.
 * @returns what removes the folder, also what a test has left there that was killed
 */
export async function setup(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), "lean-pickle-tests-"));
  const file = join(folder, "repl.cjs");
  const input = fileURLToPath(new URL("../simulated-repl/repl.js", import.meta.url));
  await build({ input, platform: "node", output: { file, format: "cjs" } });
  // Some tests are run as another user.
  for (const path of [folder, file]) {
    chmodSync(path, 0o755);
  }
  process.env.LEAN_PICKLE_TEST_FOLDER = folder;
  process.env.LEAN_PICKLE_TEST_REPL = file;
  return () => rmSync(folder, { recursive: true, force: true });
}
