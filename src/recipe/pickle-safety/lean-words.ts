/** The words of Lean and Mathlib that decide whether a pickle holds all that code adds. */

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Commands that only set scopes. */
export const SCOPE_COMMANDS = words("open set_option universe variable section namespace");

/** Commands that add one theorem. */
export const THEOREM_COMMANDS = words("theorem lemma example");

/**
 * Words that begin a command or modify one. Nearly all of them are keywords, so that they end any
 * theorem and any tactic in front of them, on the same line too.
 */
export const COMMAND_WORDS = words(`
  open set_option universe variable section namespace theorem lemma example
  abbrev alias attribute axiom builtin_dsimproc builtin_dsimproc_decl builtin_initialize
  builtin_simproc builtin_simproc_decl class coinductive constant def deriving dsimproc dsimproc_decl
  inductive initialize instance irreducible_def opaque simproc simproc_decl structure
  meta noncomputable nonrec partial private protected public unsafe local scoped
  binder_predicate declare_syntax_cat elab elab_rules elab_stx infix infixl infixr macro macro_rules
  notation notation3 postfix prefix syntax unif_hint
  end export hide import include init_quot mutual omit prelude seal unseal unset_option variables
  variable? with_weak_namespace suppress_compilation unsuppress_compilation
  add_aesop_rules add_decl_doc assert_exists assert_no_cycle assert_not_exists assert_not_imported
  compile_def compile_inductive count_heartbeats declare_aesop_rule_sets declare_command_config_elab
  declare_config_elab declare_simp_like_tactic deprecate deprecated_module docs_to_verso
  erase_aesop_rules extend_docs gen_injective_theorems grind_pattern import_private
  initialize_simps_projections insert_to_additive_translation library_note localized
  mk_iff_of_inductive_prop open_locale proof_wanted recall recommended_spelling register_builtin_option
  register_error_explanation register_grind_attr register_hint register_label_attr register_option
  register_parser_alias register_simp_attr register_sym_simp register_tactic_tag
  register_try?_tactic restate_axiom run_cmd run_elab run_meta show_panel_widgets
  sudo tactic_extension to_additive whatsnew
`);

/** Whether a token with this text begins a command, an attribute or a doc comment. */
export function beginsCommand(text: string): boolean {
  return /^(?:[#@]$|\/-[-!])/.test(text) || COMMAND_WORDS.has(text);
}

/**
 * Words of terms and tactics that add more than constants: matchers, compiled code, macros, instances
 * of a scope that is still open (`classical`), equations that an extension registers (`split`,
 * `unfold`), lemmas that an extension counts (`kernel`). After `delta`, too, `simp` meets matchers.
 */
export const LOSSY_WORDS = words(`
  match matches nomatch nofun do where mut rec termination_by decreasing_by mvcgen
  native_decide native bv_decide bv_decide? bv_check
  by_elab eval_expr include_str leading_parser trailing_parser run_tac run_conv
  classical classical! split unfold unfold? delta fun_cases fun_induction grind grind? grind!
  kernel decide! autoUnfold
`);

/**
 * Tactics that take lemmas in brackets. Lean turns each of them that is no equation into one more
 * lemma. Older versions (v4.9, for one) number these in an extension: after an unpickle they begin
 * again at a number that is taken, and the tactic fails.
 */
export const SIMP_LIKE =
  /^(?:d?simp|field_simp|norm_num|norm_cast|push_|pull_|zify|qify|rify|aesop|nontriviality|fun_prop|reduce_mod_char|bound)/;

/** Words that introduce a name or a pattern, up to a `:` or `:=`. */
export const LET_WORDS = words(
  "have have' haveI haveI' let let' letI letI' let_fun let_delayed let_tmp obtain replace set",
);

/** Words that introduce names or patterns, up to the end of the tactic. */
export const INTRO_WORDS = words("intro intros introv rintro rintros funext with");

/** What stands in front of binders, which may be patterns. */
export const BINDER_SYMBOLS = words("∀ forall ∃ Σ Σ' Π Π' ∑ ∑' ∏ ∏' ∐ ∫ ∮ ⨍ ⋃ ⋂ ⨆ ⨅ ⨁ ⨂");

/** What stands in front of a `⟨...⟩` that is a term and no pattern. */
export const BEFORE_ANONYMOUS_CONSTRUCTOR = words(
  "exact refine refine' apply use from , ⟨ := => ↦",
);
