// Reads and checks terms: what is not understood is an error.
import * as env from "./environment.js";
import { runBlock } from "./tactics.js";
import * as code from "./text.js";
import { about, INFIX, MAKERS, RESERVED } from "./vocabulary.js";

/** @import { Binder, Environment, Goal, Message, Sorry, Span, Term, Token, Values } from "./types.ts" */
/** @import { Wording } from "./vocabulary.js" */

const [NUMBER, SORT] = [/^(Nat|Int)$/, /^(Prop|Type)$/];
const UNKNOWN = "don't know how to synthesize placeholder";

/** One request's text: where it stands, and what there is to say about it. */
export class Lean {
  /** @type {Message[]} */
  messages = [];
  /** @type {Sorry[]} */
  sorries = [];
  /** Whether something stands on a `sorry`, written or put in for an error. */
  usesSorry = false;
  /** What stands at the left edge behind `by`, and does not belong to it. @type {Token | undefined} */
  stray;
  /** The hypotheses of what is being checked, its place, and what stands behind. @type {readonly Binder[]} */
  locals = [];
  /** @type {Span} */
  span = { from: 0, to: null };
  end = code.NOTHING;
  /** The command that is being run, and what stands before it. @type {Token[]} */
  tokens = [];
  modifiers = "";
  /** @param {string} text @param {Environment} environment @param {Wording} wording */
  constructor(text, environment, wording) {
    this.text = text;
    this.environment = environment;
    this.wording = wording;
  }
  /** @param {Term} term */
  print = (term) => env.print(this.environment, term);
  /** @param {Term} term */
  #computed = (term) => env.computed(this.environment, term, this.locals);
  /** Whether two terms compute to the same. @param {Term} a @param {Term} b */
  same = (a, b) => this.#computed(a) === this.#computed(b);
  /** @param {Span} span */
  place({ from, to }) {
    const endPos = to === null ? null : code.positionIn(this.text, to);
    return { pos: code.positionIn(this.text, from), endPos };
  }
  /** @param {Message["severity"]} severity @param {string} data @param {Span} span */
  say(severity, data, span) {
    this.messages.push({ severity, ...this.place(span), data });
    this.usesSorry ||= severity === "error";
  }
  /** @param {string} data @param {Span} [span] @returns {never} */
  fail(data, span = this.span) {
    throw new code.Problem("term", data, span);
  }
  /** Something else was expected at a token. @param {string} what @param {Token} [token] @returns {never} */
  unexpected(what, { kind, text, from, to } = this.end) {
    const isName = kind === "word" && text !== "sorry" && !RESERVED.has(text);
    const named = isName ? "identifier" : `token '${text}'`;
    const found = `unexpected ${text === "" ? "end of input" : named}; `;
    const [said, end] = this.wording.isOld ? ["", null] : [found, to];
    throw new code.Problem("syntax", `${said}expected ${what}`, { from, to: end });
  }
  /** What is wrong is reported, and counts as a `sorry`; some kinds end more. @template T @param {() => T} action @param {string} [but] @returns {T | undefined} */
  recover(action, but = "syntax tactic") {
    try {
      return action();
    } catch (problem) {
      if (!(problem instanceof code.Problem) || but.includes(problem.kind)) throw problem;
      this.say("error", problem.message, problem);
      return undefined;
    }
  }
  /** @param {Goal} goal @param {Span} span */
  sorry(goal, span) {
    this.usesSorry = true;
    this.sorries.push({ goal, environment: this.environment, ...this.place(span) });
  }
  /** The command, or the tactic, that begins at an offset. @param {number} from */
  command(from) {
    const signs = env.entriesOf(this.environment, "infix").map(({ name }) => name);
    const { tokens, end } = code.readCommand(this.text, from, signs);
    this.end = end;
    return tokens;
  }
  /** The text of a term with full names; what is no term is a syntax error. @param {readonly Token[]} tokens @returns {Term} */
  read(tokens) {
    this.span = code.spanOf(tokens);
    const infixes = env.entriesOf(this.environment, "infix");
    const signs = new Set([...INFIX.keys(), ...infixes.map(({ name }) => name), ",", "++"]);
    const shape = tokens.map(({ kind, text }) => {
      if (/^[(⟨{¬`]$/.test(text)) return "(";
      if (/^[)⟩}]$/.test(text)) return ")";
      if (signs.has(text)) return text === "-" ? "-" : "+";
      return kind === "symbol" || RESERVED.has(text) ? "?" : "a";
    });
    // A term must come first, and behind an opening bracket and a sign.
    const bad = shape.join("").search(/\?|(?<=^|[(+-])[+)]|(?<=[(+-])$|^$/);
    if (bad >= 0) this.unexpected("term", tokens[bad]);
    if (code.cut([...tokens, code.NOTHING], "").length < 2) this.unexpected("')'");
    let term = code.textOf(tokens.map((each, at) => this.#named(each, tokens[at - 1])));
    for (const { name, value } of infixes) {
      const sides = `(\\([^()]*\\)|[^ ()]+) ${code.escaped(name)} (\\([^()]*\\)|[^ ()]+)`;
      term = term.replace(new RegExp(sides, "gu"), `${value} $1 $2`);
    }
    return term;
  }
  /** @param {Token} token @param {Token | undefined} before @returns {Token} */
  #named(token, before) {
    const { kind, text } = token;
    const isLocal = this.locals.some(({ name }) => name === text.split(".")[0]);
    const isFixed = kind !== "word" || /^(sorry|_|rfl|inferInstance)$/.test(text);
    if (isLocal || isFixed || before?.text === "`") return token;
    const isPi = text === "π" && env.hasPi(this.environment);
    const full = isPi ? "Real.pi" : env.resolve(this.environment, text);
    if (full !== undefined) return { ...token, text: full };
    return this.fail(about(this.wording.unknownIdentifier, text), token);
  }
  /** A term that must be a type. @param {readonly Token[]} tokens @returns {Term} */
  type(tokens) {
    const term = this.read(tokens);
    const sort = this.typeOf(term);
    if (SORT.test(sort)) return term;
    return this.fail(`type expected, got\n  (${this.print(term)} : ${this.print(sort)})`);
  }
  /** Checks what is written, and gives its text and type. @param {Token[]} tokens @param {Term} [expected] */
  term(tokens, expected) {
    const isBlock = tokens[0]?.text === "by";
    if (!isBlock && code.textOf(tokens) !== "sorry") {
      const value = this.read(tokens);
      return { value, type: this.check(value, expected) };
    }
    const target = expected ?? this.fail(UNKNOWN, code.spanOf(tokens));
    const goal = { tag: "", locals: [...this.locals], target };
    if (isBlock) runBlock(this, goal, tokens);
    else this.sorry(goal, code.spanOf(tokens));
    return { value: "sorry", type: target };
  }
  /** The type that a term has of itself, which must be the expected one. @param {Term} term @param {Term} [expected] @returns {Term} */
  check(term, expected) {
    const type = this.typeOf(term, expected);
    if (expected === undefined || this.same(type, expected)) return type;
    const sort = (/** @type {Term} */ of) => (this.wording.isOld ? ` : ${this.typeOf(of)}` : "");
    const [has, wanted] = [type, expected].map((each) => `  ${this.print(each)}${sort(each)}`);
    const head = `${this.wording.typeMismatch}\n  ${this.print(term)}\nhas type\n${has}`;
    return this.fail(`${head}\nbut is expected to have type\n${wanted}`);
  }
  /** @param {Term} term @param {Term} [expected] @returns {Term} */
  typeOf(term, expected = "") {
    const [sign, left = "", right = ""] = code.split(term);
    if (sign !== undefined) return this.#infix(sign, left, right, expected);
    if (term.startsWith("¬")) return this.check(code.bare(term.slice(1)), "Prop");
    const literal = this.#literal(term, expected);
    if (literal && env.constantOf(this.environment, literal)) return literal;
    if (literal) this.fail(`unknown constant '${literal}'`);
    const [equal, side] = code.split(expected);
    if (term === "rfl" && equal === "=") return `${side} = ${side}`;
    if (term === "inferInstance" && expected) return this.#instance(expected);
    if (/^(_|rfl|inferInstance|sorry)$/.test(term)) {
      const goal = { tag: "", locals: [...this.locals], target: expected };
      return this.fail(`${UNKNOWN}\ncontext:\n${code.showGoal(goal, this.print)}`);
    }
    const whole = term.startsWith("⟨") ? this.#built(term, expected) : term;
    const [head = "", ...args] = code.partsOf(whole).map(code.bare);
    return this.#apply(head, args, expected);
  }
  /** @param {Term} term @param {Term} expected */
  #literal(term, expected) {
    if (/^\d/.test(term)) return NUMBER.test(expected) ? expected : "Nat";
    return { '"': "String", "`": "Lean.Name", "-": "Int" }[term[0] ?? ""];
  }
  /** @param {string} sign @param {Term} left @param {Term} right @param {Term} expected @returns {Term} */
  #infix(sign, left, right, expected) {
    const isArithmetic = /^[-+*]$/.test(sign);
    const leader = /^[\d +*()-]+$/.test(left) ? right : left;
    const hint = isArithmetic && NUMBER.test(expected) ? expected : undefined;
    const type = /^[∧∨↔]$/.test(sign) ? "Prop" : (hint ?? this.typeOf(leader));
    if (sign === "→") return SORT.test(type) ? this.typeOf(right) : this.fail("type expected");
    for (const each of [left, right]) this.check(each, type);
    if (/^[=≠∧∨↔]$/.test(sign)) return "Prop";
    if (!NUMBER.test(type)) this.fail(`failed to synthesize\n  H${sign} ${this.print(type)}`);
    return isArithmetic ? type : "Prop";
  }
  /** @param {Term} type @returns {Term} */
  #instance(type) {
    const isClass = env.find(this.environment, "class", code.partsOf(type)[0] ?? "");
    if (isClass && env.find(this.environment, "instance", type)) return type;
    const what = isClass ? "failed to synthesize" : "type class instance expected";
    return this.fail(`${what}\n  ${this.print(type)}`);
  }
  /** What a head takes and gives, with so many of its arrows open. @param {Term} head @param {number} [count] */
  signature(head, count = 0) {
    const local = this.locals.findLast(({ name }) => name === head);
    const known = local ? undefined : env.constantOf(this.environment, head);
    const binders = [...(known?.binders ?? [])];
    const explicit = binders.filter(({ implicit }) => !implicit);
    let type = local?.type ?? known?.type ?? this.fail(`Invalid field notation: ${head}`);
    for (let [from, to] = code.splitArrow(type); from && to && explicit.length < count; ) {
      const binder = { name: `→${binders.length}`, type: from };
      for (const each of [binders, explicit]) each.push(binder);
      type = to;
      [from, to] = code.splitArrow(type);
    }
    return { binders, type, explicit };
  }
  /** Checks an application, and gives its type. @param {Term} head @param {Term[]} args @param {Term} expected @returns {Term} */
  #apply(head, args, expected) {
    const { binders, type, explicit } = this.signature(head, args.length);
    const shown = `\n  ${this.print(head)}\nbut this term has type\n  ${this.print(type)}`;
    if (explicit.length !== args.length) this.fail(`Function expected at${shown}`);
    /** @type {Values} */
    const values = new Map(binders.map((each) => [each.name, args[explicit.indexOf(each)]]));
    if (expected) code.match(type, expected, values, this.same);
    for (const [at, { type: wanted }] of explicit.entries()) {
      const arg = args[at] ?? "";
      const isOpen = code.namesIn(wanted).some((each) => values.has(each) && !values.get(each));
      if (isOpen) code.match(wanted, this.typeOf(arg), values, this.same);
      this.check(arg, code.replaceNames(wanted, values));
    }
    return code.replaceNames(type, values);
  }
  /** What `⟨a, b⟩` stands for. @param {Term} term @param {Term} expected @returns {Term} */
  #built(term, expected) {
    const sign = code.split(expected)[0] ?? code.partsOf(expected)[0] ?? "";
    const maker = MAKERS.get(sign) ?? `${sign}.mk`;
    const isKnown = env.constantOf(this.environment, maker) !== undefined;
    const parts = code.partsOf(term.slice(1, -1).replace(/,/g, " ,")).join(" ").split(" , ");
    if (isKnown) return [maker, ...parts.map(code.tight)].join(" ");
    return this.fail(`Invalid \`⟨...⟩\` notation: ${this.print(expected)} is not a structure`);
  }
}
