// Conversations with real processes of the stand-in, for its own tests.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { simulatedRepl } from "./index.ts";

export interface Outcome {
  stdout: string;
  stderr: string;
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

export interface Surroundings {
  cwd?: string;
  /** Settings without their prefix: `{ HANG_AT: "1" }`. */
  settings?: Record<string, string>;
}

/** The test's own environment without settings that someone has left in it. */
function environmentWith(settings: Record<string, string> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("SIMULATED_REPL_"));
  const added = Object.entries(settings).map(([name, value]) => [`SIMULATED_REPL_${name}`, value]);
  return Object.fromEntries([...kept, ...added]);
}

/** Starts the stand-in; it is ended with the test whatever happens. */
export function start({ cwd, settings }: Surroundings = {}): ChildProcess & {
  stdin: NonNullable<ChildProcess["stdin"]>;
  stdout: NonNullable<ChildProcess["stdout"]>;
  stderr: NonNullable<ChildProcess["stderr"]>;
} {
  const child = spawn(simulatedRepl, [], { cwd, env: environmentWith(settings), stdio: "pipe" });
  onTestFinished(() => void child.kill("SIGKILL"));
  // A process that died of an earlier request does not read what comes after it.
  child.stdin.on("error", () => {});
  return child;
}

/** Sends all of the input, in the pieces given, and waits for the end. */
export async function converse(
  input: string | readonly Uint8Array[],
  surroundings: Surroundings = {},
): Promise<Outcome> {
  const child = start(surroundings);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  for (const piece of typeof input === "string" ? [Buffer.from(input)] : input) {
    await new Promise((resolve) => child.stdin.write(piece, resolve));
  }
  child.stdin.end();
  const [exitCode, signal] = await once(child, "close");
  return {
    stdout: Buffer.concat(stdout).toString("utf8"),
    stderr: Buffer.concat(stderr).toString("utf8"),
    exitCode,
    signal,
  };
}

/** Requests as the REPL wants them. */
export function requests(...items: object[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n\n`).join("");
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely in tests
export type Answer = any;

/** The answers on standard output, each ended by an empty line. */
export function parseAnswers(stdout: string): Answer[] {
  const parts = stdout.split(/\n\n+/);
  if (parts.at(-1)?.trim() === "") parts.pop();
  return parts.map((part) => JSON.parse(part));
}

/** Asks a new process, which must end well, and gives its answers. */
export async function ask(items: object[], surroundings: Surroundings = {}): Promise<Answer[]> {
  const { stdout, stderr, exitCode } = await converse(requests(...items), surroundings);
  if (exitCode !== 0) throw new Error(`exit code ${exitCode}: ${stderr}`);
  return parseAnswers(stdout);
}

/** A directory of the test's own, gone with it. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "simulated-repl-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
