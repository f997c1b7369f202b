/** The program, built with faults in its store that the environment asks for. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { afterAll } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "lean-pickle-faulty-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
await build({
  cwd: root,
  input: { "faulty-main": "test/torture/faulty-main.ts" },
  platform: "node",
  output: { dir: join(folder, "bin") },
});
// It says its version, and is of ES modules.
cpSync(join(root, "package.json"), join(folder, "package.json"));

/** Takes the place of the program. */
export const faultyProgram = join(folder, "bin", "faulty-main.js");
