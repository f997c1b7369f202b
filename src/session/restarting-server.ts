/** A REPL that starts anew, and the one rule for trying again. */
import { LeanPickleError } from "../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../repl/connection.ts";
import { ReplEndedError, ReplMemoryError, ReplTimeoutError } from "../repl/errors.ts";
import { LeanServer } from "../repl/lean-server.ts";

/**
 * How many commands and tactics a REPL gets before a new one takes its place: long sessions of the
 * real one end in a crash, after about 560 commands (leanprover-community/repl#77).
 */
const MAX_COMMANDS = 400;

/** How many commands before that the new one is started. */
const STARTED_BEFORE = 20;

/**
 * What may be done again in the next process when one ends. `never`: nothing. `unsent`: only what
 * the REPL had not begun with, so that nothing runs twice. `harmless`: also what it had begun with,
 * once, if the process had done other work before, which may have been the cause.
 */
export type RepeatRule = "never" | "unsent" | "harmless";

/** One process, and the work that is done in it. */
interface Incarnation {
  server: LeanServer;
  /** How many pieces of work were begun in it. */
  begun: number;
  /** How many of them are not done. */
  active: number;
  /** Whether it gets no more work, and is closed when the last piece is done. */
  isRetired: boolean;
}

/**
 * A REPL for long work: a new process follows one that ended, and one that ran some hundred
 * commands.
 */
export class RestartingServer {
  readonly launch: ReplLaunch;
  readonly #options: LeanServerOptions;
  readonly #maxCommands: number;
  #current: Incarnation | undefined;
  /** The next process, which starts while the last commands of the current one run. */
  #next: LeanServer | undefined;
  readonly #closing = new Set<Promise<void>>();
  #isClosed = false;

  /** @param maxCommands how many commands and tactics a process gets */
  constructor(launch: ReplLaunch, options: LeanServerOptions, maxCommands = MAX_COMMANDS) {
    this.launch = launch;
    this.#options = options;
    this.#maxCommands = maxCommands;
  }

  /** The process that is alive; undefined before the first work, and after one that ended. */
  get current(): LeanServer | undefined {
    const current = this.#current;
    return current?.server.isAlive && !current.isRetired ? current.server : undefined;
  }

  /**
   * Does a piece of work in one process. Several pieces may be under way in the same process.
   * @param work leaves nothing behind if it fails
   * @throws {LeanPickleError} `closed`; with `harmless` also `no-repl` if what runs is no REPL
   */
  async run<T>(
    work: (server: LeanServer) => Promise<T>,
    repeat: RepeatRule = "harmless",
  ): Promise<T> {
    const past = { wasRepeated: false, silentEnds: 0 };
    for (;;) {
      const incarnation = await this.#live();
      const isFirst = incarnation.begun++ === 0;
      incarnation.active++;
      try {
        return await work(incarnation.server);
      } catch (error) {
        const end = this.#mustStop ? undefined : endBehind(error);
        if (!end || repeat === "never" || !mayRepeat(end, isFirst, repeat, past)) {
          throw repeat === "harmless"
            ? await blameRepl(this.launch, error, this.#options.signal)
            : error;
        }
      } finally {
        incarnation.active--;
        this.#closeIfDone(incarnation);
      }
    }
  }

  /** Lets the current process finish its work and end; the next work gets a new one. */
  async retire(): Promise<void> {
    if (this.#current) {
      this.#dismiss(this.#current);
    }
    await Promise.all(this.#closing);
  }

  /** Ends the current process now; the next work gets a new one. */
  async restart(): Promise<void> {
    await this.#current?.server.close();
  }

  /** Ends the process for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#current?.server.close(), this.#next?.close(), ...this.#closing]);
  }

  get #mustStop(): boolean {
    return this.#isClosed || this.#options.signal?.aborted === true;
  }

  /** The process that is alive, or a new one; never two that get work. */
  async #live(): Promise<Incarnation> {
    while (!this.#isClosed) {
      this.#options.signal?.throwIfAborted();
      const current = this.#current;
      if (!current) {
        this.#current = { server: this.#start(), begun: 0, active: 0, isRetired: false };
      } else if (!current.server.isAlive) {
        await current.server.close();
        this.#current = this.#current === current ? undefined : this.#current;
      } else if (current.server.commandsRun >= this.#maxCommands) {
        this.#dismiss(current);
      } else {
        if (current.server.commandsRun >= this.#maxCommands - STARTED_BEFORE) {
          this.#next ??= new LeanServer(this.launch, this.#options);
        }
        return current;
      }
    }
    throw new LeanPickleError("closed", "The server was closed.");
  }

  #start(): LeanServer {
    const next = this.#next;
    this.#next = undefined;
    return next?.isAlive ? next : new LeanServer(this.launch, this.#options);
  }

  /** Gives a process no more work. */
  #dismiss(incarnation: Incarnation): void {
    incarnation.isRetired = true;
    this.#current = undefined;
    this.#closeIfDone(incarnation);
  }

  #closeIfDone({ server, active, isRetired }: Incarnation): void {
    if (isRetired && active === 0) {
      const closing = server.close().finally(() => this.#closing.delete(closing));
      this.#closing.add(closing);
    }
  }
}

/** The one rule for trying again. */
function mayRepeat(
  end: ReplEndedError,
  isFirst: boolean,
  repeat: RepeatRule,
  past: { wasRepeated: boolean; silentEnds: number },
): boolean {
  if (end.code === "closed") {
    return false;
  }
  // What has never answered may be no REPL, and would end again and again.
  past.silentEnds += end.hasAnswered ? 0 : 1;
  if (end.turn !== "run") {
    return past.silentEnds <= 1;
  }
  const mayBeOfOthers = !isFirst && !past.wasRepeated && end.code !== "timeout";
  past.wasRepeated = true;
  return repeat === "harmless" && mayBeOfOthers;
}

/** The end of a REPL, if that is what an error is about. */
export function endBehind(error: unknown): ReplEndedError | undefined {
  const end = error instanceof Error && error.cause instanceof ReplEndedError ? error.cause : error;
  return end instanceof ReplEndedError ? end : undefined;
}

/**
 * Whether the end of a process may be due to what was done in it before: it was not doing this when
 * it ended, or it had too much memory.
 */
export function mayBeOfOthers(error: unknown): boolean {
  const end = endBehind(error);
  return (
    end !== undefined &&
    end.code !== "closed" &&
    (end.turn !== "run" || end instanceof ReplMemoryError)
  );
}

/** What any REPL answers to. */
const HARMLESS = { cmd: "def leanPickleProof : Nat := 1" };

/** The time for that answer, in seconds: Lean's own library has to be read from the disk. */
const LEAST_TIME_S = 5;
const MOST_TIME_S = 30;

/** How a process ends that may be no REPL. */
const SUSPICIOUS: ReadonlySet<string> = new Set(["repl-died", "timeout", "protocol"]);

/** The launches that had a process which answered the harmless request. */
const proven = new WeakSet<ReplLaunch>();

/**
 * Finds out what is to blame for a process that ended before it answered anything: the request, or
 * a program that is no REPL. A new process is asked something harmless, once for each launch.
 * @returns the error itself, or a `no-repl` in its place
 */
export async function blameRepl(
  launch: ReplLaunch,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const end = endBehind(error);
  if (!end || end.hasAnswered || !SUSPICIOUS.has(end.code) || proven.has(launch)) {
    return error;
  }
  const asked = end instanceof ReplTimeoutError ? end.seconds : MOST_TIME_S;
  const timeout = Math.min(Math.max(asked, LEAST_TIME_S), MOST_TIME_S);
  const server = new LeanServer(launch, { timeout, signal });
  try {
    await server.run(HARMLESS);
    proven.add(launch);
    return error;
  } catch (fault) {
    signal?.throwIfAborted();
    return fault instanceof ReplEndedError ? noRepl(launch, fault) : fault;
  } finally {
    await server.close();
  }
}

function noRepl({ command }: ReplLaunch, end: ReplEndedError): LeanPickleError {
  const tail = end.stderr === "" ? "." : `.\nThe end of its standard error:\n${end.stderr}`;
  if (/process '[^']*lean'/.test(end.stderr)) {
    const message = `${command} could not run Lean, which every REPL asks where its library is${tail}`;
    return new LeanPickleError("no-repl", message, { cause: end });
  }
  const doing: Record<string, string> = {
    timeout: "may be no Lean REPL: it did not answer a first, harmless request",
    protocol: `is no Lean REPL: it ${end.what}`,
  };
  const what =
    doing[end.code] ??
    `is no Lean REPL that works: asked for no more than a definition, it ${end.what}`;
  return new LeanPickleError("no-repl", `${command} ${what}${tail}`, { cause: end });
}
