// Conversations with processes of the stand-in, for its own tests.
import { spawnSync } from "node:child_process";
import { simulatedRepl } from "./index.ts";

/** Settings stand without their prefix: `{ HANG_AT: "1" }`. */
export type Settings = Record<string, string>;

/** All that a process says to requests. It is killed if it does not end by itself. */
export function converse(items: object[] | string, cwd: string, settings?: Settings, ms = 30_000) {
  const env = { ...process.env };
  for (const [name, value] of Object.entries(settings ?? {})) env[`SIMULATED_REPL_${name}`] = value;
  const isText = typeof items === "string";
  const input = isText ? items : items.map((item) => `${JSON.stringify(item)}\n\n`).join("");
  const limits = { timeout: ms, killSignal: "SIGKILL", encoding: "utf8" } as const;
  const ended = spawnSync(simulatedRepl, [], { input, cwd, env, ...limits });
  const { stdout, stderr, status: exitCode, signal } = ended;
  return { stdout, stderr, exitCode, signal };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely in tests
export type Answer = any;

/** The answers, and the lines between them that are none. */
export function parseAnswers(stdout: string): Answer[] {
  const parts = stdout.split(/\n\n+|\n(?=\{)/).filter((part) => part.trim() !== "");
  return parts.map((part) => (part.startsWith("{") ? JSON.parse(part) : part));
}

/** What a process answers, which must end well. */
export function ask(items: object[], cwd: string, settings?: Settings): Answer[] {
  const { stdout, stderr, exitCode } = converse(items, cwd, settings);
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return parseAnswers(stdout);
}
