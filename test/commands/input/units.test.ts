import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAge, parseSize } from "../../../src/commands/input/units.ts";

describe("parseSize", () => {
  it.each([
    ["5GB", 5e9],
    ["5 GB", 5e9],
    ["5gb", 5e9],
    ["5G", 5e9],
    ["1.5G", 1.5e9],
    [".5k", 500],
    ["5.kB", 5000],
    ["500MiB", 500 * 2 ** 20],
    ["500mi", 500 * 2 ** 20],
    ["2TiB", 2 * 2 ** 40],
    ["1PB", 1e15],
    ["1e9", 1e9],
    ["1E3kB", 1e6],
    ["0", 0],
    ["42", 42],
    ["42B", 42],
    ["1.9", 1],
    [" 7 ", 7],
  ])("understands %s", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each([
    ["", /A size is needed, such as 5GB/],
    ["big", /A size is needed/],
    ["-5GB", /A size is needed/],
    ["GB", /A size is needed/],
    ["5XB", /5 of what\? "XB" is no unit of size/],
    ["5 GB or so", /5 of what\? "GB or so" is no unit/],
    ["1.5.2G", /1\.5 of what\? "\.2G" is no unit/],
    ["5toString", /no unit of size/],
    ["5constructor", /no unit of size/],
    ["0x10", /0 of what/],
    ["1e400", /more than can be counted/],
    ["100000PB", /more than can be counted/],
    ["Infinity", /A size is needed/],
    ["٣GB", /A size is needed/],
  ])("refuses %j, and says why", (text, message) => {
    expect(() => parseSize(text)).toThrow(message);
  });

  it("gives back any number of any unit", () => {
    const units = ["B", "kB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"];
    const factor = (unit: string): number => {
      const power = "KMGT".indexOf(unit[0]?.toUpperCase() ?? "") + 1;
      return (unit.includes("i") ? 1024 : 1000) ** power;
    };
    const property = fc.property(fc.nat(8000), fc.constantFrom(...units), (count, unit) => {
      const bytes = count * factor(unit);
      for (const text of [`${count}${unit}`, `${count} ${unit.toLowerCase()}`]) {
        expect(parseSize(text)).toBe(bytes);
      }
    });
    fc.assert(property);
  });

  it("takes any text, and gives a whole number of bytes or a usage error", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[\d.eE+-]{1,8} ?[a-zA-Z]{0,4}$/));
    const property = fc.property(text, (given) => {
      for (const parse of [parseSize, parseAge]) {
        try {
          const value = parse(given);
          expect(value >= 0 && value <= Number.MAX_SAFE_INTEGER).toBe(true);
          expect(parse !== parseSize || Number.isSafeInteger(value)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: "commander.invalidArgument" });
        }
      }
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe("parseAge", () => {
  it.each([
    ["45s", 45_000],
    ["90m", 90 * 60_000],
    ["90 min", 90 * 60_000],
    ["12h", 12 * 3_600_000],
    ["30d", 30 * 86_400_000],
    ["30D", 30 * 86_400_000],
    ["1 day", 86_400_000],
    ["2w", 14 * 86_400_000],
    ["1.5 weeks", 10.5 * 86_400_000],
    ["0s", 0],
  ])("understands %s", (text, milliseconds) => {
    expect(parseAge(text)).toBe(milliseconds);
  });

  it.each([
    ["30", /30 of what\? No unit is given: s, m \(minutes\)/],
    ["6mo", /6 of what\? "mo" is no unit of time/],
    ["1y", /"y" is no unit of time/],
    ["soon", /A time is needed, such as 30d/],
    ["-1d", /A time is needed/],
    ["1e300d", /more than can be counted/],
  ])("refuses %j, and says why", (text, message) => {
    expect(() => parseAge(text)).toThrow(message);
  });
});
