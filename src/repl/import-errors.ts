/** What Lean says where an import fails, and what can be done about it. */

/** What went wrong with an import. */
export interface FailedImport {
  /** A clause that a sentence may begin with. */
  what: string;
  /** What can be done about it. */
  hint: string | undefined;
}

/** What `findOLean` and `readModuleData` throw (`unknown package` up to Lean v4.8.0). */
const NOT_FOUND =
  /unknown (?:module prefix|package) '|object file '.*' of module .* does not exist/;

/** What `lean_read_module_data` throws, in Lean's src/library/module.cpp. */
const OF_ANOTHER_LEAN = /failed to read file '(.*)', (?:incompatible|invalid) header/;

/**
 * Finds out whether Lean could not import something.
 * @param text what Lean said
 * @param whose whose imports they are: `<code>`, `it`
 * @param advice what can be done where Lean does not find an import
 * @param pickleFile a file that Lean may name in the same sentence, and that is not imported
 */
export function findFailedImport(
  text: string,
  whose: string,
  advice: string | undefined,
  pickleFile?: string,
): FailedImport | undefined {
  if (NOT_FOUND.test(text)) {
    return { what: `Lean did not find what ${whose} imports`, hint: advice };
  }
  const file = OF_ANOTHER_LEAN.exec(text)?.[1];
  if (file === undefined || (pickleFile !== undefined && file.endsWith(pickleFile))) {
    return undefined;
  }
  return {
    what: `What ${whose} imports was compiled by another Lean than that of the REPL`,
    hint: 'Build it with the Lean of the REPL: "lean-pickle doctor" shows which Leans are here.',
  };
}
