import { parseJson } from "../locate/json.ts";

const HASH = /^[0-9a-f]{1,64}$/i;

/**
 * The hash in one of lake's `.trace` files, of all that went into what was built: the sources, the
 * options, Lean, and the traces of the imports. Null if it is not understood.
 *
 * The forms, from `readTraceFile` in Lake's src/lake/Lake/Build/Common.lean over its versions: the
 * hash and nothing else, in decimal digits; `{ "depHash": "<decimal>", "log": [...] }`; `{
 * "schemaVersion": "2025-09-10", "depHash": "<16 hexadecimal digits>", "inputs": [...], ... }`. A
 * hash that is a JSON number loses digits when it is parsed, so that two hashes may look the same.
 */
export function parseDepHash(text: string): string | null {
  const plain = text.trim();
  if (HASH.test(plain)) {
    return plain;
  }
  const trace = parseJson(plain);
  const hash = trace instanceof Object && "depHash" in trace ? trace.depHash : null;
  return typeof hash === "string" && HASH.test(hash) ? hash : null;
}
