import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { END_BYTES, lookOf, START_BYTES } from "../../../src/store/pickles/pickle-end.ts";
import { oleanHeader } from "../../support/stored-states.ts";

const BASE = 0x1c5a_7000_0000n;

/** An object as Lean writes it: 4 zeros, its size, how many fields it has, its tag; then the fields. */
function objectOf(fields: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(8 + 8 * fields.length);
  bytes.writeUInt16LE(bytes.length, 4);
  bytes.writeUInt8(fields.length, 6);
  for (const [index, field] of fields.entries()) {
    bytes.writeBigUInt64LE(field, 8 + 8 * index);
  }
  return bytes;
}

function word(value: bigint): Buffer {
  return Buffer.from(new BigUint64Array([value]).buffer);
}

/** Objects, each of which refers to earlier ones, the one before it first. */
function objectsOf(sizes: readonly number[], header: Buffer): { body: Buffer; root: number } {
  const parts = [header];
  const places: number[] = [];
  let at = header.length;
  for (const size of sizes) {
    const fields = Array.from({ length: size }, (_, field) => places.at(-1 - field));
    const object = objectOf(fields.map((to) => (to === undefined ? 1n : BASE + BigInt(to))));
    places.push(at);
    parts.push(object);
    at += object.length;
  }
  return { body: Buffer.concat(parts), root: places.at(-1) ?? 0 };
}

function headerOf(version: 1 | 2): Buffer {
  if (version === 2) {
    const header = oleanHeader("4.33.0");
    header.writeBigUInt64LE(BASE, 80);
    return header;
  }
  return Buffer.concat([Buffer.from("olean\x01"), Buffer.alloc(42, "a"), word(BASE)]);
}

const TERMINATOR = Buffer.from("00000000100000ff", "hex");

function pickleOf(sizes: readonly number[], version: 1 | 2, hasTerminator: boolean): Buffer {
  const { body, root } = objectsOf(sizes, headerOf(version));
  const end = [...(hasTerminator ? [TERMINATOR] : []), word(BASE + BigInt(root))];
  return Buffer.concat([body, ...end]);
}

function look(content: Buffer) {
  const [start, end] = [content.subarray(0, START_BYTES), content.subarray(-END_BYTES)];
  return lookOf({ bytes: content.length, start, end });
}

describe("lookOf", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 150 });
  const pickles = fc.tuple(sizes, fc.constantFrom(1 as const, 2 as const), fc.boolean());

  it("takes every whole pickle for one, and no part of it, wherever it is cut", () => {
    fc.assert(
      fc.property(pickles, fc.nat(), (parts, at) => {
        const whole = pickleOf(...parts);
        expect(look(whole)).toBe("whole");
        const cut = at % whole.length;
        expect(look(whole.subarray(0, cut)), `cut at ${cut}`).not.toBe("whole");
        expect(look(whole.subarray(0, cut - (cut % 8)))).not.toBe("whole");
      }),
    );
  });

  it("never takes zeros at the end for the address of a root", () => {
    const whole = pickleOf([3, 2, 2], 2, true);
    expect(look(Buffer.concat([whole, Buffer.alloc(4096)]))).toBe("no-root");
    expect(look(Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)]))).toBe("no-root");
  });

  it("says where there is no more than a header", () => {
    expect(look(Buffer.alloc(0))).toBe("no-content");
    expect(look(headerOf(1))).toBe("no-content");
    expect(look(headerOf(2))).toBe("no-content");
    expect(look(headerOf(2).subarray(0, 60))).toBe("no-root");
  });

  it("says where an address in the file is not that of the last object", () => {
    const { body } = objectsOf([2, 2], headerOf(2));
    expect(look(Buffer.concat([body, word(BASE + 88n)]))).toBe("other-layout");
  });

  it("finds an address in the file behind a header of an unknown form", () => {
    const { body } = objectsOf([2, 2], Buffer.alloc(200, "x"));
    const based = Buffer.concat([Buffer.from("olean\x03x"), word(BASE), body]);
    expect(look(Buffer.concat([based, word(BASE + 210n)]))).toBe("other-kind");
    // Old formats have an offset there.
    expect(look(Buffer.concat([body, word(210n)]))).toBe("other-kind");
    expect(look(Buffer.concat([body, word(2n ** 40n)]))).toBe("no-root");
  });
});
