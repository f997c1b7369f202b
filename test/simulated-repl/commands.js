// The text of a `cmd` request: its header and its commands, one after the other.
import {
  elaborateDeclaration,
  missingCode,
  parseDeclaration,
  usesSorry,
  withoutCode,
} from "./declarations.js";
import { Elaborator } from "./elaborator.js";
import {
  declared,
  hasNamespace,
  importedEnvironment,
  resolveName,
  withOpen,
} from "./environment.js";
import { tokenize } from "./lexer.js";
import { Parser } from "./parser.js";
import { ElaborationProblem, SyntaxProblem } from "./problems.js";
import { showSignature } from "./show.js";
import { runBlock } from "./tactics.js";
import { reduce } from "./unifier.js";
import { beginsCommand } from "./vocabulary.js";

/** @import { Outcome } from "./declarations.js" */
/** @import { Dialect, Environment, Message, Span, Surface, Token } from "./types.ts" */

const DECLARATIONS = new Set("def abbrev theorem lemma example axiom noncomputable".split(" "));
const START = { line: 1, column: 0 };

/** @param {Message["severity"]} severity @param {string} data @param {Span} span @returns {Message} */
function message(severity, data, { start, end }) {
  return { severity, pos: start, endPos: end, data };
}

/**
 * The modules that a header names, with the modifiers that today's Lean allows left out.
 * @param {Parser} parser
 */
function readHeader(parser) {
  /** @type {string[]} */
  const imports = [];
  while (parser.sees("module") || parser.sees("prelude")) parser.next();
  while (startsImport(parser)) {
    while (!parser.accept("import")) parser.next();
    parser.accept("all");
    imports.push(parser.name());
  }
  return imports;
}

/** @param {Parser} parser */
function startsImport(parser) {
  for (let ahead = 0; ; ahead += 1) {
    const { text } = parser.peek(ahead);
    if (text === "import") return true;
    if (!["public", "private", "meta"].includes(text)) return false;
  }
}

/**
 * What Lean says of an import that it cannot find, or nothing.
 * @param {readonly string[]} imports
 * @param {readonly string[]} modules known modules; each stands for all below it too
 */
export function missingImport(imports, modules) {
  const missing = imports.find(
    (name) => !modules.some((known) => name === known || name.startsWith(`${known}.`)),
  );
  if (missing === undefined) return undefined;
  const root = missing.split(".")[0];
  const searched = `No directory '${root}' or file '${root}.olean' in the search path entries:\n`;
  return `unknown module prefix '${root}'\n\n${searched}/simulated/lib/lean`;
}

/**
 * Runs the text of a command. Without an environment it begins with a header; an import that is
 * not there gives an error message at the start and an environment without even a `Nat`, as
 * Lean's `processHeader` does.
 * @param {string} text
 * @param {Environment | undefined} base
 * @param {{ dialect: Dialect, modules: readonly string[] }} settings
 * @returns {Outcome & { imported: string[] | undefined }} `imported`: what an import was paid for
 */
export function runCommands(text, base, { dialect, modules }) {
  /** @type {Outcome} */
  const outcome = { environment: base ?? importedEnvironment([]), messages: [], sorries: [] };
  /** @type {string[]} */
  let imports = [];
  try {
    const parser = new Parser(tokenize(text));
    if (base === undefined) {
      imports = readHeader(parser);
      const missing = missingImport(imports, modules);
      outcome.environment = importedEnvironment(imports, missing !== undefined);
      if (missing !== undefined) {
        outcome.messages.push({ severity: "error", pos: START, endPos: null, data: missing });
        imports = [];
      }
    }
    while (parser.peek().type !== "end") runNext(parser, outcome, dialect);
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem;
    outcome.messages.push(message("error", problem.message, problem));
  }
  return { ...outcome, imported: imports.length > 0 ? imports : undefined };
}

/**
 * Runs the command at the parser; after text that is not Lean it goes on at the next command.
 * @param {Parser} parser
 * @param {Outcome} outcome
 * @param {Dialect} dialect
 */
function runNext(parser, outcome, dialect) {
  const start = parser.at;
  try {
    const added = runOne(parser, outcome.environment, dialect);
    outcome.environment = added.environment;
    outcome.messages.push(...added.messages);
    outcome.sorries.push(...added.sorries);
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem;
    outcome.messages.push(message("error", problem.message, problem));
    if (parser.at === start) parser.next();
    parser.column = 0;
    while (parser.peek().type !== "end" && !beginsCommand(parser.peek())) parser.next();
  }
}

/** @param {Parser} parser @param {Environment} environment @param {Dialect} dialect @returns {Outcome} */
function runOne(parser, environment, dialect) {
  const token = parser.peek();
  if (!beginsCommand(token)) parser.fail("command");
  // `lemma` is a command of Mathlib, not of Lean.
  const hasLemma = environment.imports.some((name) => /^Mathlib(\.|$)/.test(name));
  if (token.text === "lemma" && !hasLemma)
    throw new SyntaxProblem("unexpected identifier; expected command", token);
  if (token.text === "@[") skipAttributes(parser);
  const { text } = parser.peek();
  if (DECLARATIONS.has(text)) {
    return elaborateDeclaration(parseDeclaration(parser), environment, dialect);
  }
  const elaborator = new Elaborator(environment, dialect, runBlock);
  if (text === "open") return openNamespaces(parser, elaborator);
  if (text === "#check" || text === "#eval") return inspect(parser, elaborator);
  const reason =
    text === "import"
      ? "invalid 'import' command, it must be used in the beginning of the file"
      : `the stand-in REPL does not know the command '${text}'`;
  throw new SyntaxProblem(reason, parser.peek());
}

/** @param {Parser} parser */
function skipAttributes(parser) {
  while (!parser.accept("]")) {
    if (parser.peek().type === "end") parser.fail("']'");
    parser.next();
  }
}

/** @param {Parser} parser @param {Elaborator} elaborator @returns {Outcome} */
function openNamespaces(parser, elaborator) {
  parser.next();
  /** @type {Token[]} */
  const names = [];
  do names.push({ ...parser.peek(), text: parser.name() });
  while (parser.peek().type === "identifier" && !beginsCommand(parser.peek()));
  const { environment } = elaborator;
  const unknown = names.find(({ text }) => !hasNamespace(environment, text));
  if (unknown !== undefined)
    elaborator.error(elaborator.wording.unknownNamespace(unknown.text), unknown);
  const known = unknown === undefined ? names.map(({ text }) => text) : [];
  const { messages } = elaborator;
  return { environment: withOpen(environment, known), messages, sorries: [] };
}

/** `#check` and `#eval`. @param {Parser} parser @param {Elaborator} elaborator @returns {Outcome} */
function inspect(parser, elaborator) {
  const command = parser.next();
  const term = parser.term();
  const data = elaborator.recover(
    () => (command.text === "#check" ? checked(elaborator, term) : evaluated(elaborator, term)),
    undefined,
  );
  const { environment, messages, sorries } = elaborator;
  if (data !== undefined) messages.push(message("info", data, command));
  return { environment, messages, sorries };
}

/** @param {Elaborator} elaborator @param {Surface} surface */
function checked(elaborator, surface) {
  const name =
    surface.kind === "identifier" ? resolveName(elaborator.environment, surface.name) : undefined;
  if (name !== undefined) {
    const own = declared(elaborator.environment, name);
    if (own !== undefined) return showSignature(own);
    const { type } = elaborator.builtin(name, surface);
    return showSignature({ name, type, binders: Number.MAX_SAFE_INTEGER });
  }
  const { term, type } = elaborator.term(surface, undefined, []);
  return `${elaborator.show(term, [])} : ${elaborator.show(type, [])}`;
}

/** @param {Elaborator} elaborator @param {Surface} surface */
function evaluated(elaborator, surface) {
  const { environment } = elaborator;
  const { term } = elaborator.term(surface, undefined, []);
  if (elaborator.usesSorry || usesSorry(environment, term)) {
    throw new ElaborationProblem(
      "cannot evaluate expression that depends on the `sorry` axiom",
      surface,
    );
  }
  const missing = missingCode(environment, term);
  if (missing !== undefined) throw new ElaborationProblem(withoutCode(missing), surface);
  const value = reduce(elaborator.unifier.resolve(term), environment);
  if (value.k === "number" || value.k === "string") return elaborator.show(value, []);
  if (value.k === "const" && value.name.startsWith("Bool.")) return elaborator.show(value, []);
  throw new ElaborationProblem("the stand-in REPL cannot evaluate this", surface);
}
