// Names, fields, applications and `⟨a, b⟩`.
import { CONSTRUCTORS, FIELDS } from "./builtins.js";
import { declared, resolveName } from "./environment.js";
import { applyTo, constant, headName, substitute } from "./expressions.js";
import { ElaborationProblem } from "./problems.js";
import { unfoldNot } from "./unifier.js";

/** @import { Elaborator, Typed } from "./elaborator.js" */
/** @import { Expr, Local, Span, Surface } from "./types.ts" */

/**
 * `⟨a, b⟩`: the one constructor of the expected type.
 * @param {Elaborator} elaborator
 * @param {Extract<Surface, { kind: "tuple" }>} surface
 * @param {Expr} type
 * @param {readonly Local[]} locals
 */
export function elaborateTuple(elaborator, surface, type, locals) {
  const name = CONSTRUCTORS.get(headName(type) ?? "");
  if (name === undefined) {
    const shown = elaborator.show(type, locals);
    const data = `Invalid \`⟨...⟩\` notation: The expected type\n  ${shown}\nis not a structure`;
    throw new ElaborationProblem(data, surface);
  }
  return elaborateApplication(
    elaborator,
    elaborator.builtin(name, surface),
    surface.parts,
    type,
    locals,
    surface,
  );
}

/**
 * What stands before arguments, its implicit arguments still open.
 * @param {Elaborator} elaborator
 * @param {Surface} surface
 * @param {readonly Local[]} locals
 * @returns {Typed}
 */
export function elaborateHead(elaborator, surface, locals) {
  if (surface.kind !== "identifier") return elaborator.term(surface, undefined, locals);
  const parts = surface.name.split(".");
  for (let length = parts.length; length > 0; length -= 1) {
    const found = named(elaborator, parts.slice(0, length).join("."), locals, surface);
    if (found !== undefined) {
      return parts
        .slice(length)
        .reduce((of, field) => fieldOf(elaborator, of, field, locals, surface), found);
    }
  }
  throw new ElaborationProblem(elaborator.wording.unknownIdentifier(surface.name), surface);
}

/**
 * What a name stands for.
 * @param {Elaborator} elaborator
 * @param {string} name
 * @param {readonly Local[]} locals
 * @param {Span} span
 * @returns {Typed | undefined}
 */
function named(elaborator, name, locals, span) {
  const local = locals.findLast((each) => each.name === name);
  if (local !== undefined) return { term: { k: "local", id: local.id }, type: local.type };
  const full = resolveName(elaborator.environment, name);
  if (full === undefined) return undefined;
  const own = declared(elaborator.environment, full);
  return own === undefined
    ? elaborator.builtin(full, span)
    : { term: constant(full), type: own.type };
}

/**
 * `h.left`: the function of that name in the namespace of the type.
 * @param {Elaborator} elaborator
 * @param {Typed} of
 * @param {string} field
 * @param {readonly Local[]} locals
 * @param {Span} span
 */
function fieldOf(elaborator, of, field, locals, span) {
  const path = `${headName(elaborator.unifier.resolve(of.type)) ?? "?"}.${field}`;
  const full = resolveName(elaborator.environment, FIELDS.get(path) ?? path);
  const head = full === undefined ? undefined : named(elaborator, full, [], span);
  if (head === undefined) {
    const what = `${elaborator.show(of.term, locals)} has type ${elaborator.show(of.type, locals)}`;
    throw new ElaborationProblem(`Invalid field \`${field}\`: ${what}`, span);
  }
  return elaborateApplication(elaborator, head, [of], undefined, locals, span);
}

/**
 * An application: opens the head's implicit arguments, lets the expected type tell what it can,
 * then checks the arguments from left to right.
 * @param {Elaborator} elaborator
 * @param {Typed} head
 * @param {(Surface | Typed)[]} args
 * @param {Expr | undefined} expected
 * @param {readonly Local[]} locals
 * @param {Span} span
 * @returns {Typed}
 */
export function elaborateApplication(elaborator, head, args, expected, locals, span) {
  const left = [...args];
  const slots = [];
  let type = elaborator.unifier.resolve(head.type);
  for (;;) {
    if (left.length > 0) type = unfoldNot(type);
    if (type.k !== "pi" || (!type.implicit && left.length === 0)) break;
    const meta = elaborator.unifier.fresh();
    slots.push({ meta, domain: type.type, arg: type.implicit ? undefined : left.shift() });
    type = substitute(type.body, type.id, meta);
  }
  if (left.length > 0) {
    const shown = `\n  ${elaborator.show(head.term, locals)}\nbut this term has type\n  ${elaborator.show(type, locals)}`;
    throw new ElaborationProblem(`Function expected at${shown}`, span);
  }
  if (expected !== undefined) elaborator.unifier.attempt(type, expected);
  const values = slots.flatMap(({ meta, domain, arg }) => {
    if (arg === undefined) return [];
    const value = argument(elaborator, arg, domain, locals, span);
    // The expected type may have told that it is another one.
    if (!elaborator.unifier.unify(meta, value)) {
      const shown = [value, meta].map((each) => elaborator.show(each, locals));
      throw new ElaborationProblem(`type mismatch: ${shown[0]} instead of ${shown[1]}`, span);
    }
    return [value];
  });
  return { term: applyTo(head.term, values), type: elaborator.unifier.resolve(type) };
}

/**
 * @param {Elaborator} elaborator
 * @param {Surface | Typed} arg
 * @param {Expr} domain
 * @param {readonly Local[]} locals
 * @param {Span} span
 */
function argument(elaborator, arg, domain, locals, span) {
  if ("kind" in arg) return elaborator.check(arg, domain, locals);
  if (!elaborator.unifier.unify(arg.type, domain)) {
    throw new ElaborationProblem(elaborator.mismatch(arg.term, arg.type, domain, locals), span);
  }
  return arg.term;
}
