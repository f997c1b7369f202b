import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../../src/commands/all.ts";
import { SCHEMAS } from "../../../src/commands/json/schemas.ts";
import { checkJsonOutputs, schemaProblems } from "../../support/json-outputs.ts";

const dist = fileURLToPath(new URL("../../../dist/", import.meta.url));

describe("the published schemas", () => {
  it("are there for each command that prints JSON, and no others", () => {
    const files = readdirSync(`${dist}schemas`).sort();
    expect(files).toEqual(
      Object.keys(SCHEMAS)
        .map((name) => `${name}.json`)
        .sort(),
    );
    const silent = Object.keys(COMMANDS).filter((name) => !Object.hasOwn(SCHEMAS, name));
    expect(silent).toEqual(["completion"]);
  });

  it("are found by the name of the package", () => {
    const schema: unknown = JSON.parse(
      readFileSync(fileURLToPath(import.meta.resolve("lean-pickle/schemas/rm.json")), "utf8"),
    );
    expect(schema).toMatchObject({ title: "What rm --json prints", type: "object" });
  });

  it("allow no field that the program does not print, and miss none", () => {
    const good = { removed: [-1], bytes: 3, leftOver: [] };
    expect(schemaProblems("rm", good)).toEqual([]);
    expect(schemaProblems("rm", { ...good, more: 1 })).toHaveLength(1);
    expect(schemaProblems("rm", { removed: [-1], bytes: 3 })).toHaveLength(1);
    expect(schemaProblems("rm", { ...good, removed: [1] })).toHaveLength(1);
  });

  it("allow what Lean adds", () => {
    expect(schemaProblems("run", [{ env: 3, messages: [], more: {} }])).toEqual([]);
    expect(schemaProblems("run", [{ neither: 3 }])).not.toEqual([]);
  });

  it.each([
    [{ cmd: "def x := 1", name: "x", allowErrors: true }, true],
    [{ path: "A.lean", sorry: "all" }, true],
    [{ from: -1, tactics: ["simp"], sorry: 0 }, true],
    [{ cmd: "def x := 1", path: "A.lean" }, false],
    [{ cmd: "def x := 1", tactic: ["simp"] }, false],
    [{ from: -1, sorry: "none" }, false],
  ])("describe a line of a batch: %j", (line, isGood) => {
    expect(schemaProblems("batch-line", line).length === 0).toBe(isGood);
  });
});

describe("the check of what the program prints", () => {
  it("fails for a document that its schema does not allow, and for an error", () => {
    const removal = '{ "removed": [-1], "bytes": 3, "leftOver": [], "more": 1 }';
    expect(() => checkJsonOutputs(["rm", "x", "--json"], removal, "")).toThrow(/schema rm/);
    expect(() => checkJsonOutputs(["rm", "x"], removal, "")).not.toThrow();
    const error = '{\n  "error": {\n    "code": "usage"\n  }\n}\n';
    expect(() => checkJsonOutputs(["rm", "--json"], "", error)).toThrow(/schema error/);
  });
});
