import { describe, expect, it } from "vitest";
import { makeStyles, wantsColor } from "../../src/output/styles.ts";

const terminal = { isTTY: true };
const pipe = {};

describe("wantsColor", () => {
  it.each<[string, { isTTY?: boolean }, boolean, NodeJS.ProcessEnv, boolean]>([
    ["a terminal", terminal, true, {}, true],
    ["a pipe", pipe, true, {}, false],
    ["a terminal without colours", terminal, true, { TERM: "dumb" }, false],
    ["--no-color", terminal, false, { FORCE_COLOR: "1" }, false],
    ["NO_COLOR", terminal, true, { NO_COLOR: "1" }, false],
    ["NO_COLOR before FORCE_COLOR", terminal, true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ["an empty NO_COLOR", terminal, true, { NO_COLOR: "" }, true],
    ["FORCE_COLOR on a pipe", pipe, true, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR=0", terminal, true, { FORCE_COLOR: "0" }, false],
  ])("knows what to do with %s", (_what, stream, color, env, expected) => {
    expect(wantsColor(stream, color, env)).toBe(expected);
  });
});

describe("makeStyles", () => {
  it("changes nothing without colour, and uses the terminal's own colours with it", async () => {
    expect((await makeStyles(false)).red("x")).toBe("x");
    expect((await makeStyles(true)).red("x")).toBe("\u001b[31mx\u001b[39m");
  });
});
