import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/all.ts";
import { program } from "../support/program.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const pages = readdirSync(`${root}man`).sort();

/** What finds fault with a page, and how it renders one at 80 columns. */
const TOOLS: Record<string, string[]> = {
  groff: ["-ww", "-man", "-Tutf8", "-rLL=80n", "-P-c"],
  man: ["--warnings=w", "-l"],
  mandoc: ["-T", "lint", "-W", "warning"],
};

function isInstalled(tool: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;
}

describe("the manual pages", () => {
  it("are there for the program and each command, and the package names them", () => {
    const names = ["", ...Object.keys(COMMANDS).map((name) => `-${name}`)];
    expect(pages).toEqual(names.map((name) => `lean-pickle${name}.1`).sort());
    const { man } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
    expect(man.sort()).toEqual(pages.map((page) => `./man/${page}`));
  });

  it("hold every option and every example of --help", () => {
    for (const name of Object.keys(COMMANDS)) {
      const help = spawnSync(process.execPath, [program, name, "--help"], { encoding: "utf8" });
      const page = readFileSync(`${root}man/lean-pickle-${name}.1`, "utf8");
      const text = page.replaceAll("\\-", "-").replaceAll("\\(aq", "'");
      const shown = [...help.stdout.matchAll(/^ {2}(-[^ ].*?)(?: {2,}|$)|^ {2}(\$ .*)$/gm)];
      expect(shown.length).toBeGreaterThan(10);
      for (const [, option, example] of shown) {
        expect(text, page).toContain(option ?? example);
      }
    }
  });

  it.for(Object.entries(TOOLS))("are rendered by %s without a warning", ([tool, args], test) => {
    test.skip(!isInstalled(tool), `${tool} is not installed`);
    for (const page of pages) {
      const { stdout, stderr, status } = spawnSync(tool, [...args, `${root}man/${page}`], {
        encoding: "utf8",
        env: { ...process.env, MANWIDTH: "80", LC_ALL: "C.UTF-8" },
      });
      expect([page, stderr, status]).toEqual([page, "", 0]);
      if (tool === "mandoc") {
        expect(stdout).toBe("");
      } else {
        const wide = stdout.split("\n").filter((line) => [...plain(line)].length > 80);
        expect([page, ...wide]).toEqual([page]);
      }
    }
  });
});

/** What is seen of a line: bold type is printed twice, or marked for a terminal. */
function plain(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals act on
  return line.replace(/.\u0008|\u001b\[[0-9;]*m/gu, "");
}
