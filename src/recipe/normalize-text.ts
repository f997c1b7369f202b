/**
 * Text as it is hashed and as Lean sees it: an editor or git may have given it CRLF for LF, or a byte
 * order mark, which Lean takes for an unknown character (REPL `byte_order_mark`).
 */
export function normalizeText(text: string): string {
  return text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}
