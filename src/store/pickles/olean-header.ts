/** What the header of a pickle says of the Lean that wrote it. */
export interface OleanHeader {
  /** The version of the file format: 1 up to about Lean v4.13.0, 2 since. */
  formatVersion: number;
  /** The version of Lean, such as `4.33.0`; format 1 does not hold one. */
  leanVersion: string | null;
  /** The git revision of Lean, 40 hexadecimal digits, where the build knew it. */
  gitHash: string | null;
}

/** As many bytes as the longest header that is known has. */
export const HEADER_BYTES = 88;

const MAGIC = "olean";

/** The bytes of a header, by the version of the format. */
const SIZES: Record<number, number> = { 1: 56, 2: HEADER_BYTES };

/**
 * Reads the header of a `.olean` file (Lean 4, `src/library/module.cpp`): `olean`, the format
 * version, then in format 2 flags (1 byte), the version of Lean (33) and its git hash (40), in
 * format 1 the git hash (42), and a base address. Null for any other: Lean alone knows those.
 */
export function parseOleanHeader(bytes: Buffer): OleanHeader | null {
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) {
    return null;
  }
  const formatVersion = bytes[MAGIC.length];
  if (formatVersion === undefined || bytes.length < (SIZES[formatVersion] ?? 0)) {
    return null;
  }
  if (formatVersion === 2) {
    return {
      formatVersion,
      leanVersion: paddedText(bytes.subarray(7, 40)),
      gitHash: paddedText(bytes.subarray(40, 80)),
    };
  }
  if (formatVersion === 1) {
    return { formatVersion, leanVersion: null, gitHash: paddedText(bytes.subarray(6, 48)) };
  }
  return null;
}

/** The bytes of a header of a known form, which ends with the base address. */
export function sizeOfHeader(bytes: Buffer): number {
  return SIZES[bytes[MAGIC.length] ?? 0] ?? 0;
}

/** The text before the padding of NULs; null where there is none, or no text. */
function paddedText(field: Buffer): string | null {
  const end = field.indexOf(0);
  const text = field.toString("latin1", 0, end === -1 ? field.length : end);
  return /^[\x21-\x7e]+$/.test(text) ? text : null;
}
