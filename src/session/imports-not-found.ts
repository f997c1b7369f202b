/**
 * Whether Lean says that it did not find a module that is imported, or that another Lean compiled it:
 * what `findOLean` and `readModuleData` throw, in Lean's src/Lean/Util/Path.lean and
 * src/Lean/Environment.lean (`unknown package` up to v4.8.0).
 */
export function isImportNotFound(text: string): boolean {
  return /unknown (?:module prefix|package) '|object file '.*' of module .* does not exist/.test(
    text,
  );
}
