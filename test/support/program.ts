/** The built program, spawned as a user would. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { checkJsonOutputs } from "./json-outputs.ts";
import { program, programEnvironment } from "./program-environment.ts";

export { program };

export interface Ended {
  stdout: string;
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Surroundings {
  cwd: string;
  /** Settings of the stand-in, without their prefix. */
  repl?: Record<string, string>;
  env?: NodeJS.ProcessEnv;
  stdin?: string;
  /** The user and group to run as, where it is not the tester. */
  uid?: number | undefined;
  /** What takes the place of the program. */
  program?: string;
  /** How many files it may have open at once; as many as the tester by default. */
  openFiles?: number;
}

/** A running program, and its end. */
export interface Running {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** Starts the program, and ends it with the test. */
export function start(args: readonly string[], surroundings: Surroundings): Running {
  const { openFiles } = surroundings;
  const limited = `ulimit -n ${openFiles}; exec "$0" "$@"`;
  const command = [process.execPath, surroundings.program ?? program, ...args] as const;
  const [file, ...rest] = openFiles ? (["bash", "-c", limited, ...command] as const) : command;
  const child = spawn(file, rest, {
    cwd: surroundings.cwd,
    env: programEnvironment(surroundings.repl, surroundings.env),
    stdio: "pipe",
    ...(surroundings.uid !== undefined && { uid: surroundings.uid, gid: surroundings.uid }),
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on("error", () => {});
  child.stdin.end(surroundings.stdin ?? "");
  const ended = once(child, "close").then(([code, signal]) => {
    const printed = {
      stdout: Buffer.concat(stdout).toString("utf8"),
      stderr: Buffer.concat(stderr).toString("utf8"),
    };
    if (signal === null) {
      checkJsonOutputs(args, printed.stdout, printed.stderr);
    }
    return { ...printed, code, signal };
  });
  return { child, ended };
}

/** Runs the program to its end. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<Ended> {
  return await start(args, surroundings).ended;
}

/** Runs the program, which must succeed, and gives its standard output without the last newline. */
export async function succeed(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<string> {
  const { stdout, stderr, code, signal } = await run(args, surroundings);
  if (code !== 0) {
    throw new Error(`lean-pickle ${args.join(" ")}: exit ${code ?? signal}\n${stderr}`);
  }
  return stdout.trimEnd();
}
