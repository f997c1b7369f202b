/** The README and docs/ show what the program prints, and name all that it takes. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { simulatedRepl } from "../simulated-repl/index.ts";
import { blocksOf, DOCUMENTS, examplesOf, readDocument, sectionOf } from "../support/documents.ts";
import { temporaryFolder } from "../support/folders.ts";
import { program } from "../support/program.ts";
import { programEnvironment } from "../support/program-environment.ts";
import { mixedMirror, SetupPlace } from "../support/repl-sources.ts";

/** Replaces what differs from one run to the next. */
function mask(text: string): string {
  return (
    text
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "DATE")
      // The width of a column depends on it.
      .replace(/ *\b\d+[sm]\b/g, " AGE")
      .replace(/\b(\d+ m )?\d+(\.\d+)? m?s\b/g, "TIME")
      .replace(/("elapsedMs": )\d+/g, "$1TIME")
      .replace(/\.damaged\.[0-9a-f]{8}\b/g, ".damaged.RANDOM")
      // They depend on the REPL.
      .replace(/\bthe key [0-9a-f]{12}\b/g, "the key KEY")
      .replace(/\b[0-9a-f]{64}\b/g, "KEY")
      .replace(/\bKEY\.[0-9a-f]{8}\.olean/g, "KEY.olean")
      .trimEnd()
  );
}

/** Runs commands one after the other in an empty folder, which the text calls `/home/me/work`. */
class Terminal {
  readonly #cwd = temporaryFolder();
  readonly #place = new SetupPlace();
  readonly #mirror = mixedMirror();
  readonly #env: NodeJS.ProcessEnv;

  constructor(files: Record<string, string>) {
    const { bin, env } = this.#place;
    const PATH = `${bin}${delimiter}${process.env.PATH}`;
    const own = { ...env, LEAN_PICKLE_REPL: simulatedRepl, NO_COLOR: "1", PATH };
    this.#env = programEnvironment({}, own);
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.#cwd, name), text);
    }
  }

  /** All that a command prints, on both streams, as a terminal shows it. */
  run(command: string): string {
    const shell = `lean-pickle() { "${process.execPath}" "${program}" --no-progress "$@"; }\n`;
    const typed = command.replace("/mirrors/repl.git", this.#mirror);
    const { stdout } = spawnSync("bash", ["-c", `exec 2>&1\n${shell}${typed}`], {
      cwd: this.#cwd,
      env: this.#env,
      encoding: "utf8",
    });
    return stdout
      .replaceAll(this.#mirror, "/mirrors/repl.git")
      .replaceAll(join(this.#place.root, "cache"), "/home/me/.cache")
      .replaceAll(this.#cwd, "/home/me/work");
  }
}

const WITH_EXAMPLES = DOCUMENTS.filter((file) => examplesOf(readDocument(file)).length > 0);

describe("the examples", () => {
  it.each(WITH_EXAMPLES)("of %s print what it shows, one after the other", (file) => {
    const text = readDocument(file);
    const terminal = new Terminal({ "states.jsonl": blocksOf(text, "jsonl").join("") });
    for (const { command, shown } of examplesOf(text)) {
      expect(mask(terminal.run(command)), command).toBe(mask(shown));
    }
  });

  it("are in the README and the reference", () => {
    expect(WITH_EXAMPLES).toEqual(expect.arrayContaining(["README.md", "docs/commands.md"]));
  });

  it.each(["README.md", "docs/library.md"])("of the library in %s does what it says", (file) => {
    const [example = ""] = blocksOf(readDocument(file), "ts");
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
});

describe("docs/commands.md", () => {
  const text = readDocument("docs/commands.md");
  const printHelp = (...args: string[]): string =>
    spawnSync(process.execPath, [program, ...args, "--help"], { encoding: "utf8" }).stdout;
  const COMMANDS = [...printHelp().matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = ""]) => name);
  const helps = new Map<string, string>();
  beforeAll(() => {
    for (const name of COMMANDS) {
      helps.set(name, printHelp(name));
    }
  });
  const helpOf = (name: string): string => helps.get(name) ?? "";
  const optionsIn = (part: string): string[] =>
    [...part.matchAll(/^ {2}(-\w)?(?:, )?(--[a-z-]+)?/gm)]
      .flatMap(([, short, long]) => [short, long])
      .filter((option) => option !== undefined);

  it.each(COMMANDS.filter((name) => name !== "help"))("names every option of %s", (name) => {
    const [own = ""] = helpOf(name).split("Options of every command:");
    const section = sectionOf(text, name);
    expect(section).not.toBe("");
    const all = `${section}\n\`-h\` \`--help\``;
    expect(optionsIn(own).filter((option) => !all.includes(`\`${option}`))).toEqual([]);
  });

  it("names every option of every command, and its variable", () => {
    const [, rest = ""] = helpOf("reload").split("Options of every command:");
    const [common = ""] = rest.split("Examples:");
    const section = sectionOf(text, "Options of every command");
    const variables = common.match(/LEAN_PICKLE_\w+/g) ?? [];
    const missing = [...optionsIn(common), ...variables].filter((each) => !section.includes(each));
    expect(optionsIn(common).length).toBeGreaterThan(15);
    expect(missing).toEqual([]);
  });

  it("names no option that there is none of", () => {
    const all = COMMANDS.flatMap((name) => optionsIn(helpOf(name)));
    const named = [...text.matchAll(/`(--[a-z-]+)/g)].map(([, option = ""]) => option);
    expect(named.filter((option) => ![...all, "--version"].includes(option))).toEqual([]);
  });

  it("names every code of an error, and every exit code", () => {
    const codes = [...readDocument("src/errors.ts").matchAll(/^ {2}\| "([a-z-]+)"/gm)];
    const exitCodes = [...readDocument("src/cli.ts").matchAll(/^ {2}.*: (\d+)[,;]$/gm)];
    expect(codes.length).toBeGreaterThan(20);
    const section = sectionOf(text, "Errors as JSON");
    expect(codes.filter(([, code]) => !section.includes(`\`${code}\``))).toEqual([]);
    const exits = sectionOf(text, "Exit codes");
    expect(exitCodes.length).toBeGreaterThan(8);
    expect(exitCodes.filter(([, code]) => !new RegExp(`\\b${code}\\b`).test(exits))).toEqual([]);
  });
});
