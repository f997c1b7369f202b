/** The program, built with faults in its store that the environment asks for. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { sharedFolder } from "../support/folders.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = sharedFolder();
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
