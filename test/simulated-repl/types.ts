// Types shared by the modules of the stand-in, which runs without a build.

/** A stretch of a text, by offsets; `to` is null where Lean knows only the beginning. */
export type Span = { from: number; to: number | null };
/** `column` is its place in its line, `first` says whether it is the first there. */
export type Token = Span & { kind: Kind; text: string; to: number; column: number; first: boolean };
export type Kind = "word" | "number" | "string" | "symbol" | "end";
/** Terms and types are text in a normal form: full names, one space between words. */
export type Term = string;
export type Binder = { name: string; type: Term; implicit?: boolean };
/** What unknowns stand for, or nothing yet. */
export type Values = Map<string, Term | undefined>;
/** `tag` is what Lean prints after `case`; empty where it prints nothing. */
export type Goal = { tag: string; locals: Binder[]; target: Term };
/** What a constant takes, the type of what it gives; `value` is there if it unfolds. */
export type Constant = { binders?: Binder[]; type?: Term; isDefinition?: boolean } & Valued;
type Valued = { value?: Term | undefined };
/** Something that code added. A pickle keeps the constants and loses the rest. */
export type Entry = { kind: "constant" | Lost; name: string } & Constant;
type Lost = "code" | "namespace" | "class" | "instance" | "infix" | "tactic" | "simp" | "match";
/** A list, the newest entry first. */
type Entries = { entry: Entry; below: Entries } | undefined;
/** Of a namespace or a section. */
export type Scope = { isNamespace: boolean; name: string; opens: string[]; variables: Binder[] };
/** It is never changed, so its id stays usable. `empty`: an import failed, there is no `Nat`. */
export type Environment = { imports: string[]; empty: boolean; entries: Entries } & Scopes;
/** `active` are the namespaces whose scoped notations are on; a pickle loses those. */
type Scopes = { scopes: Scope[]; active: { name: string; depth: number }[] };
export type Position = { line: number; column: number };
type Place = { pos: Position; endPos: Position | null };
export type Message = { severity: "error" | "warning" | "info"; data: string } & Place;
export type Sorry = { goal: Goal; environment: Environment } & Place;
/** `partOfOther`: it came from a `sorry` in a tactic, so closing it leaves the root goal open. */
export type ProofState = { environment: Environment; goals: Goal[] } & Progress & Said;
type Progress = { hasSorry: boolean; partOfOther: boolean };
/** All that its tactics said; a pickling answer repeats it. */
export type Said = { messages: Message[]; sorries: Sorry[] };
