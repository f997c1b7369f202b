import { describe, expect, it } from "vitest";
import { StateIndex } from "../../../src/store/manifest/state-index.ts";
import { anyManifest, anyState } from "../../support/manifests.ts";

const manifest = anyManifest([
  anyState(-1, { name: "base", key: `abcdef0123${"0".repeat(54)}` }),
  anyState(-2, { name: "abcdef0", key: `12345678${"0".repeat(56)}` }),
  anyState(-3, { key: `12345679${"0".repeat(56)}` }),
  anyState(-12),
]);
const find = (reference: string) => new StateIndex(manifest).find(reference)?.sessionId;

describe("StateIndex", () => {
  it("takes a session id", () => {
    expect(find("-1")).toBe(-1);
    expect(find("-12")).toBe(-12);
    expect(find("-99")).toBeUndefined();
  });

  it("takes a name before a key", () => {
    expect(find("base")).toBe(-1);
    expect(find("abcdef0")).toBe(-2);
  });

  it("takes seven or more characters of a key", () => {
    expect(find("abcdef01")).toBe(-1);
    expect(find("abcdef")).toBeUndefined();
    expect(find(`12345678${"0".repeat(56)}`)).toBe(-2);
  });

  it("refuses a key that fits several states, and names them", () => {
    expect(() => find("1234567")).toThrow(/fits several states: -2, -3/);
  });

  it.each(["", "1", "-0", "-01", "nobody", "constructor", "ABCDEF01"])(
    "finds nothing for %j",
    (reference) => {
      expect(find(reference)).toBeUndefined();
    },
  );
});
