/** Whether a pickle looks as if its end was written: Lean writes cut-off pickles without an error. */
import { HEADER_BYTES, parseOleanHeader, sizeOfHeader } from "./olean-header.ts";

/** How many bytes of the start and of the end of a pickle tell how it looks. */
export const START_BYTES = 256;
export const END_BYTES = 4096;

/**
 * How a pickle looks. Only `whole` and `no-content` are certain; loading it settles the others:
 * - `whole`: it ends with the address of its root object, which lies right before the address;
 * - `no-content`: it is empty, or has no more than a header;
 * - `other-layout`: it ends with an address in the file, and no root object lies before it;
 * - `other-kind`: as that, and its header is of an unknown form;
 * - `no-root`: it ends with no address in the file.
 */
export type PickleLook = "whole" | "no-content" | "other-layout" | "other-kind" | "no-root";

/** The parts of a pickle that tell how it looks. */
export interface PickleParts {
  bytes: number;
  /** The first {@link START_BYTES}, or all of it. */
  start: Buffer;
  /** The last {@link END_BYTES}, or all of it. */
  end: Buffer;
}

const WORD = 8;

/** Says how a pickle looks. */
export function lookOf({ bytes, start, end }: PickleParts): PickleLook {
  const isKnown = parseOleanHeader(start) !== null;
  // One of an unknown form is hardly shorter.
  const header = isKnown ? sizeOfHeader(start) : HEADER_BYTES;
  if (bytes === 0 || (isKnown && bytes <= header)) {
    return "no-content";
  }
  if (bytes <= header + WORD) {
    return "no-root";
  }
  const address = end.readBigUInt64LE(end.length - WORD);
  const bases = isKnown ? [start.readBigUInt64LE(header - WORD)] : wordsIn(start);
  // Old formats count from the start of the file.
  const roots = [0n, ...bases]
    .map((base) => Number(address - base))
    .filter((root) => root >= header && root < bytes - WORD);
  if (roots.length === 0) {
    return "no-root";
  }
  if (!isKnown) {
    return "other-kind";
  }
  return roots.some((root) => isLast(root, bytes, end)) ? "whole" : "other-layout";
}

/** What could be a base address in a header of an unknown form. */
function wordsIn(start: Buffer): bigint[] {
  const places = Array.from({ length: Math.max(0, start.length - WORD + 1) }, (_, at) => at);
  return places.map((at) => start.readBigUInt64LE(at));
}

/** What Lean writes before the address of the root: an object of 16 bytes with the tag `LeanReserved`. */
const TERMINATOR = Buffer.from("00000000100000ff", "hex");

/**
 * Whether the object at an offset is the last one. Lean writes an object behind all that it refers to,
 * so the root is the last one (`object_compactor` in `compact.cpp`). An address that only happens to
 * stand at a cut is a field of an object whose header stands between. The size of an object stands in 2
 * bytes of its header (`m_cs_sz` in `lean.h`).
 */
function isLast(root: number, bytes: number, end: Buffer): boolean {
  const last = end.length - WORD;
  const at = root - (bytes - end.length);
  if (at < 0 || at % WORD !== last % WORD) {
    return false;
  }
  const behind = at + Math.ceil(end.readUInt16LE(at + 4) / WORD) * WORD;
  const hasTerminator = end.subarray(last - WORD, last).equals(TERMINATOR);
  return behind > at && behind === (hasTerminator ? last - WORD : last);
}
