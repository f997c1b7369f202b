// Types shared by the modules of the stand-in. Types only: the stand-in runs without a build.

/** A place in the text of a command: lines from 1, columns from 0, counted in code points. */
export interface Position {
  line: number;
  column: number;
}

/** A stretch of the text of a command. */
export interface Span {
  start: Position;
  end: Position;
}

export interface Token extends Span {
  type: "identifier" | "number" | "string" | "symbol" | "end";
  text: string;
}

/** A binder as it is written: `(a b : T)`, `{a : T}`, or a bare name after `fun`. */
export interface SurfaceBinder {
  name: string;
  implicit: boolean;
  type: Surface | undefined;
}

/** A term as it is written. */
export type Surface = Span &
  (
    | { kind: "identifier"; name: string }
    | { kind: "number"; text: string }
    | { kind: "string"; text: string }
    | { kind: "apply"; head: Surface; args: Surface[] }
    | { kind: "operator"; operator: string; operands: Surface[] }
    | { kind: "pi" | "fun"; binders: SurfaceBinder[]; body: Surface }
    | { kind: "tuple"; parts: Surface[] }
    | { kind: "ascription"; term: Surface; type: Surface }
    | { kind: "sorry" | "hole" }
    | { kind: "by"; keyword: Span; tactics: SurfaceTactic[] }
  );

/** A tactic as it is written. */
export type SurfaceTactic = Span &
  (
    | { kind: "exact" | "apply"; term: Surface }
    | { kind: "intro"; names: string[] }
    | { kind: "have"; name: string; type: Surface | undefined; value: Surface }
    | { kind: "rewrite"; rules: { term: Surface; reversed: boolean }[] }
    | { kind: "plain"; name: string }
  );

/** A checked term. It is plain JSON, so that pickles can hold it. */
export type Expr =
  | { k: "const"; name: string }
  | { k: "local"; id: number }
  | { k: "meta"; id: number }
  | { k: "number"; digits: string; type: "Nat" | "Int" }
  | { k: "string"; text: string }
  | { k: "app"; head: Expr; args: Expr[] }
  | { k: "pi" | "fun"; id: number; name: string; implicit: boolean; type: Expr; body: Expr }
  | { k: "sorry" };

export type Pi = Extract<Expr, { k: "pi" | "fun" }>;

/** A hypothesis. */
export interface Local {
  id: number;
  name: string;
  type: Expr;
}

/** A goal: `tag` is what Lean prints after `case`, empty where it prints nothing. */
export interface Goal {
  tag: string;
  locals: Local[];
  target: Expr;
}

/** A constant that was declared on top of the imports. */
export interface Constant {
  name: string;
  kind: "def" | "theorem" | "axiom";
  type: Expr;
  value: Expr | undefined;
  /** How many of the type's binders were declared before the colon. */
  binders: number;
  /** Whether it has executable code; an unpickled definition has none (repl#62). */
  compiled: boolean;
  usesSorry: boolean;
}

export interface Environment {
  imports: string[];
  /** What each earlier command declared, shared between environments. */
  constants: ReadonlyMap<string, Constant>[];
  opens: string[];
  /** The header's import failed: there is not even a `Nat`. */
  empty: boolean;
}

export interface Message {
  severity: "error" | "warning" | "info";
  pos: Position;
  /** Null where Lean knows only where a message begins. */
  endPos: Position | null;
  data: string;
}

/** A `sorry` that was met, with the goal that it stands for and what is declared before it. */
export interface Sorry extends Span {
  goal: Goal;
  environment: Environment;
}

export interface ProofState {
  environment: Environment;
  goals: Goal[];
  hasSorry: boolean;
  /** It came from a `sorry` in a tactic: closing its goals leaves the root goal open. */
  partOfOther: boolean;
  /** All that its tactics said; a pickling answer repeats it. */
  messages: Message[];
  sorries: Sorry[];
}

export type Dialect = "4.0.0" | "4.33";
