import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folders.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

describe("the package", () => {
  it("holds what it needs, neither tests nor sources, and runs from where it is unpacked", () => {
    const folder = temporaryFolder();
    // Without its scripts: they would build anew what other tests are running.
    const packed = execFileSync(
      "npm",
      ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
      { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
    );
    const listed: unknown = JSON.parse(packed);
    const [{ filename, files }] = (
      Array.isArray(listed) ? listed : Object.values(listed as object)
    ) as [{ filename: string; files: { path: string }[] }];
    const paths = files.map(({ path }) => path);
    const allowed =
      /^(bin\/(lean-pickle\.js|package\.json)|docs\/[a-z-]+\.md|completions\/lean-pickle\.(bash|zsh|fish|ps1)|man\/lean-pickle(-[a-z]+)?\.1|dist\/(.*\.(c?js|d\.ts|json)|THIRD-PARTY-LICENSES\.md)|(package\.json|README|CHANGELOG|LICENSE)(\.md)?)$/;
    expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
    expect(paths).toContain("dist/manifest.schema.json");
    expect(paths).toContain("dist/schemas/ls.json");
    expect(paths).toContain("completions/lean-pickle.bash");
    expect(paths).toContain("docs/commands.md");
    expect(paths).toContain("man/lean-pickle-add.1");
    const licenses = readFileSync(join(root, "dist", "THIRD-PARTY-LICENSES.md"), "utf8");
    for (const bundled of ["chalk", "commander", "fast-string-truncated-width", "valibot"]) {
      expect(licenses).toMatch(new RegExp(`^## ${bundled} [\\d.]+ \\(MIT\\)\n\n.*MIT`, "m"));
    }

    execFileSync("tar", ["xzf", join(folder, filename), "-C", folder]);
    symlinkSync(join(root, "node_modules"), join(folder, "package", "node_modules"));
    const bin = join(folder, "package", "bin", "lean-pickle.js");
    expect(execFileSync(bin, ["ls"], { cwd: folder, encoding: "utf8" })).toBe("");
    expect(execFileSync(bin, ["--help"], { encoding: "utf8" })).toContain("Usage: lean-pickle");
  });
});

describe("start-up", () => {
  it("loads for --help no more than the program itself and commander", () => {
    const cli = JSON.stringify(join(root, "dist", "cli.cjs"));
    const script = `process.on("exit", () => {
      console.error(Object.keys(require.cache).map((file) => require("path").basename(file)).join(" "));
    });
    require(${cli}).main(["node", "lean-pickle", "--help"]);`;
    const { stderr } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8" });
    const files = stderr.trim().split(" ");
    expect(files.map((file) => file.replace(/-[\w-]+(?=\.cjs$)/, "")).sort()).toEqual([
      "cli.cjs",
      "program.cjs",
      "rolldown.cjs",
    ]);
  });
});
