import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOleanHeader } from "../../../src/store/pickles/olean-header.ts";

function padded(text: string, length: number): Buffer {
  return Buffer.concat([Buffer.from(text, "latin1")], length);
}

const GIT_HASH = "d117b78f17e6e09e6c8bd87b8fbb4a0ac1e83d2f";
const version2 = (lean: string, git: string) =>
  Buffer.concat([
    Buffer.from("olean\u0002\u0001", "latin1"),
    padded(lean, 33),
    padded(git, 40),
    Buffer.alloc(8),
  ]);
const version1 = (git: string) =>
  Buffer.concat([Buffer.from("olean\u0001", "latin1"), padded(git, 42), Buffer.alloc(8)]);

describe("parseOleanHeader", () => {
  it("reads format 2: the version of Lean and its git hash", () => {
    expect(parseOleanHeader(version2("4.33.0-rc2", GIT_HASH))).toEqual({
      formatVersion: 2,
      leanVersion: "4.33.0-rc2",
      gitHash: GIT_HASH,
    });
  });

  it("reads format 1, which has no version of Lean", () => {
    expect(parseOleanHeader(version1(GIT_HASH))).toEqual({
      formatVersion: 1,
      leanVersion: null,
      gitHash: GIT_HASH,
    });
  });

  it("admits what a header does not say", () => {
    expect(parseOleanHeader(version2("", ""))).toMatchObject({ leanVersion: null, gitHash: null });
    expect(parseOleanHeader(version2("4\u001b[31m", GIT_HASH))?.leanVersion).toBeNull();
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["another format", Buffer.concat([Buffer.from("olean\u0003", "latin1"), Buffer.alloc(100)])],
    ["other magic", Buffer.concat([Buffer.from("elf"), Buffer.alloc(100)])],
    ["a header that was cut off", version2("4.33.0", GIT_HASH).subarray(0, 60)],
  ])("guesses nothing of %s", (_what, bytes) => {
    expect(parseOleanHeader(bytes)).toBeNull();
  });

  it("takes any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const header = parseOleanHeader(Buffer.concat([Buffer.from("olean"), bytes]));
        expect(header === null || [1, 2].includes(header.formatVersion)).toBe(true);
      }),
    );
  });
});
