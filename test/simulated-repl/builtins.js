// What every import brings, as far as the toy needs it.

/** Constants by name, each with the text of its type; binder names are what goals are called by. */
export const BUILTIN_TYPES = new Map(
  Object.entries({
    Prop: "Type",
    Type: "Type",
    Nat: "Type",
    Int: "Type",
    Bool: "Type",
    String: "Type",
    Unit: "Type",
    True: "Prop",
    False: "Prop",
    "Bool.true": "Bool",
    "Bool.false": "Bool",
    "Unit.unit": "Unit",
    "Nat.zero": "Nat",
    "Nat.succ": "∀ (n : Nat), Nat",
    "Int.natAbs": "∀ (m : Int), Nat",
    "Int.ofNat": "∀ (a : Nat), Int",
    "True.intro": "True",
    trivial: "True",
    "False.elim": "∀ {C : Prop} (h : False), C",
    absurd: "∀ {a b : Prop} (h₁ : a) (h₂ : ¬a), b",
    "And.intro": "∀ {a b : Prop} (left : a) (right : b), a ∧ b",
    "And.left": "∀ {a b : Prop} (self : a ∧ b), a",
    "And.right": "∀ {a b : Prop} (self : a ∧ b), b",
    "Or.inl": "∀ {a b : Prop} (h : a), a ∨ b",
    "Or.inr": "∀ {a b : Prop} (h : b), a ∨ b",
    "Or.elim": "∀ {a b c : Prop} (h : a ∨ b) (left : a → c) (right : b → c), c",
    "Iff.intro": "∀ {a b : Prop} (mp : a → b) (mpr : b → a), a ↔ b",
    "Iff.mp": "∀ {a b : Prop} (self : a ↔ b), a → b",
    "Iff.mpr": "∀ {a b : Prop} (self : a ↔ b), b → a",
    rfl: "∀ {α : Type} {a : α}, a = a",
    "Eq.refl": "∀ {α : Type} (a : α), a = a",
    "Eq.symm": "∀ {α : Type} {a b : α} (h : a = b), b = a",
    "Eq.trans": "∀ {α : Type} {a b c : α} (h₁ : a = b) (h₂ : b = c), a = c",
    "Nat.add_comm": "∀ (n m : Nat), n + m = m + n",
    "Nat.add_assoc": "∀ (n m k : Nat), n + m + k = n + (m + k)",
    "Nat.mul_comm": "∀ (n m : Nat), n * m = m * n",
  }),
);

/** Names that are open from the start: Lean exports them. */
export const EXPORTED = new Map([
  ["true", "Bool.true"],
  ["false", "Bool.false"],
]);

/** The one constructor of what `⟨a, b⟩` and `constructor` can build. */
export const CONSTRUCTORS = new Map([
  ["And", "And.intro"],
  ["Iff", "Iff.intro"],
  ["True", "True.intro"],
]);

/** Numbered and named fields of structures. */
export const FIELDS = new Map([
  ["And.1", "And.left"],
  ["And.2", "And.right"],
  ["Iff.1", "Iff.mp"],
  ["Iff.2", "Iff.mpr"],
]);
