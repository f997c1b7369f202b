/** The documents of the program, held against the JSON Schemas that are published with it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";
import { COMMANDS } from "../../src/commands/all.ts";

const folder = fileURLToPath(new URL("../../dist/schemas/", import.meta.url));

// Times are checked by the program itself, and ajv knows no formats.
const ajv = new Ajv({ allErrors: true, validateFormats: false, allowUnionTypes: true });

const compiled = new Map<string, ValidateFunction>();

/** Undefined if no schema has this name. */
function compile(name: string): ValidateFunction | undefined {
  const file = join(folder, `${name}.json`);
  if (!compiled.has(name) && existsSync(file)) {
    compiled.set(name, ajv.compile(JSON.parse(readFileSync(file, "utf8"))));
  }
  return compiled.get(name);
}

/**
 * What is wrong with a document by a published schema; nothing if it is as the schema says.
 * @param name of the schema, such as `add-batch`
 */
export function schemaProblems(name: string, document: unknown): string[] {
  const validate = compile(name);
  if (!validate) {
    return [`there is no schema ${name}`];
  }
  return validate(document)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** What prints something else than its document, even with `--json`. */
const NO_DOCUMENT = new Set(["--help", "-h", "--version", "-V", "--path", "help", "completion"]);

/**
 * Checks what the program printed with `--json`, where it was not killed.
 * @throws an error that names the document and what is wrong with it
 */
export function checkJsonOutputs(args: readonly string[], stdout: string, stderr: string): void {
  const words = withoutValues(args);
  if (!words.includes("--json") || words.some((word) => NO_DOCUMENT.has(word))) {
    return;
  }
  const command = words.find((word) => Object.hasOwn(COMMANDS, word)) ?? "none";
  const isBatch = words.some((arg) => /^--batch(=|$)/.test(arg));
  const documents = isBatch ? stdout.split("\n").filter((line) => line !== "") : [stdout];
  if (stdout !== "") {
    for (const text of documents) {
      check([isBatch ? `${command}-batch` : command], text);
    }
  }
  // With -v the conversation with the REPL stands between them, on lines that begin otherwise.
  for (const [text] of stderr.matchAll(/^\{\n(?: .*\n)*\}$/gm)) {
    check(["error", "note"], text);
  }
}

/** What may be options: nothing behind `--`, and no value of a short option, as in `-c --json`. */
function withoutValues(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const options = end === -1 ? args : args.slice(0, end);
  return options.filter((_, at) => !/^-[ctnd]$/.test(options[at - 1] ?? ""));
}

/** @param names of schemas, one of which is enough */
function check(names: readonly string[], text: string): void {
  const document: unknown = JSON.parse(text);
  const problems = names.map((name) => schemaProblems(name, document));
  if (!problems.some((each) => each.length === 0)) {
    throw new Error(`Not by the schema ${names.join(", ")}: ${text}\n${problems.join("\n")}`);
  }
}
