// Tactics and blocks of tactics as they are written.
import { SyntaxProblem } from "./problems.js";

/** @import { Parser } from "./parser.js" */
/** @import { SurfaceTactic, Surface } from "./types.ts" */

const PLAIN = new Set("rfl assumption constructor trivial skip sorry left right done".split(" "));

/** @param {Parser} parser @returns {Extract<SurfaceTactic, { kind: "have" }>} */
function parseHave(parser) {
  const { start } = parser.next();
  const name = parser.sees(":") || parser.sees(":=") ? "this" : parser.name();
  const type = parser.accept(":") ? parser.term() : undefined;
  parser.expect(":=");
  const value = parser.term();
  return { kind: "have", name, type, value, start, end: parser.lastEnd() };
}

/** @param {Parser} parser @returns {SurfaceTactic} */
function parseIntro(parser) {
  const { start, text } = parser.next();
  const names = [];
  while (parser.peek().type === "identifier" && parser.continues()) names.push(parser.name());
  // `intros` without names introduces all there is; this stand-in knows only the explicit form.
  if (text === "intros" && names.length === 0) parser.fail("identifier");
  return { kind: "intro", names, start, end: parser.lastEnd() };
}

/** @param {Parser} parser @returns {SurfaceTactic} */
function parseRewrite(parser) {
  const { start } = parser.next();
  /** @type {{ term: Surface, reversed: boolean }[]} */
  const rules = [];
  parser.expect("[");
  do {
    const reversed = parser.accept("←") || parser.accept("<-");
    rules.push({ term: parser.term(), reversed });
  } while (parser.accept(","));
  parser.expect("]");
  return { kind: "rewrite", rules, start, end: parser.lastEnd() };
}

/**
 * One tactic.
 * @param {Parser} parser
 * @returns {SurfaceTactic}
 */
export function parseTactic(parser) {
  const token = parser.peek();
  const { start, text } = token;
  if (token.type !== "identifier") parser.fail("tactic");
  if (text === "have") return parseHave(parser);
  if (text === "intro" || text === "intros") return parseIntro(parser);
  if (text === "rw") return parseRewrite(parser);
  if (text === "exact" || text === "apply") {
    parser.next();
    const term = parser.term();
    return { kind: text, term, start, end: parser.lastEnd() };
  }
  if (!PLAIN.has(text)) throw new SyntaxProblem("unknown tactic", token);
  parser.next();
  return { kind: "plain", name: text, start, end: token.end };
}

/**
 * What follows `by`: tactics one below the other in one column, or behind `;`. A block that is
 * not further right than what is around it is empty (upstream's line_breaks), and the text goes
 * on as a command.
 * @param {Parser} parser
 * @returns {SurfaceTactic[]}
 */
export function parseBlock(parser) {
  /** @type {SurfaceTactic[]} */
  const tactics = [];
  const first = parser.peek();
  const outer = parser.column;
  if (first.type !== "identifier" || !parser.continues()) return tactics;
  parser.column = first.start.column;
  for (;;) {
    tactics.push(parseTactic(parser));
    const next = parser.peek();
    if (parser.accept(";")) continue;
    const below = next.start.line > parser.lastEnd().line;
    if (!below || next.start.column !== parser.column || next.type === "end") break;
  }
  parser.column = outer;
  return tactics;
}
