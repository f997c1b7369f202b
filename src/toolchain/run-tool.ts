import { spawn } from "node:child_process";

/** How a program ended. */
export interface ToolEnd {
  /**
   * What the end was: `done` where it ended by itself, with any exit code, `timeout` where it was
   * ended, `not-started` where it could not be started.
   */
  how: "done" | "timeout" | "not-started";
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  /** Why it could not be started. */
  error?: NodeJS.ErrnoException;
}

/** How a program is run. */
export interface ToolOptions {
  cwd?: string | undefined;
  env?: NodeJS.ProcessEnv | undefined;
  /** The time that it may take, in seconds. */
  timeout: number;
  /** Aborting ends it. */
  signal?: AbortSignal | undefined;
}

/** Of what a program prints, no more than this is kept of each stream, in characters: its end. */
const KEPT = 2 ** 22;

/**
 * Runs a program to its end, with nothing on its standard input, or ends it and all that it has
 * started. What came of it is a result, and no exception.
 * @throws the reason of `signal` where that is aborted
 */
export async function runTool(
  command: string,
  args: readonly string[],
  { cwd, env, timeout, signal }: ToolOptions,
): Promise<ToolEnd> {
  signal?.throwIfAborted();
  // In a group of its own, which can be ended as a whole: lake and elan start others.
  const child = spawn(command, args, {
    cwd,
    env: env ?? process.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end: ToolEnd = { how: "done", code: null, signal: null, stdout: "", stderr: "" };
  const keep = (stream: "stdout" | "stderr") => (chunk: string) => {
    end[stream] = (end[stream] + chunk).slice(-KEPT);
  };
  child.stdout?.setEncoding("utf8").on("data", keep("stdout"));
  child.stderr?.setEncoding("utf8").on("data", keep("stderr"));
  const kill = (): void => killGroup(child.pid);
  const killForTime = (): void => {
    end.how = "timeout";
    kill();
    // One that has left the group can hold them for ever.
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  const timer = setTimeout(killForTime, timeout * 1000);
  signal?.addEventListener("abort", kill, { once: true });
  process.once("exit", kill);
  try {
    await new Promise<void>((resolve) => {
      child.once("close", (code, signalOfEnd) => {
        end.code = code;
        end.signal = signalOfEnd;
        resolve();
      });
      child.once("error", (error: NodeJS.ErrnoException) => {
        end.how = "not-started";
        end.error = error;
        resolve();
      });
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
    process.off("exit", kill);
  }
  signal?.throwIfAborted();
  return end;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: nobody is left. EPERM: what is left (macOS: a zombie) is not ours to signal.
  }
}
