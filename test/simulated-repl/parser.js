// Terms as they are written.
import { SyntaxProblem } from "./problems.js";
import { parseBlock } from "./tactic-parser.js";
import { ALIASES, describe, INFIX, RESERVED } from "./vocabulary.js";

/** @import { Surface, SurfaceBinder, Token } from "./types.ts" */

/** Reads tokens one after the other. `column` is that of the tactic block around, else 0. */
export class Parser {
  /** @param {Token[]} tokens */
  constructor(tokens) {
    this.tokens = tokens;
    this.at = 0;
    this.column = 0;
    // How tight the term that was read last binds: `a = b = c` is not Lean.
    this.tightness = 0;
  }

  /** @returns {Token} */
  peek(ahead = 0) {
    const last = this.tokens.length - 1;
    return /** @type {Token} */ (this.tokens[Math.min(this.at + ahead, last)]);
  }

  next() {
    const token = this.peek();
    this.at += 1;
    return token;
  }

  /** The end of what was read last. */
  lastEnd() {
    return (this.tokens[this.at - 1] ?? this.peek()).end;
  }

  /** @param {string} text */
  sees(text) {
    const token = this.peek();
    return (token.type === "symbol" || token.type === "identifier") && token.text === text;
  }

  /** @param {string} text */
  accept(text) {
    const found = this.sees(text);
    if (found) this.at += 1;
    return found;
  }

  /** @param {string} text */
  expect(text) {
    if (!this.accept(text)) this.fail(`'${text}'`);
  }

  /** @param {string} expected @returns {never} */
  fail(expected) {
    const token = this.peek();
    throw new SyntaxProblem(`${describe(token)}; expected ${expected}`, token);
  }

  name() {
    const token = this.peek();
    if (token.type !== "identifier" || RESERVED.has(token.text)) this.fail("identifier");
    return this.next().text;
  }

  /** Whether the next token belongs to the application before it: Lean's `checkColGt`. */
  continues() {
    const token = this.peek();
    return token.start.line === this.lastEnd().line || token.start.column > this.column;
  }

  /** @param {number} [tightness] @returns {Surface} */
  term(tightness = 0) {
    let left = this.prefix();
    for (;;) {
      const token = this.peek();
      const operator = ALIASES.get(token.text) ?? token.text;
      const binding = token.type === "symbol" ? INFIX.get(operator) : undefined;
      const [own = 0, atLeft = 0, atRight = 0] = binding ?? [];
      if (binding === undefined || own < tightness || this.tightness < atLeft) return left;
      this.next();
      const right = this.term(atRight);
      const operands = [left, right];
      left = { kind: "operator", operator, operands, start: left.start, end: right.end };
      this.tightness = own;
    }
  }

  /** @returns {Surface} */
  prefix() {
    const token = this.peek();
    const { start } = token;
    if (token.type === "symbol" && (token.text === "¬" || token.text === "-")) {
      const own = token.text === "¬" ? 40 : 75;
      this.next();
      const operand = this.term(own);
      this.tightness = own;
      const operator = token.text === "¬" ? "¬" : "neg";
      return { kind: "operator", operator, operands: [operand], start, end: operand.end };
    }
    if (this.sees("∀") || this.sees("fun") || this.sees("λ")) return this.binding();
    const head = this.atom();
    if (head === undefined) this.fail("term");
    const args = [];
    while (this.continues()) {
      const arg = this.atom();
      if (arg === undefined) break;
      args.push(arg);
    }
    this.tightness = 1024;
    const end = this.lastEnd();
    return args.length === 0 ? head : { kind: "apply", head, args, start, end };
  }

  /** @returns {Surface} */
  binding() {
    const { start, text } = this.next();
    const kind = text === "∀" ? "pi" : "fun";
    const binders = this.binders();
    while (this.peek().type === "identifier") {
      binders.push({ name: this.name(), implicit: false, type: undefined });
    }
    if (this.accept(":")) {
      const type = this.term();
      for (const binder of binders) binder.type ??= type;
    }
    if (kind === "pi") this.expect(",");
    else this.expect("=>");
    const body = this.term();
    this.tightness = 0;
    return { kind, binders, body, start, end: body.end };
  }

  /** `(a b : T) {c : U}`, none or more. @returns {SurfaceBinder[]} */
  binders() {
    /** @type {SurfaceBinder[]} */
    const binders = [];
    while (this.sees("(") || this.sees("{")) {
      const implicit = this.next().text === "{";
      const names = [];
      while (!this.sees(":")) names.push(this.name());
      this.expect(":");
      const type = this.term();
      this.expect(implicit ? "}" : ")");
      for (const name of names) binders.push({ name, implicit, type });
    }
    return binders;
  }

  /** @returns {Surface | undefined} */
  atom() {
    const { start, end, type, text } = this.peek();
    if (type === "number" || type === "string") {
      this.next();
      return { kind: type, text, start, end };
    }
    if (type === "identifier") return this.word();
    if (type !== "symbol") return undefined;
    if (text === "(") return this.parenthesis();
    return text === "⟨" ? this.tuple() : undefined;
  }

  /** @returns {Surface | undefined} */
  word() {
    const { start, end, text } = this.peek();
    if (text === "by") {
      const keyword = this.next();
      const tactics = parseBlock(this);
      return { kind: "by", keyword, tactics, start, end: this.lastEnd() };
    }
    if (RESERVED.has(text) && text !== "sorry") return undefined;
    this.next();
    if (text === "sorry") return { kind: "sorry", start, end };
    return text === "_"
      ? { kind: "hole", start, end }
      : { kind: "identifier", name: text, start, end };
  }

  /** @returns {Surface} */
  parenthesis() {
    const { start } = this.next();
    if (this.accept(")"))
      return { kind: "identifier", name: "Unit.unit", start, end: this.lastEnd() };
    const term = this.term();
    const type = this.accept(":") ? this.term() : undefined;
    this.expect(")");
    const end = this.lastEnd();
    return type === undefined
      ? { ...term, start, end }
      : { kind: "ascription", term, type, start, end };
  }

  /** @returns {Surface} */
  tuple() {
    const { start } = this.next();
    const parts = [];
    if (!this.sees("⟩"))
      do parts.push(this.term());
      while (this.accept(","));
    this.expect("⟩");
    return { kind: "tuple", parts, start, end: this.lastEnd() };
  }
}
