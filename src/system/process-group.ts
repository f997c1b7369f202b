/**
 * A child process in a process group of its own, with all that it starts in turn (`lake env repl`
 * is a tree), and the one registry of the groups that must not outlive this process.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { onExit } from "signal-exit";
import { TextTail } from "./text-tail.ts";

/** The command that starts a process. */
export interface ProcessLaunch {
  /** The executable: a path, or a name that is looked up on PATH. It is never given to a shell. */
  command: string;
  args?: readonly string[] | undefined;
  /** The folder it runs in; this process's own by default. */
  cwd?: string | undefined;
  /** Its whole environment; this process's own by default. */
  env?: NodeJS.ProcessEnv | undefined;
  /**
   * Asks for its whole environment where running something has to tell that: before each process is
   * started, in place of `env`. What it throws is what the start fails of.
   */
  askEnv?: (() => Promise<NodeJS.ProcessEnv>) | undefined;
}

/** What is told of what the leader of a group prints. */
export interface OutputListeners {
  /** Called with each chunk of the standard output. */
  onOutput(chunk: Buffer): void;
  /** Called when there will be no more of it. */
  onOutputEnd(): void;
  /** Called with each chunk of the standard error. The end of it is kept besides. */
  onErrorOutput?(chunk: Buffer): void;
}

/** How a process ended: its exit code, or the signal that ended it. */
export interface ProcessExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

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

/** A process group; it starts with the constructor, or as soon as its environment is known. */
export class ProcessGroup {
  /** Resolves when the leader has ended, the group is gone and its output has been read. */
  readonly closed: Promise<ProcessExit>;
  /** Resolves when there is a process, or will be none; undefined where that is so already. */
  readonly starting: Promise<void> | undefined;
  /** The last lines of standard error. */
  readonly stderr = new TextTail();
  readonly #launch: ProcessLaunch;
  readonly #listeners: OutputListeners;
  #child: ChildProcess | undefined;
  /** Ends the waiting for the environment. */
  #giveUp = (): void => {};
  #isEnded = false;
  /** Why the process could not be started, where it could not. */
  startError: Error | undefined;

  constructor(launch: ProcessLaunch, listeners: OutputListeners) {
    this.#launch = launch;
    this.#listeners = listeners;
    if (launch.askEnv) {
      this.starting = this.#startLater(launch.askEnv);
      this.closed = this.starting.then(() => this.#watch());
    } else {
      this.#start(launch.env);
      this.closed = this.#watch();
    }
  }

  async #startLater(askEnv: () => Promise<NodeJS.ProcessEnv>): Promise<void> {
    const givenUp = new Promise<undefined>((resolve) => {
      this.#giveUp = () => resolve(undefined);
    });
    try {
      const env = await Promise.race([askEnv(), givenUp]);
      if (!this.#isEnded) {
        this.#start(env);
      }
    } catch (error) {
      this.startError = error as Error;
    }
  }

  #start(env: NodeJS.ProcessEnv | undefined): void {
    const { command, args = [], cwd } = this.#launch;
    const { onOutput, onOutputEnd, onErrorOutput } = this.#listeners;
    let child: ChildProcess;
    try {
      child = spawn(command, args, {
        cwd,
        env: env ?? process.env,
        detached: true,
        stdio: ["pipe", "pipe", "pipe"],
      });
    } catch (error) {
      // Node throws what it does not tell by the event `error`: ENOTDIR and E2BIG, say.
      this.startError = error as Error;
      return;
    }
    this.#child = child;
    // Where this process has no file descriptors left, there are no streams; `error` tells it.
    child.stdout?.on("data", onOutput).on("end", onOutputEnd);
    child.stderr?.on("data", (chunk: Buffer) => {
      this.stderr.push(chunk);
      onErrorOutput?.(chunk);
    });
    // A broken pipe is how a dead process is noticed on writing; its end is reported by `closed`.
    child.stdin?.on("error", () => {});
    if (child.pid !== undefined) {
      register(this);
    }
  }

  /** The id of the leader, which is that of the group; undefined where the start failed. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Writes to the standard input of the leader, at once what is written in one go. */
  write(text: string): void {
    const stdin = this.#child?.stdin;
    stdin?.cork();
    stdin?.write(text);
    process.nextTick(() => stdin?.uncork());
  }

  /** Closes the standard input of the leader. */
  closeInput(): void {
    this.#child?.stdin?.end();
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
    this.#stopStarting();
    this.closeInput();
    return await this.#closedOr(() => this.end());
  }

  /** Ends the group: asks with SIGTERM, and kills what is still there a second later. */
  async end(): Promise<ProcessExit> {
    this.#stopStarting();
    this.signal("SIGTERM");
    return await this.#closedOr(() => this.signal("SIGKILL"));
  }

  #stopStarting(): void {
    this.#isEnded = true;
    this.#giveUp();
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
    if (!child) {
      return { code: null, signal: null };
    }
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

/** The exit of a process, in words: `exited with code 1`, `was killed by SIGSEGV`. */
export function describeExit(exit: ProcessExit): string {
  return exit.signal === null
    ? `exited with code ${exit.code ?? "unknown"}`
    : `was killed by ${exit.signal}`;
}
