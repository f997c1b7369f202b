import { describe, expect, it } from "vitest";
import { parseDepHash } from "../../../src/toolchain/identity/trace-file.ts";

describe("parseDepHash", () => {
  it.each<[string, string | null]>([
    ["6944499953131117393", "6944499953131117393"],
    ["6944499953131117393\n", "6944499953131117393"],
    ['{"log": [], "depHash": "6944499953131117393"}', "6944499953131117393"],
    [
      '{"schemaVersion": "2025-09-10", "depHash": "d8f1c06dbb6c46a5", "synthetic": false}',
      "d8f1c06dbb6c46a5",
    ],
    // As a number it has lost digits.
    ['{"depHash": 6944499953131117393}', null],
    ['{"depHash": null}', null],
    ['{"depHash": ""}', null],
    ['{"depHash": "not a hash"}', null],
    [`{"depHash": "${"1".repeat(65)}"}`, null],
    ["{}", null],
    ["[]", null],
    ["null", null],
    ['{"depHash": "1', null],
    ["", null],
  ])("of %j is %j", (text, hash) => {
    expect(parseDepHash(text)).toBe(hash);
  });
});
