import type { Output } from "../../output/output.ts";
import type { SourcedMessage } from "../../session/add/addition.ts";

/**
 * What Lean said, as its compiler prints it: `file:line:column: severity: text`. With `--quiet`,
 * errors only.
 */
export function showMessages(output: Output, messages: readonly SourcedMessage[]): void {
  for (const message of messages) {
    if (message.severity === "error" || !output.quiet) {
      output.diagnostic(formatMessage(message));
    }
  }
}

/** One message of Lean, on as many lines as it has. */
export function formatMessage({ source, pos, severity, data }: SourcedMessage): string {
  // A tactic has no position of its own: the REPL gives line 0 for it.
  const at = pos && pos.line > 0 ? `:${pos.line}:${pos.column}` : "";
  return `${source}${at}: ${severity}: ${data.trimEnd()}`;
}
