import { LeanPickleError } from "../../errors.ts";
import { findFailedImport } from "../../repl/import-errors.ts";
import type { SourcedMessage } from "./addition.ts";

/** Lean found errors in the code, or refused the tactic. */
export class LeanRejectedError extends LeanPickleError {
  /** All that Lean said, in order. */
  readonly messages: readonly SourcedMessage[];
  /** The first clause of the message: what happened, without the consequence. */
  readonly what: string;
  /** Whether it is about what is imported. */
  readonly isOfImports: boolean;

  /**
   * @param refused whether there is no state that could be added all the same
   * @param adviceOnImports what can be done if Lean does not find an import
   * @param findHint returns what can be done about what Lean said
   */
  constructor(
    source: string,
    messages: readonly SourcedMessage[],
    refused: boolean,
    adviceOnImports?: string,
    findHint: (text: string) => string | undefined = () => undefined,
  ) {
    const own = messages.filter((message) => message.source === source);
    const text = own.map(({ data }) => data).join("\n");
    const failedImport = findFailedImport(text, source, adviceOnImports);
    const what = failedImport?.what ?? `Lean ${refused ? "refused" : "found errors in"} ${source}`;
    const toKeep = refused ? undefined : "Add it all the same with --allow-errors.";
    const hint = failedImport ? failedImport.hint : (findHint(text) ?? toKeep);
    super("lean-error", `${what}, so nothing was added.`, { hint });
    this.messages = messages;
    this.isOfImports = failedImport !== undefined;
    this.what = `${what}.`;
  }
}
