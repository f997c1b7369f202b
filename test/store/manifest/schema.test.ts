import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkManifest,
  dropUnneededRecipes,
  emptyManifest,
  isName,
  type RecipeEntry,
} from "../../../src/store/manifest/schema.ts";
import { anyManifest, anyState } from "../../support/manifests.ts";

const key = (n: number) => String(n).padStart(64, "0");
const recipe = (base: string | null, cmd: string): RecipeEntry => ({
  base,
  step: { cmd },
  inputs: {},
});

describe("checkManifest", () => {
  it("takes an empty one, and one with states, and keeps fields that it does not know", () => {
    const known = anyManifest([anyState(-1, { name: "base" }), anyState(-3)]);
    const later = {
      ...known,
      writtenBy: "a later version",
      states: known.states.map((state) => ({ ...state, tags: ["x"] })),
      recipes: { [key(1)]: { ...recipe(null, "x"), note: "y" } },
    };
    expect(checkManifest(emptyManifest())).toEqual({ ok: true, manifest: emptyManifest() });
    expect(checkManifest(known)).toEqual({ ok: true, manifest: known });
    expect(checkManifest(later)).toEqual({ ok: true, manifest: later });
  });

  it.each<[string, unknown]>([
    ["null", null],
    ["a list", []],
    ["text", "x"],
    ["an object", {}],
    ["a later version", { ...emptyManifest(), version: 2 }],
    ["a missing field", { ...emptyManifest(), states: undefined }],
    ["a positive session id", anyManifest([anyState(-1, { sessionId: 1 })])],
    ["two states with one id", anyManifest([anyState(-1), { ...anyState(-2), sessionId: -1 }])],
    [
      "two states with one name",
      anyManifest([anyState(-1, { name: "x" }), anyState(-2, { name: "x" })]),
    ],
    ["two states with one pickle", anyManifest([anyState(-1), { ...anyState(-1), sessionId: -2 }])],
    ["an id that is still to come", anyManifest([anyState(-2)], { nextSessionId: -2 })],
    ["a name with a newline", anyManifest([anyState(-1, { name: "x\n" })])],
    ["an id that is no whole number", anyManifest([], { nextSessionId: -(2 ** 53) })],
    ["a size that is text", anyManifest([anyState(-1, { bytes: "1" as unknown as number })])],
    ["a date that is none", anyManifest([anyState(-1, { createdAt: "yesterday" })])],
    ["a date unknown here", anyManifest([anyState(-1, { createdAt: "2026-01-01T00:00:00+05" })])],
    ["no end of time", anyManifest([anyState(-1, { elapsedMs: Number.POSITIVE_INFINITY })])],
  ])("refuses %s, and says why", (_what, value) => {
    const checked = checkManifest(value);
    expect(checked).toMatchObject({ ok: false, problem: expect.stringMatching(/\S/) });
  });

  it.each([
    "/etc/passwd",
    "../x.olean",
    "session_cache/../x.olean",
    "session_cache/tmp/x.olean",
    `session_cache/${key(1)}.00000001.olean/../../x`,
    `session_cache/${key(1)}.00000001.olean\n`,
    `session_cache//${key(1)}.00000001.olean`,
    `SESSION_CACHE/${key(1)}.00000001.olean`,
    `session_cache/${key(1)}.0000000g.olean`,
  ])("refuses %j as a pickle", (pickleFile) => {
    const checked = checkManifest(anyManifest([anyState(-1, { pickleFile })]));
    expect(checked).toMatchObject({ ok: false, problem: expect.stringContaining("pickleFile") });
  });

  it("takes or refuses any JSON, and never throws", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(checkManifest(value).ok).toBe(false);
      }),
    );
  });
});

describe("the published JSON Schema", () => {
  it("is there, and says the same of the pickles as the program", () => {
    const file = new URL("../../../dist/manifest.schema.json", import.meta.url);
    const schema = JSON.parse(readFileSync(file, "utf8"));
    expect(schema.required).toEqual(["version", "revision", "nextSessionId", "states", "recipes"]);
    const { pattern } = schema.properties.states.items.properties.pickleFile;
    expect(new RegExp(pattern).test(anyState(-1).pickleFile)).toBe(true);
    expect(new RegExp(pattern).test("/etc/passwd")).toBe(false);
  });
});

describe("dropUnneededRecipes", () => {
  it("keeps the chains of the states, and nothing else", () => {
    const recipes = {
      [key(1)]: recipe(null, "a"),
      [key(2)]: recipe(key(1), "b"),
      [key(3)]: recipe(key(1), "c"),
      [key(4)]: recipe(null, "d"),
    };
    const manifest = anyManifest([anyState(-1, { key: key(2) })], { recipes });
    dropUnneededRecipes(manifest);
    expect(Object.keys(manifest.recipes)).toEqual([key(1), key(2)]);
  });
});

describe("isName", () => {
  it.each([
    "base",
    "_x",
    "A.b-c_1",
    "x",
    "abcdef",
    "Nat.sub_one_lt'",
    "foo₁",
    "α_pos",
    "café",
    "add!",
    "get?",
    "«my lemma»",
    "Nat.«a.b».c",
    "定理",
    "लेम्मा",
  ])("takes %j", (name) => expect(isName(name)).toBe(true));
  it.each([
    "",
    "-x",
    "-1",
    "1x",
    ".x",
    "'x",
    "a b",
    "a/b",
    "a*",
    "x\u001b",
    "«a\nb»",
    "«a\u202eb»",
    "«»",
    "«a",
    "«a«b»",
    "cafe\u0301",
    "abcdef0",
    "\ud800",
  ])("refuses %j", (name) => expect(isName(name)).toBe(false));
});
