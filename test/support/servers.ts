/** Servers on the stand-in, ended with the test. */
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { LeanIdentity, LeanServerOptions, ReplLaunch } from "../../src/repl/connection.ts";
import { LeanServer } from "../../src/repl/lean-server.ts";
import { AutoLeanServer, type AutoLeanServerOptions } from "../../src/session/auto-lean-server.ts";
import type { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import type { BaseSessionCache } from "../../src/session/state/session-cache.ts";
import { type LogEvent, readLog, simulatedRepl } from "../simulated-repl/index.ts";
import { temporaryFolder } from "./folders.ts";

/** What is known of the stand-in: the same for all tests, and all of it. */
const STAND_IN: LeanIdentity = { inputs: { repl: "stand-in" }, unknown: [], changedAt: 0 };

/** The stand-in with settings (without their prefix), and what it has logged so far. */
export function simulate(settings: Record<string, string> = {}): {
  launch: ReplLaunch;
  log(): LogEvent[];
} {
  const logFile = join(temporaryFolder(), "repl.log");
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("SIMULATED_REPL_"));
  const added = Object.entries({ LOG: logFile, ...settings }).map(([name, value]) => [
    `SIMULATED_REPL_${name}`,
    value,
  ]);
  const env = Object.fromEntries([...kept, ...added]);
  const launch: ReplLaunch = { command: simulatedRepl, env, identify: async () => STAND_IN };
  return { launch, log: () => readLog(logFile) };
}

/** A server on the stand-in. */
export function startServer(
  settings: Record<string, string> = {},
  options: LeanServerOptions = {},
): LeanServer {
  const server = new LeanServer(simulate(settings).launch, options);
  onTestFinished(() => server.close());
  return server;
}

/** A server that starts anew, on the stand-in. */
export function startAutoServer<C extends BaseSessionCache = PickleSessionCache>(
  launch: ReplLaunch,
  options: AutoLeanServerOptions<C>,
): AutoLeanServer<C> {
  const server = new AutoLeanServer(launch, options);
  onTestFinished(() => server.close());
  return server;
}
