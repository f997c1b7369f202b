import { describe, expect, it } from "vitest";
import { IdHistory } from "../../src/repl/id-history.ts";
import { startServer } from "../support/servers.ts";

describe("LeanServer.madeBy", () => {
  it("remembers what made each id", async () => {
    const server = startServer();
    await server.run({ cmd: "def f := 1" });
    await server.run({ cmd: "theorem t (p : Prop) (h : p) : p := by sorry", env: 0 });
    await server.run({ tactic: "exact h", proofState: 0 });
    const made = (kind: "env" | "proofState", id: number) => server.madeBy({ kind, id });
    expect(made("env", 0)).toMatchObject({ by: "command", base: null });
    expect(made("env", 1)).toMatchObject({ by: "command", base: { kind: "env", id: 0 } });
    expect(made("proofState", 0)).toMatchObject({
      by: "sorry",
      base: { kind: "env", id: 1 },
      index: 0,
    });
    expect(made("proofState", 1)).toMatchObject({
      by: "tactic",
      base: { kind: "proofState", id: 0 },
      tactic: "exact h",
    });
    expect(made("env", 2)).toBeUndefined();
  });

  it("writes the conversation to the log when it is verbose, each line readable as JSON", async () => {
    const lines: string[] = [];
    const server = startServer({}, { verbose: true, log: (line) => lines.push(line) });
    await server.run({ cmd: "def f := 1" });
    expect(lines).toEqual(['> {"cmd":"def f := 1"}', '< {"env":0}']);
  });
});

describe("IdHistory", () => {
  const goal = "⊢ True";

  it("does not take the sorries that pickling tells again for those of the last step", () => {
    const makings = new IdHistory();
    const request = { pickleTo: "/x", proofState: 0 };
    const answer = { proofState: 3, goals: [], sorries: [{ goal, proofState: 2 }] };
    makings.record("pickleProofState", request, answer, 5);
    expect(makings.get({ kind: "proofState", id: 3 })).toMatchObject({ by: "copy" });
    expect(makings.get({ kind: "proofState", id: 2 })).toBeUndefined();
  });

  it("knows the sorries of code and of tactics, but not those of root goals", () => {
    const makings = new IdHistory();
    const sorries = [{ goal }, { goal, proofState: 7 }];
    makings.record(
      "tactic",
      { tactic: "x", proofState: 0 },
      { proofState: 8, goals: [], sorries },
      5,
    );
    expect(makings.get({ kind: "proofState", id: 7 })).toMatchObject({
      by: "sorry",
      base: { kind: "proofState", id: 8 },
      index: 1,
    });
    const rooted = { cmd: "x", rootGoals: true };
    makings.record("command", rooted, { env: 0, sorries: [{ goal, proofState: 9 }] }, 5);
    expect(makings.get({ kind: "env", id: 0 })).toBeDefined();
    expect(makings.get({ kind: "proofState", id: 9 })).toBeUndefined();
  });

  it("does not know an id that a REPL gave out twice, and follows no id to itself", () => {
    const makings = new IdHistory();
    makings.record("command", { cmd: "x" }, { env: 0, sorries: [{ goal, proofState: 0 }] }, 5);
    makings.record(
      "pickleProofState",
      { pickleTo: "/x", proofState: 0 },
      { proofState: 0, goals: [] },
      5,
    );
    expect(makings.get({ kind: "proofState", id: 0 })).toMatchObject({ by: "sorry" });
    makings.record("command", { cmd: "y", env: 0 }, { env: 0 }, 5);
    expect(makings.get({ kind: "env", id: 0 })).toBeUndefined();
    makings.record("command", { cmd: "z", env: 0 }, { env: 0 }, 5);
    expect(makings.get({ kind: "env", id: 0 })).toBeUndefined();
  });

  it("leaves an environment that is pickled as it was made", () => {
    const makings = new IdHistory();
    makings.record("command", { cmd: "x" }, { env: 0 }, 5);
    makings.record("pickleEnvironment", { pickleTo: "/x", env: 0 }, { env: 0 }, 5);
    expect(makings.get({ kind: "env", id: 0 })).toMatchObject({ by: "command" });
  });
});
