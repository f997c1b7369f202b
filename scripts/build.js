/** Compiles the sources, and writes the JSON Schema of the manifest beside them. */
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { toJsonSchema } from "@valibot/to-json-schema";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
const require = createRequire(import.meta.url);

rmSync(dist, { recursive: true, force: true });
const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], {
  stdio: "inherit",
});

const { manifestSchema } = await import(join(dist, "store", "manifest.js"));
const schema = {
  ...toJsonSchema(manifestSchema),
  title: "The manifest of a lean-pickle cache, lean-pickle.json",
};
writeFileSync(join(dist, "manifest.schema.json"), `${JSON.stringify(schema, null, 2)}\n`);
