import { describe, expect, it } from "vitest";
import { nameOfHolder, newHolder, parseHolder } from "../../../src/store/lock/holder.ts";
import { NO_PID } from "../../support/locks.ts";

describe("the name of a file that says who holds a lock", () => {
  it.each([
    "holder.1.x",
    "holder.json",
    `holder.${NO_PID}.a.1.a..host/..`,
    "older.1.a.1.a..h",
    `holder.1.a.${"9".repeat(20)}.a..h`,
  ])("takes no other file's name for that of a holder: %s", (name) =>
    expect(parseHolder(name)).toBe(undefined),
  );

  it("reads from a name all that is said in it", () => {
    const holder = { ...newHolder(), lock: "12-34", host: "a.b-c_d" };
    expect(parseHolder(nameOfHolder(holder))).toEqual(holder);
  });
});
