// What there is before any code: words, operators, constants, and Lean's sentences.

/** @param {string} text */
const words = (text) => text.split(/\s+/);
/** Words that begin a command, and those that stand before one. */
export const COMMANDS = new Set(
  words(`def abbrev theorem lemma example axiom instance class structure inductive open export
namespace section end variable universe set_option notation infix infixl infixr macro import module
prelude attribute #check #eval #print #reduce #synth`),
);
export const MODIFIERS = new Set(words("noncomputable private protected scoped local public meta"));
/** Words that are no names in a term. */
export const RESERVED = new Set([
  ...COMMANDS,
  ...words("noncomputable by fun have let show from in where match with at then else deriving"),
]);
export const SYMBOLS = words(`:= => ← -> → ∧ ∨ ↔ ≠ ≤ ≥ ++ <;> ⟨ ⟩ ∀ ∃ λ ¬ @[ #[ ⊢
( ) [ ] { } , ; : | = < > + - * . · \` ! @ ^ / % $ ?`);
/** How tight each infix binds. */
export const INFIX = new Map(
  ["20↔", "25→", "30∨", "35∧", "50=", "50≠", "50<", "50≤", "50>", "50≥", "65+", "65-", "70*"].map(
    (each) => [each.slice(2), Number.parseInt(each, 10)],
  ),
);

/** What imports bring. Goals are called after the binders. Behind `@` the module, if not Init. */
export const BUILTINS = new Map(
  `Prop : Type; Type : Type; Nat : Type; Int : Type; Bool : Type; String : Type; Unit : Type
True : Prop; False : Prop; Bool.true : Bool; Bool.false : Bool; True.intro : True; trivial : True
Nat.succ (n : Nat) : Nat; Nat.add (n m : Nat) : Nat; Int.natAbs (m : Int) : Nat
And.intro {a b : Prop} (left : a) (right : b) : a ∧ b; False.elim {C : Prop} (h : False) : C
Or.inl {a b : Prop} (h : a) : a ∨ b; Or.inr {a b : Prop} (h : b) : a ∨ b
Iff.intro {a b : Prop} (mp : a → b) (mpr : b → a) : a ↔ b
Nat.add_comm (n m : Nat) : n + m = m + n; Nat.mul_comm (n m : Nat) : n * m = m * n
Lean.Name : Type @Lean; Real : Type @Mathlib; Real.pi : Real @Mathlib`
    .split(/[;\n]\s*/)
    .map((text) => {
      const found = /^(\S+)(.*?) : ([^:@]*?)(?: @(\w+))?$/.exec(text);
      const [, name = "", taken = "", type = "", module = "Init"] = found ?? [];
      const groups = [...taken.matchAll(/([({])([^:]*) : ([^)}]*)[)}]/g)];
      const binders = groups.flatMap(([, open, names = "", of = ""]) =>
        words(names).map((each) => ({ name: each, type: of, implicit: open === "{" })),
      );
      const kind = /** @type {const} */ ("constant");
      return [name, { module, entry: { kind, name, binders, type } }];
    }),
);
/** What `constructor` and `⟨a, b⟩` build. */
export const MAKERS = new Map(Object.entries({ "∧": "And.intro", "↔": "Iff.intro" }));

/** The one `match` in a statement that is known, as it is printed if it is known to be one or not. */
export const MATCH = {
  written: "match (0 : Nat) with | 0 => 5 | n + 1 => n",
  value: "5",
  known: "let _discr : Nat := 0;\n    match 0 with \n    | 0 => 5\n    | Nat.succ n => n",
  lost: "let _discr : Nat := 0;\n    NAME (fun (x : Nat) => Nat) 0 (fun (_ : Unit) => 5) fun (n : Nat) => n",
};
/** What 4.33.0-rc2 says, and 4.0.0. Sources: their recordings. */
const SENTENCES = {
  usesSorry: "declaration uses `sorry` | declaration uses 'sorry'",
  unknownIdentifier: "Unknown identifier `NAME` | unknown identifier 'NAME'",
  alreadyDeclared: "`NAME` has already been declared | 'NAME' has already been declared",
  unknownNamespace: "Unknown namespace `NAME` | unknown namespace 'NAME'",
  noGoals: "No goals to be solved | no goals to be proved",
  tacticFailed: "Tactic `NAME` failed:  | tactic 'NAME' failed, ",
  typeMismatch: "Type mismatch | type mismatch",
  secondImport:
    "invalid 'import' command, it must be used in the beginning of the file | expected command",
  input: "<input> | <stdin>",
  noCode:
    "failed to compile definition, consider marking it as 'noncomputable' because it depends on 'NAME', which is 'noncomputable' | IR check failed at '_eval._lambda_1', error: unknown declaration 'NAME'",
  cannotCreate:
    "failed to create file 'NAME' | failed to write 'NAME': failed to open lock file for 'NAME': No such file or directory",
};
/** @typedef {Record<keyof typeof SENTENCES, string> & { isOld: boolean }} Wording */
/** @param {"4.33" | "4.0.0"} dialect */
export function wordingOf(dialect) {
  const isOld = dialect === "4.0.0";
  const chosen = Object.entries(SENTENCES).map(([name, both]) => [
    name,
    both.split(" | ")[isOld ? 1 : 0],
  ]);
  return /** @type {Wording} */ ({ ...Object.fromEntries(chosen), isOld });
}
/** @param {string} sentence @param {string} name */
export const about = (sentence, name) => sentence.replaceAll("NAME", () => name);
