// `∀`, `fun` and the binders of declarations.
import { freshId, substitute } from "./expressions.js";
import { ElaborationProblem } from "./problems.js";
import { unfoldNot } from "./unifier.js";

/** @import { Elaborator, Typed } from "./elaborator.js" */
/** @import { Expr, Local, Span, Surface, SurfaceBinder } from "./types.ts" */

/**
 * `∀ (a : T), U`.
 * @param {Elaborator} elaborator
 * @param {Extract<Surface, { kind: "pi" | "fun" }>} surface
 * @param {readonly Local[]} locals
 */
export function elaboratePi(elaborator, surface, locals) {
  const bound = elaborateBinders(elaborator, surface.binders, locals, surface);
  const { term, type } = elaborator.type(surface.body, [...locals, ...bound]);
  return { term: abstract("pi", bound, term, surface.binders), type };
}

/**
 * `fun a => b`; the expected type tells the types of its binders where they are not written.
 * @param {Elaborator} elaborator
 * @param {Extract<Surface, { kind: "pi" | "fun" }>} surface
 * @param {Expr | undefined} expected
 * @param {readonly Local[]} locals
 * @returns {Typed}
 */
export function elaborateFun(elaborator, surface, expected, locals) {
  let target = expected;
  /** @type {Local[]} */
  const bound = [];
  for (const binder of surface.binders) {
    const pi = target === undefined ? undefined : unfoldNot(elaborator.unifier.resolve(target));
    const domain = pi?.k === "pi" ? pi.type : undefined;
    const inside = [...locals, ...bound];
    const type = binder.type === undefined ? domain : elaborator.type(binder.type, inside).term;
    if (type === undefined) throw new ElaborationProblem("failed to infer binder type", surface);
    const local = { id: freshId(), name: binder.name, type };
    bound.push(local);
    target = pi?.k === "pi" ? substitute(pi.body, pi.id, { k: "local", id: local.id }) : undefined;
  }
  const inside = [...locals, ...bound];
  const body =
    target === undefined
      ? elaborator.term(surface.body, undefined, inside)
      : { term: elaborator.check(surface.body, target, inside), type: target };
  const term = abstract("fun", bound, body.term, surface.binders);
  return { term, type: abstract("pi", bound, body.type, surface.binders) };
}

/**
 * The hypotheses that binders make; each may use those before it.
 * @param {Elaborator} elaborator
 * @param {SurfaceBinder[]} binders
 * @param {readonly Local[]} locals
 * @param {Span} span
 * @returns {Local[]}
 */
export function elaborateBinders(elaborator, binders, locals, span) {
  /** @type {Local[]} */
  const bound = [];
  for (const { name, type } of binders) {
    if (type === undefined) throw new ElaborationProblem("failed to infer binder type", span);
    bound.push({ id: freshId(), name, type: elaborator.type(type, [...locals, ...bound]).term });
  }
  return bound;
}

/**
 * Binds locals in a term.
 * @param {"pi" | "fun"} kind
 * @param {readonly Local[]} bound
 * @param {Expr} body
 * @param {readonly { implicit: boolean }[]} binders
 * @returns {Expr}
 */
export function abstract(kind, bound, body, binders) {
  return bound.reduceRight(
    (inner, { id, name, type }, at) => ({
      k: kind,
      id,
      name,
      implicit: binders[at]?.implicit ?? false,
      type,
      body: inner,
    }),
    body,
  );
}
