// Environments: what was imported, what code added, what is open. And what a pickle keeps of it.
import { bare, escaped, partsOf, replaceNames, split, tight } from "./text.js";
import { about, BUILTINS, MATCH } from "./vocabulary.js";
/** @import { Binder, Entry, Environment, Scope, Term } from "./types.ts" */

/** @param {string} name @param {boolean} isNamespace @returns {Scope} */
export const newScope = (name, isNamespace) => ({ name, isNamespace, opens: [], variables: [] });
/** @param {string[]} imports @param {boolean} [empty] @returns {Environment} */
export function imported(imports, empty = false) {
  return { imports, empty, entries: undefined, scopes: [newScope("", false)], active: [] };
}
/** What code added of a kind, the newest first. @param {Environment} environment @param {Entry["kind"]} kind */
export function entriesOf({ entries }, kind) {
  const found = [];
  for (let at = entries; at; at = at.below) if (at.entry.kind === kind) found.push(at.entry);
  return found;
}
/** @param {Environment} environment @param {Entry["kind"]} kind @param {string} name */
export function find({ entries }, kind, name) {
  let at = entries;
  while (at && !(at.entry.kind === kind && at.entry.name === name)) at = at.below;
  return at?.entry;
}
/** @param {Environment} environment @param {Entry["kind"]} kind @param {string} name @param {Partial<Entry>} [more] @returns {Environment} */
export function withEntry(environment, kind, name, more) {
  const entry = { ...more, kind, name };
  return { ...environment, entries: { entry, below: environment.entries } };
}
/** @param {string} module @param {string} root */
export const isBelow = (module, root) => `${module}.`.startsWith(`${root}.`);
/** @param {Environment} environment @param {string} [module] */
export const hasImported = ({ imports, empty }, module = "") =>
  !empty && ["Init", ...imports].some((name) => isBelow(name, module));
/** The constant of exactly this name. @param {Environment} environment @param {string} name @returns {Entry | undefined} */
export function constantOf(environment, name) {
  const { module, entry } = BUILTINS.get(name) ?? {};
  const own = find(environment, "constant", name);
  return own ?? (hasImported(environment, module) ? entry : undefined);
}
/** The namespace that code stands in, with a dot behind it. @param {Environment} environment */
export function prefixOf({ scopes }) {
  return scopes.map(({ isNamespace, name }) => (isNamespace ? `${name}.` : "")).join("");
}
/** Full names that a name can stand for, best first. @param {Environment} environment @param {string} name */
function candidates(environment, name) {
  const parts = prefixOf(environment).split(".").slice(0, -1);
  const around = parts.map((_, at) => [...parts.slice(0, parts.length - at), name].join("."));
  const opens = ["Bool", ...environment.scopes.flatMap((scope) => scope.opens)];
  return [...around, name, ...opens.map((each) => `${each}.${name}`)];
}
/** The full name that a name stands for here. @param {Environment} environment @param {string} name */
export function resolve(environment, name) {
  return candidates(environment, name).find((each) => constantOf(environment, each));
}
/** The namespace of that name. @param {Environment} environment @param {string} name */
export function resolveNamespace(environment, name) {
  const known = [...BUILTINS.keys()].filter((key) => constantOf(environment, key));
  return candidates(environment, name).find((each) => {
    return find(environment, "namespace", each) ?? known.some((key) => key.startsWith(`${each}.`));
  });
}
/** Whether Mathlib's `π` is on: it is a scoped notation, which `open Real` activates. @param {Environment} environment */
export function hasPi(environment) {
  const isActive = environment.active.some(({ name }) => name === "Real");
  return isActive && hasImported(environment, "Mathlib");
}
/** What a term computes to, definitions unfolded that no local hides. @param {Environment} environment @param {Term} term @param {readonly Binder[]} [locals] @returns {Term} */
export function computed(environment, term, locals = []) {
  const [sign] = split(term);
  const [head = "", ...written] = sign ? split(term) : partsOf(term);
  const args = written.map((each) => computed(environment, bare(each ?? ""), locals));
  const [first = "", second = ""] = args;
  const isClosed = /^\d+ \d+$/.test(`${first} ${second}`);
  if (isClosed && /^(\+|Nat\.add)$/.test(head)) return `${BigInt(first) + BigInt(second)}`;
  if (isClosed && head === "*") return `${BigInt(first) * BigInt(second)}`;
  if (head.endsWith(".match_1")) return MATCH.value;
  const isLocal = locals.some(({ name }) => name === head);
  const { value, binders = [] } = (!isLocal && find(environment, "constant", head)) || {};
  if (value !== undefined && binders.length === args.length) {
    const given = new Map(binders.map(({ name }, at) => [name, args[at]]));
    return computed(environment, replaceNames(value, given), locals);
  }
  const inside = args.map(tight);
  return sign ? `${inside[0]} ${sign} ${inside[1]}` : [head, ...inside].join(" ");
}
/** Prints a term as this environment does: shortest names, with notations. @param {Environment} environment @param {Term} term */
export function print(environment, term) {
  const nameOf = (/** @type {string} */ full) => {
    // A `match` in a statement is an auxiliary definition, and prints as one if that is forgotten.
    const isMatch = find(environment, "match", full) !== undefined;
    if (full.endsWith(".match_1")) return isMatch ? MATCH.known : about(MATCH.lost, full);
    if (full === "Real.pi" && hasPi(environment)) return "π";
    const parts = full.split(".");
    const tails = parts.slice(1).map((_, at) => parts.slice(parts.length - 1 - at).join("."));
    return tails.find((each) => resolve(environment, each) === full);
  };
  let text = term;
  for (const { name, value = "" } of entriesOf(environment, "infix")) {
    const call = new RegExp(`(?<![\\w.])${escaped(value)} ([\\w.]+) ([\\w.]+)`, "g");
    text = text.replace(call, `$1 ${name} $2`);
  }
  return replaceNames(text, { get: nameOf }).replace(/(\n[\s\S]*\)) = /, "$1 =\n    ");
}
/** What a pickle holds: names of imports, constants, scopes. @param {Environment} environment */
export function pickled(environment) {
  const { imports, scopes } = environment;
  return { imports, scopes, constants: entriesOf(environment, "constant").reverse() };
}
/** The environment of a pickle on `base`, which keeps all that it has. @param {ReturnType<typeof pickled>} content @param {Environment} base */
export function unpickled({ constants, scopes }, base) {
  const { entries } = base;
  return {
    ...base,
    scopes,
    entries: constants.reduce((below, entry) => ({ entry, below }), entries),
  };
}
