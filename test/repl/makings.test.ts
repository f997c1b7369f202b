import { describe, expect, it } from "vitest";
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
