/** What the commands share: their options, the terminal, the cache and the REPL. */
import type { Command } from "commander";
import { Output } from "../output/output.ts";
import type { Progress } from "../output/progress.ts";
import type { LeanServerOptions } from "../repl/connection.ts";
import { PickleSessionCache } from "../session/pickle-session-cache.ts";
import type { CacheOptions } from "../session/state/cache-types.ts";
import type { ManifestState } from "../store/manifest/schema.ts";
import type { FoundRepl } from "../toolchain/find-repl.ts";
import { type GlobalOptions, settleGlobalOptions } from "./input/options.ts";
import { callState } from "./states.ts";

/** How a command went: all of it, some of it, or none of it; or it found no usable REPL. */
export type Outcome = "done" | "partly" | "failed" | "unusable";

/** What runs the commands: the program. */
export interface Host {
  /** Aborted when the program is to end. */
  readonly signal: AbortSignal;
  /** How the command that runs wants its output; undefined before one does. */
  output?: Output;
  /** How a command went. */
  outcome: Outcome;
}

/** What one run of a command works with. */
export class Context {
  readonly options: GlobalOptions;
  readonly output: Output;
  readonly signal: AbortSignal;

  private constructor(options: GlobalOptions, output: Output, signal: AbortSignal) {
    this.options = options;
    this.output = output;
    this.signal = signal;
  }

  /** Makes the context of a command that was parsed. */
  static async create(command: Command, signal: AbortSignal): Promise<Context> {
    const options = settleGlobalOptions(command);
    return new Context(options, await Output.create(options), signal);
  }

  /** Opens the cache of the working directory. */
  openCache(): PickleSessionCache {
    return new PickleSessionCache(this.options.workingDir, this.changeOptions);
  }

  /** How a cache is changed, and its states restored. */
  get changeOptions(): CacheOptions {
    return { ...this.changeOptionsToTheEnd, signal: this.signal };
  }

  /** How it is changed by what has to be kept also when the work is interrupted. */
  get changeOptionsToTheEnd(): CacheOptions {
    return {
      trust: this.options.trust,
      restore: this.options.restore,
      lockTimeout: this.options.lockTimeout,
      onWait: (holder) => this.output.note(`Waiting for ${holder}, which changes the cache.`),
    };
  }

  /** Finds the REPL. */
  async findRepl(): Promise<FoundRepl> {
    const { findRepl } = await import("../toolchain/find-repl.ts");
    return await findRepl({ ...this.options, signal: this.signal });
  }

  /** Tells what a person has to know of a state that was restored. */
  readonly warnOfState = (state: ManifestState, sentence: string): void => {
    this.output.warn(`${callState(state)}: ${sentence}`);
  };

  /** How a REPL is to be run. */
  get serverOptions(): LeanServerOptions {
    const { timeout, memoryLimit, verbose } = this.options;
    const onOutput = (text: string) => this.output.note(`The REPL printed: ${text}`);
    return { timeout, memoryLimit, verbose, signal: this.signal, log: this.output.log, onOutput };
  }
}

/** A command, to be added to the program when it is asked for. */
export interface CommandModule {
  /** Gives a command its arguments, options, examples and action. */
  define(command: Command, host: Host): void;
}

/** Makes an action for commander out of what a command does. */
export function action<A extends unknown[]>(
  host: Host,
  run: (context: Context, ...args: A) => Promise<Outcome>,
): (...args: [...A, Command]) => Promise<void> {
  return async (...args) => {
    const command = args.pop() as Command;
    const context = await Context.create(command, host.signal);
    host.output = context.output;
    host.outcome = await run(context, ...(args as unknown as A));
  };
}

/** Examples for the end of a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;
}

/** The outcome of work on several things. */
export function outcomeOf(good: number, all: number): Outcome {
  if (good === all) {
    return "done";
  }
  return good > 0 ? "partly" : "failed";
}

/**
 * Tells of work on one of several things, such as `Loading goal (2/40)`, and how long it takes.
 * @param since when it began, by `performance.now()`
 */
export function stepTo(
  progress: Progress,
  since: number,
  at: number,
  of: number,
  what: string,
): void {
  progress.step(of === 1 ? what : `${what} (${at}/${of})`, since);
}
