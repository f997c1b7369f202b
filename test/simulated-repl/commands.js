// The text of a `cmd`: its header and its commands, one after the other.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import * as env from "./environment.js";
import { Lean } from "./lean.js";
import { wait } from "./process.js";
import * as code from "./text.js";
import { about, MATCH } from "./vocabulary.js";
/** @import { Binder, Constant, Entry, Environment, Scope, Sorry, Span, Term, Token } from "./types.ts" */
/** @import { Wording } from "./vocabulary.js" */

/** What Lean says of an import that it cannot find. @param {readonly string[]} imports @param {readonly string[]} modules */
export function missingImport(imports, modules) {
  const missing = imports.find((name) => modules.every((each) => !env.isBelow(name, each)));
  const root = missing?.split(".")[0];
  const searched = `No directory '${root}' or file '${root}.olean' in the search path entries:`;
  return missing && `unknown module prefix '${root}'\n\n${searched}\n/simulated/lib/lean`;
}

const HEADER = /^(?:(?:(?:public|private|meta) )*import (?:all )?(\S+)|module|prelude)$/;
const MODIFIED =
  /^((?:@\[ (?:simp|inline|reducible) \] |(?:noncomputable|private|protected) )*)(.*)$/s;

/** Runs the commands of a request. @param {string} text @param {Environment | undefined} base @param {Wording} wording @param {readonly string[]} modules */
export function runCommands(text, base, wording, modules) {
  const lean = new Lean(text, base ?? env.imported([]), wording);
  /** @type {string[]} */
  const imports = [];
  let at = base ? 0 : (lean.recover(() => readHeader(lean, imports), "") ?? text.length);
  const missing = missingImport(imports, modules);
  if (!base) lean.environment = env.imported(imports, missing !== undefined);
  if (missing) lean.say("error", missing, { from: 0, to: null });
  for (; at < text.length; at = lean.end.text === "" ? text.length : lean.end.from) {
    lean.end = code.NOTHING;
    lean.recover(() => runCommand(lean, lean.command(at)), "");
  }
  return { lean, imports: missing ? [] : imports };
}
/** Where the header ends. @param {Lean} lean @param {string[]} imports */
function readHeader(lean, imports) {
  for (let at = 0; ; at = lean.end.from) {
    const found = HEADER.exec(code.textOf(lean.command(at)));
    if (!found) return at;
    if (found[1]) imports.push(found[1]);
  }
}
/** @param {Lean} lean @param {Token[]} all */
function runCommand(lean, all) {
  if (all.length === 0) return;
  const found = MODIFIED.exec(all.map((each) => each.text).join(" "));
  const [, modifiers = "", text = ""] = found ?? [];
  const tokens = all.slice(modifiers.split(" ").length - 1);
  const [head = lean.end] = tokens;
  const place = { from: head.from, to: lean.wording.isOld ? null : head.to };
  if (head.text === "import") throw new code.Problem("syntax", lean.wording.secondImport, place);
  const isForeign = head.text === "lemma" && !env.hasImported(lean.environment, "Mathlib");
  const [pattern, run] = COMMANDS.find(([each]) => each.test(text)) ?? [];
  if (!pattern || !run || isForeign) return lean.unexpected("command", head);
  const span = code.spanOf(tokens);
  Object.assign(lean, { locals: [], usesSorry: false, stray: undefined, span, tokens, modifiers });
  run(lean, ...(pattern.exec(text) ?? []).slice(1).map((each) => each ?? ""));
  if (lean.stray) lean.unexpected("command", lean.stray);
}
/** @param {Lean} lean @param {Entry["kind"]} kind @param {string} name @param {Partial<Entry>} [more] */
function add(lean, kind, name, more) {
  lean.environment = env.withEntry(lean.environment, kind, name, more);
}
/** A constant; the namespaces in its name are there from now on. @param {Lean} lean @param {string} name @param {Constant} constant */
function addConstant(lean, name, constant) {
  const parts = name.split(".").slice(0, -1);
  const isTaken = env.constantOf(lean.environment, name) !== undefined;
  if (isTaken) lean.fail(about(lean.wording.alreadyDeclared, name));
  for (const at of parts.keys()) add(lean, "namespace", parts.slice(0, at + 1).join("."));
  add(lean, "constant", name, constant);
}
/** Changes the innermost scope, opens one, or closes it. @param {Lean} lean @param {(last: Scope) => Scope[]} change */
function changeScope(lean, change) {
  const { scopes, active } = lean.environment;
  const next = [...scopes.slice(0, -1), ...scopes.slice(-1).flatMap(change)];
  const still = active.filter(({ depth }) => depth <= next.length);
  lean.environment = { ...lean.environment, scopes: next, active: still };
}
/** The first definition in a term that has no compiled code: an unpickled one has none. @param {Environment} environment @param {Term} term */
function withoutCode(environment, term) {
  return code.namesIn(term).find((name) => {
    const { isDefinition } = env.find(environment, "constant", name) ?? {};
    return isDefinition && !env.find(environment, "code", name);
  });
}
/** Hypotheses for `(a b : T) {c : U}`, each of which may use those before it. @param {Lean} lean @param {Token[]} tokens @returns {Binder[]} */
function readBinders(lean, [open, ...tokens]) {
  if (open === undefined) return [...lean.locals];
  const [close, implicit] = open.text === "{" ? ["}", true] : [")", false];
  const at = tokens.findIndex(({ text }) => text === close);
  const [names = [], type] = code.cut(tokens.slice(0, at), ":");
  const isRight = /^[({]$/.test(open.text) && names.every(({ kind }) => kind === "word");
  if (!isRight || !type) return lean.unexpected("':='", open);
  const stated = lean.type(type);
  const added = names.map(({ text }) => ({ name: text, type: stated, implicit }));
  lean.locals = [...lean.locals, ...added];
  return readBinders(lean, tokens.slice(at + 1));
}
/** The variables that tokens mention, and what those need. @param {Environment} environment @param {Token[]} tokens */
function variablesFor({ scopes }, tokens) {
  const words = new Set(tokens.map(({ text }) => text));
  const all = scopes.flatMap(({ variables }) => variables);
  for (const { name, type } of all.toReversed()) {
    if (words.has(name)) for (const each of code.namesIn(type)) words.add(each);
  }
  return all.filter(({ name }) => words.has(name));
}
/** @param {Lean} lean @param {string} keyword */
function declare(lean, keyword) {
  const { wording, environment, tokens } = lean;
  const [first = lean.end, ...rest] = tokens;
  const [header = [], value] = code.cut(rest, ":=", 2);
  const named = header[0]?.kind === "word" ? header[0] : undefined;
  const place = named ?? first;
  const name = named ? env.prefixOf(environment) + place.text : "";
  const [binders = [], statement] = code.cut(named ? header.slice(1) : header, ":");
  if (!statement && !/^(def|abbrev)$/.test(keyword)) lean.unexpected("':'", value?.[0]);
  if (Boolean(value) === (keyword === "axiom")) lean.unexpected(value ? "command" : "':='");
  if (env.constantOf(environment, name)) lean.fail(about(wording.alreadyDeclared, name), place);
  const isTheorem = /^(theorem|lemma)$/.test(keyword);
  const [said, seen] = [lean.messages.length, lean.sorries.length];
  lean.recover(() => {
    lean.locals = variablesFor(environment, isTheorem && !wording.isOld ? header : tokens);
    const locals = readBinders(lean, binders);
    const type = statement && readStatement(lean, statement, `${name}.match_1`);
    const isProof = !isTheorem || lean.typeOf(type ?? "") === "Prop";
    if (!isProof) lean.fail(`type of theorem \`${name}\` is not a proposition`, place);
    const check = () => value && lean.term(value, type);
    const found = type ? lean.recover(check) : check();
    const whole = { binders: locals, type: type ?? found?.type ?? "", value: found?.value };
    record(lean, keyword, name, whole, place);
  });
  // An error in the declaration is worth more to Lean than the sorries beside it.
  if (lean.messages.length === said) warn(lean, lean.sorries.slice(seen), place);
}
/** Old releases warn at each `sorry`, new ones once. @param {Lean} lean @param {Sorry[]} sorries @param {Span} place */
function warn(lean, sorries, place) {
  const places = lean.wording.isOld ? sorries : sorries.slice(0, 1).map(() => lean.place(place));
  for (const { pos, endPos } of places) {
    lean.messages.push({ severity: "warning", pos, endPos, data: lean.wording.usesSorry });
  }
}
/** What a declaration leaves in the environment. @param {Lean} lean @param {string} keyword @param {string} name @param {{ type: Term } & Constant} constant @param {Span} place */
function record(lean, keyword, name, constant, place) {
  const { type, value = "sorry" } = constant;
  const isInstance = keyword === "instance";
  const [head = ""] = type.split(" ");
  const isClass = env.find(lean.environment, "class", head) !== undefined;
  if (isInstance && !isClass) lean.fail(`type class instance expected\n  ${type}`, place);
  const isDefinition = isInstance || keyword === "def" || keyword === "abbrev";
  const isCompiled = isDefinition && !/noncomputable/.test(lean.modifiers);
  const missing = isCompiled ? withoutCode(lean.environment, value) : undefined;
  if (missing) lean.say("error", about(lean.wording.noCode, missing), place);
  const full = isInstance && name === "" ? `inst${code.namesIn(type).join("")}` : name;
  if (full === "") return;
  const unfolded = isDefinition && value !== "sorry" ? value : undefined;
  addConstant(lean, full, { ...constant, isDefinition, value: unfolded });
  if (isCompiled && !missing) add(lean, "code", full);
  if (isInstance) add(lean, "instance", type);
  if (/@\[ simp/.test(lean.modifiers)) add(lean, "simp", full);
}
/** A statement; a `match` in it becomes an auxiliary definition. @param {Lean} lean @param {Token[]} tokens @param {string} matcher */
function readStatement(lean, tokens, matcher) {
  const from = tokens.findIndex(({ text }) => text === "match");
  const to = tokens.findIndex((_, at) => code.textOf(tokens.slice(from, at)) === MATCH.written);
  if (to < 0) return lean.type(tokens);
  addConstant(lean, matcher, { type: "Nat" });
  add(lean, "match", matcher);
  const word = { ...code.NOTHING, kind: /** @type {const} */ ("word"), text: matcher };
  return lean.type([...tokens.slice(0, from), word, ...tokens.slice(to)]);
}
/** `#check` and `#eval` @param {Lean} lean @param {string} what */
function inspect(lean, what) {
  const { wording, environment, span } = lean;
  const [command = lean.end, ...tokens] = lean.tokens;
  const say = (/** @type {string} */ data) => lean.say("info", data, command);
  const said = what === "#eval" ? runIO(lean.text.slice(command.to, lean.end.from)) : undefined;
  if (said !== undefined) return said === "" && !wording.isOld ? undefined : say(said);
  const term = lean.read(tokens);
  const { binders = [], type = lean.typeOf(term) } = env.constantOf(environment, term) ?? {};
  const shown = [lean.print(term), ...code.grouped(binders, lean.print, "(){}")].join(" ");
  if (what === "#check") return say(`${shown} : ${lean.print(type)}`);
  const [missing, value] = [withoutCode(environment, term), env.computed(environment, term)];
  const place = wording.isOld ? span : code.spanOf(tokens);
  if (missing) lean.fail(about(wording.noCode, missing), place);
  // What stands on a `sorry` has no value.
  const isValue = /^-?\d+$|^"|^Bool\./.test(value);
  const problem = "cannot evaluate expression that depends on the `sorry` axiom";
  return isValue ? say(lean.print(value)) : lean.fail(problem, place);
}
const ACTIONS =
  /IO\.sleep (\d+)|IO\.println ("(?:[^"\\]|\\.)*")|IO\.FS\.writeFile ("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*")|IO\.Process\.spawn \{ cmd := ("(?:[^"\\]|\\.)*"), args := #(\[[^\]]*\]) \}/g;
/** Runs a program of a few known actions, and gives what it prints. What it starts shares our pipes. @param {string} program */
function runIO(program) {
  const actions = [...program.matchAll(ACTIONS)];
  const glue = /show IO Unit from|\bdo\b|let \w+ ←|discard \w+\.wait|[\s()]/g;
  const rest = actions.reduce((of, [action]) => of.replace(action, ""), program).replace(glue, "");
  if (actions.length === 0 || rest !== "") return undefined;
  let said = "";
  for (const [, ms, line, path, content = "", command = "", args = ""] of actions) {
    if (ms !== undefined) wait(Number(ms));
    else if (line !== undefined) said += `${JSON.parse(line)}\n`;
    else if (path !== undefined) writeFileSync(JSON.parse(path), JSON.parse(content));
    else spawnSync(JSON.parse(command), JSON.parse(args), { stdio: "inherit" });
  }
  return said;
}
/** `structure S where x : T`, `class C (a : Type) where`, `inductive T where | a | b` @param {Lean} lean @param {string} keyword @param {string} name @param {string} parameter @param {string} body */
function declareType(lean, keyword, name, parameter, body) {
  const full = env.prefixOf(lean.environment) + name;
  const parameters = parameter === "" ? [] : [{ name: parameter, type: "Type" }];
  const fields = [...body.matchAll(/(\w+) : (.*?)(?= \w+ : |$)/g)];
  lean.locals = parameters;
  const typed = (/** @type {string} */ type) => lean.type(code.readCommand(type).tokens);
  const own = fields.map(([, field = "", of = ""]) => ({ name: field, type: typed(of) }));
  const binders = [...parameters.map((each) => ({ ...each, implicit: true })), ...own];
  const makers = keyword === "inductive" ? (body.match(/\w+/g) ?? []) : ["mk"];
  const type = `${full} ${parameter}`.trim();
  addConstant(lean, full, { binders: parameters, type: "Type" });
  for (const maker of makers) addConstant(lean, `${full}.${maker}`, { binders, type });
  if (keyword === "class") add(lean, "class", full);
}
/** @param {Lean} lean @param {string} scoped @param {string} names */
function openNamespaces(lean, scoped, names) {
  for (const name of names.split(" ")) {
    const full = env.resolveNamespace(lean.environment, name);
    const place = lean.wording.isOld
      ? lean.tokens
      : lean.tokens.filter(({ text }) => text === name);
    if (!full) return lean.fail(about(lean.wording.unknownNamespace, name), code.spanOf(place));
    if (!scoped) changeScope(lean, (last) => [{ ...last, opens: [...last.opens, full] }]);
    const { active, scopes } = lean.environment;
    const more = { name: full, depth: scopes.length };
    lean.environment = { ...lean.environment, active: [...active, more] };
  }
}
/** @param {Lean} lean */
function declareVariables(lean) {
  lean.locals = lean.environment.scopes.flatMap(({ variables }) => variables);
  const before = lean.locals.length;
  const added = readBinders(lean, lean.tokens.slice(1)).slice(before);
  changeScope(lean, (last) => [{ ...last, variables: [...last.variables, ...added] }]);
}
/** @param {Lean} lean @param {string} kind @param {string} name */
function openOrCloseScope(lean, kind, name) {
  const { scopes } = lean.environment;
  const isOpen = scopes.length > 1 && scopes.at(-1)?.name === name;
  if (kind === "end" && !isOpen) lean.fail("invalid 'end', name mismatch");
  const opened = env.newScope(name, kind === "namespace");
  changeScope(lean, (last) => (kind === "end" ? [] : [last, opened]));
  if (opened.isNamespace) add(lean, "namespace", env.prefixOf(lean.environment).slice(0, -1));
}
/** @param {Lean} lean @param {string} sign @param {string} means @param {string} word @param {string} tactic */
function addSyntax(lean, sign, means, word, tactic) {
  if (word !== "") return add(lean, "tactic", word, { value: tactic });
  const unknown = about(lean.wording.unknownIdentifier, means);
  const value = env.resolve(lean.environment, means) ?? lean.fail(unknown, lean.tokens.at(-1));
  return add(lean, "infix", sign, { value });
}
const SYNTAX =
  /^infix[lr]? : \d+ "\s*(\S+?)\s*" => (\S+)$|^macro "(\w+)" : tactic => ` \( (?:tactic \| )?(.*) \)$/;
/** Commands by their words. @type {[RegExp, (lean: Lean, ...words: string[]) => void][]} */
const COMMANDS = [
  [/^(def|abbrev|theorem|lemma|example(?! [\p{L}_])|axiom|instance)\b/u, declare],
  [/^(#check|#eval)\b/, inspect],
  [/^(structure|class) (\S+) (?:\( (\S+) : Type \) )?where ((?:\w+ : [\w. ]+?)+)$/, declareType],
  [/^(inductive) (\S+) ()where ((?:\| \w+ ?)+)$/, declareType],
  [/^open (scoped )?(.+)$/, openNamespaces],
  [/^(section|namespace|end) ?(\S*)$/, openOrCloseScope],
  [/^variable /, declareVariables],
  [SYNTAX, addSyntax],
  [
    /^universe [\w ]+$|^set_option (?:pp|trace|linter|max|auto)[\w.]+ (?:true|false|\d+)$/,
    () => {},
  ],
];
