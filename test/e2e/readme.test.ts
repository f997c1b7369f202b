import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { simulatedRepl } from "../simulated-repl/index.ts";
import { temporaryFolder } from "../support/folders.ts";
import { program } from "../support/program.ts";
import { mixedMirror, SetupPlace } from "../support/repl-sources.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

/** The blocks of a kind, such as `console`, in order. */
function blocks(kind: string): string[] {
  const fence = new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, "gms");
  return [...readme.matchAll(fence)].map(([, text]) => text ?? "");
}

/** What is another time each time it is run. */
function mask(text: string): string {
  return (
    text
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "DATE")
      .replace(/\b\d+s\b/g, "AGE")
      .replace(/\b\d+ ms\b/g, "TIME")
      .replace(/\S*\/session_cache\//g, "PATH/")
      .replace(/\S*\/lean-pickle\/repl\//g, "CACHE/")
      // They depend on the REPL.
      .replace(/\bthe key [0-9a-f]{12}\b/g, "the key KEY")
      .replace(/\b[0-9a-f]{64}\b/g, "KEY")
      .replace(/\bKEY\.[0-9a-f]{8}\.olean/g, "KEY.olean")
  );
}

describe("the README", () => {
  it("shows what its commands print, one after the other", () => {
    const cwd = temporaryFolder();
    const place = new SetupPlace();
    const PATH = `${place.bin}${delimiter}${process.env.PATH}`;
    const own = { LEAN_PICKLE_REPL: simulatedRepl, NO_COLOR: "1", PATH };
    const env = { ...process.env, ...place.env, ...own };
    const mirror = mixedMirror();
    const shell = `lean-pickle() { "${process.execPath}" "${program}" --no-progress "$@"; }\n`;
    writeFileSync(join(cwd, "states.jsonl"), blocks("jsonl").join(""));
    let compared = 0;
    for (const block of blocks("console")) {
      for (const example of block.split(/^\$ /m).slice(1)) {
        const [command = "", ...expected] = example.split("\n");
        // A command that is shown with what it prints on standard error is one that fails.
        const { stdout, stderr, status } = spawnSync(
          "bash",
          ["-c", shell + command.replace("/mirrors/repl.git", mirror)],
          {
            cwd,
            env,
            encoding: "utf8",
          },
        );
        const shown = status === 0 ? stdout : stdout + stderr;
        expect(mask(shown), command).toBe(mask(expected.join("\n")));
        compared++;
      }
    }
    expect(compared).toBeGreaterThanOrEqual(10);
  });

  it("has a library example that does what its comments say", () => {
    const [example = ""] = blocks("ts");
    const cwd = temporaryFolder();
    const library = new URL("../../dist/index.js", import.meta.url).href;
    const code = example
      .replace('"lean-pickle"', JSON.stringify(library))
      .replace("/path/to/repl", simulatedRepl);
    writeFileSync(join(cwd, "example.mjs"), code);
    const { stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], {
      cwd,
      encoding: "utf8",
    });
    expect([stdout, stderr]).toEqual(["{ env: -1 }\n{ env: 1 }\n", ""]);
  });

  it("names every exit code, option and command", () => {
    const help = spawnSync(process.execPath, [program, "add", "--help"], {
      encoding: "utf8",
    }).stdout;
    const common = help.slice(help.indexOf("Options of every command"));
    for (const [, option = ""] of common.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)) {
      expect(readme).toContain(option);
    }
    const all = spawnSync(process.execPath, [program, "--help"], { encoding: "utf8" }).stdout;
    for (const [, command = ""] of all.matchAll(/^ {2}([a-z]+) {2,}/gm)) {
      expect(command === "help" || readme.includes(`### ${command}\n`)).toBe(true);
    }
  });
});
