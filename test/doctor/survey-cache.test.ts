import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { surveyCache } from "../../src/doctor/survey-cache.ts";
import { makeOld, storedStates } from "../support/stored-states.ts";

describe("surveyCache", () => {
  it("counts no pickle as garbage that prune would keep, since the manifest is gone", async () => {
    const { folder, states } = storedStates([{}]);
    makeOld(join(folder, states[0]?.pickleFile ?? ""), 24 * 3600);
    rmSync(join(folder, "lean-pickle.json"));
    expect(await surveyCache(folder)).toMatchObject({ states: 0, garbage: { files: 0, bytes: 0 } });
  });
});
