/**
 * A child process in a process group of its own, with all that it starts in turn (`lake env repl`
 * is a tree), and the one registry of the groups that must not outlive this process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { onExit } from "signal-exit";
import type { ReplLaunch } from "./connection.ts";
import type { ProcessExit } from "./errors.ts";
import { TextTail } from "./text-tail.ts";

/** How long a group may take to end by itself before the next, harder means, in milliseconds. */
const GRACE_MS = 1000;

/**
 * The groups that are alive. When this process ends, by itself, by an exception or by a signal,
 * they are killed: in a group of their own they get no Ctrl-C from the terminal.
 */
const alive = new Set<ProcessGroup>();
let disarm: (() => void) | undefined;

function register(group: ProcessGroup): void {
  alive.add(group);
  disarm ??= onExit(() => {
    for (const each of alive) {
      each.signal("SIGKILL");
    }
  });
}

function unregister(group: ProcessGroup): void {
  alive.delete(group);
  if (alive.size === 0) {
    disarm?.();
    disarm = undefined;
  }
}

/** A running process group; it starts with the constructor. */
export class ProcessGroup {
  /** Resolves when the leader has ended, the group is gone and its output has been read. */
  readonly closed: Promise<ProcessExit>;
  /** The last lines of standard error. */
  readonly stderr = new TextTail();
  readonly #child: ChildProcess;
  /** Why the process could not be started, where it could not. */
  startError: NodeJS.ErrnoException | undefined;

  /**
   * @param onOutput called with each chunk of the standard output
   * @param onOutputEnd called when there will be no more
   */
  constructor(launch: ReplLaunch, onOutput: (chunk: Buffer) => void, onOutputEnd: () => void) {
    this.#child = spawn(launch.command, launch.args ?? [], {
      cwd: launch.cwd,
      env: launch.env ?? process.env,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    // Where this process has no file descriptors left, there are no streams; `error` tells it.
    this.#child.stdout?.on("data", onOutput).on("end", onOutputEnd);
    this.#child.stderr?.on("data", (chunk: Buffer) => this.stderr.push(chunk));
    // A broken pipe is how a dead process is noticed on writing; its end is reported by `closed`.
    this.#child.stdin?.on("error", () => {});
    this.closed = this.#watch();
    if (this.#child.pid !== undefined) {
      register(this);
    }
  }

  /** The id of the leader, which is that of the group; undefined where the start failed. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Writes to the standard input of the leader, at once what is written in one go. */
  write(text: string): void {
    const { stdin } = this.#child;
    stdin?.cork();
    stdin?.write(text);
    process.nextTick(() => stdin?.uncork());
  }

  /** Sends a signal to every process of the group that is left. */
  signal(signal: NodeJS.Signals): void {
    if (this.pid === undefined) {
      return;
    }
    try {
      process.kill(-this.pid, signal);
    } catch {
      // ESRCH: nobody is left. EPERM: what is left (macOS: a zombie) is not ours to signal.
    }
  }

  /** Closes standard input, at which a REPL ends by itself, and ends the group if it does not. */
  async close(): Promise<ProcessExit> {
    this.#child.stdin?.end();
    return await this.#closedOr(() => this.end());
  }

  /** Ends the group: asks with SIGTERM, and kills what is still there a second later. */
  async end(): Promise<ProcessExit> {
    this.signal("SIGTERM");
    return await this.#closedOr(() => this.signal("SIGKILL"));
  }

  /** Waits for the end, and takes the next, harder means where it does not come in time. */
  async #closedOr(insist: () => void): Promise<ProcessExit> {
    const timer = setTimeout(insist, GRACE_MS);
    try {
      return await this.closed;
    } finally {
      clearTimeout(timer);
    }
  }

  async #watch(): Promise<ProcessExit> {
    const child = this.#child;
    const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
    const started = await new Promise<boolean>((resolve) => {
      child.once("exit", () => resolve(true));
      child.once("error", (error: NodeJS.ErrnoException) => {
        this.startError = error;
        resolve(false);
      });
    });
    if (started) {
      // The leader's children may live on, and hold the pipes open.
      this.signal("SIGKILL");
      // One that left the group as well can hold them for ever; what it prints is not the leader's.
      const timer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, GRACE_MS);
      await closed;
      clearTimeout(timer);
      unregister(this);
    }
    return { code: child.exitCode, signal: child.signalCode };
  }
}
