/**
 * The program. Only here errors become exit codes, and signals end the work.
 */
import { existsSync, readFileSync } from "node:fs";
import { Command, CommanderError, Help } from "commander";
import { COMMANDS } from "./commands/all.ts";
import type { Host, Outcome } from "./commands/context.ts";
import { addGlobalOptions, dropEmptyVariables } from "./commands/input/options.ts";
import type { Failure } from "./commands/json/errors.ts";
import { type ErrorCode, isSystemError, LeanPickleError } from "./errors.ts";
import { Output } from "./output/output.ts";
import type { LeanRejectedError } from "./session/add/lean-rejected.ts";
import { describeSystemError } from "./system/system-error.ts";

const OUTCOME_EXIT_CODES: Record<Outcome, number> = {
  done: 0,
  failed: 1,
  partly: 3,
  unusable: 5,
};

const ERROR_EXIT_CODES: Partial<Record<ErrorCode, number>> = {
  usage: 2,
  "ambiguous-state": 2,
  "no-such-state": 4,
  "no-repl": 5,
  "cache-damaged": 6,
  "cache-locked": 11,
  timeout: 124,
};

/** What the shells run at Tab, by the scripts of `lean-pickle completion`. */
const COMPLETING = "__complete";

/** How commander ends where there is no command, after it has shown the help. */
const HELP_SHOWN = "commander.help";

/** The signals that end the work in order, and the exit codes that shells give them. */
const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type EndSignal = keyof typeof SIGNAL_EXIT_CODES;

/** A signal asked the program to end. */
class InterruptedError extends LeanPickleError {
  readonly exitCode: number;

  constructor(signal: EndSignal) {
    super("interrupted", `Interrupted by ${signal}.`);
    this.exitCode = SIGNAL_EXIT_CODES[signal];
  }
}

/**
 * Runs the program and sets the exit code of the process.
 * @param argv as in `process.argv`
 */
export async function main(argv: readonly string[]): Promise<void> {
  const output = watchOutput();
  dropEmptyVariables(process.env);
  const interrupts = armSignals();
  process.once("beforeExit", failUnfinished);
  const host: Host = { signal: interrupts.signal, outcome: "done" };
  try {
    if (argv[2] === COMPLETING) {
      const { complete } = await import("./commands/complete/complete.ts");
      return await complete(argv.slice(3), (words) => createProgram(host, words));
    }
    const program = await createProgram(host, argv, namedFirst(argv));
    await program.parseAsync(withoutVainHelp(argv));
    process.exitCode = output.failed ? 1 : OUTCOME_EXIT_CODES[host.outcome];
  } catch (error) {
    process.exitCode = await report(error, host.output ?? (await outputFor(argv)));
  } finally {
    interrupts.disarm();
    process.off("beforeExit", failUnfinished);
  }
}

/** Node ends when there is nothing left to wait for, even if the work is unfinished: a failure. */
function failUnfinished(): void {
  process.exitCode = 1;
}

const HELP_END = `
The Lean REPL is found in your project, among what "lean-pickle setup" built, or
on PATH; --repl, or LEAN_PICKLE_REPL, names another one. LEAN_PICKLE_DIR, or -d,
names the folder of the cache. "lean-pickle COMMAND --help" lists the options.

Examples:
  $ lean-pickle add -c 'import Mathlib' -n mathlib
  $ lean-pickle ls
  $ lean-pickle reload`;

/** What to type first, if there is no cache here yet. */
const FIRST_STEPS = `
There is no cache here yet. Type first:
  lean-pickle doctor                        to see whether Lean and its REPL are found
  lean-pickle add -c 'def f := 42' -n f     to run code, and store the state`;

async function isCacheHere(): Promise<boolean> {
  const { manifestPath } = await import("./store/disk/layout.ts");
  return existsSync(manifestPath(process.env.LEAN_PICKLE_DIR ?? "."));
}

/** The command that the first word names. */
function namedFirst([, , first = ""]: readonly string[]): string | undefined {
  return Object.hasOwn(COMMANDS, first) ? first : undefined;
}

/** Drops `help` before an unknown command, so that the error names the command. */
function withoutVainHelp(argv: readonly string[]): string[] {
  const [, , help, name = ""] = argv;
  const isVain = help === "help" && /^\w/.test(name) && !Object.hasOwn(COMMANDS, name);
  return argv.filter((_, at) => !(isVain && at === 2));
}

/**
 * The program as commander knows it. The build makes the manual pages of it.
 * @param argv words that may name a command: only those that are named are defined in full
 * @param only the one command that it has, since each takes time at start-up; all by default
 */
export async function createProgram(
  host: Host,
  argv: readonly string[],
  only?: string,
): Promise<Command> {
  const program = new Command("lean-pickle")
    .description("Keeps pickled states of the Lean 4 theorem prover on disk.")
    .version(packageVersion(), "-V, --version", "print the version")
    .usage("<command> [options]")
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("after", HELP_END)
    // All arguments behind a command's name belong to the command, even if they look like options.
    .enablePositionalOptions();
  addGlobalOptions(program);
  const wanted = Object.entries(COMMANDS).filter(([name]) => only === undefined || name === only);
  for (const [name, { summary, load }] of wanted) {
    const command = program.command(name).description(summary);
    // Start-up counts: a command is loaded only if its name is among the arguments.
    if (argv.includes(name)) {
      (await load()).define(command, host);
      addGlobalOptions(command);
    }
  }
  // The program takes the common options too. Only the commands list them: its help fits a screen.
  program.configureHelp({
    formatHelp(command, helper) {
      helper.visibleOptions = () =>
        new Help().visibleOptions(command).filter(({ short }) => /[hV]/.test(short ?? ""));
      return Help.prototype.formatHelp.call(helper, command, helper);
    },
  });
  for (const command of [program, ...program.commands]) {
    // Errors come back as exceptions, which `report` prints.
    command.exitOverride().configureOutput({ outputError() {} });
  }
  return program;
}

/** The output for an error in the command line, which may not even be understood. */
async function outputFor(argv: readonly string[]): Promise<Output> {
  return await Output.create({
    json: argv.includes("--json"),
    color: !argv.includes("--no-color"),
    quiet: false,
    verbose: false,
    progress: false,
  });
}

/** Prints an error, and returns its exit code. */
async function report(error: unknown, output: Output): Promise<number> {
  if (error instanceof CommanderError && error.exitCode === 0) {
    return 0;
  }
  if (error instanceof CommanderError && error.code === HELP_SHOWN) {
    if (!(await isCacheHere())) {
      output.note(FIRST_STEPS);
    }
    return 2;
  }
  const { code, message, hint, exitCode, extra } = explain(error);
  if (!output.json) {
    await showLeanMessages(output, error);
  }
  output.error({ code, message, ...(hint && { hint }), ...extra } satisfies Failure);
  return exitCode;
}

interface Explanation {
  code: string;
  message: string;
  hint?: string | undefined;
  exitCode: number;
  /** What programs may want besides. */
  extra?: Pick<Failure, "messages">;
}

function explain(error: unknown): Explanation {
  if (error instanceof InterruptedError) {
    return { code: error.code, message: error.message, exitCode: error.exitCode };
  }
  if (error instanceof LeanPickleError) {
    const { code, message, hint } = error;
    const { messages } = error as Partial<LeanRejectedError>;
    const extra = messages ? { messages: [...messages] } : {};
    const exitCode = ERROR_EXIT_CODES[code] ?? 1;
    const shown = code === "no-repl" ? pointToDoctor(hint) : hint;
    return { code, message, hint: shown, exitCode, extra };
  }
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, "");
    const hint = `"lean-pickle --help" lists the commands, "lean-pickle COMMAND --help" the options.`;
    return { code: "usage", message, hint, exitCode: 2 };
  }
  if (isSystemError(error)) {
    return { code: error.code ?? "system", message: describeSystemError(error), exitCode: 1 };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: "unknown", message, exitCode: 1 };
}

/** Without a REPL, one command reports everything that there is. */
function pointToDoctor(hint: string | undefined): string {
  const doctor = '"lean-pickle doctor" shows what was found, and what to do.';
  return hint === undefined ? doctor : `${hint}\n${doctor}`;
}

async function showLeanMessages(output: Output, error: unknown): Promise<void> {
  if (error instanceof LeanPickleError && error.code === "lean-error") {
    const { LeanRejectedError } = await import("./session/add/lean-rejected.ts");
    const { showMessages } = await import("./commands/render/lean-messages.ts");
    if (error instanceof LeanRejectedError) {
      showMessages(output, error.messages);
    }
  }
}

/** The first signal ends the work in order; the next one ends the program as it is. */
function armSignals(): { signal: AbortSignal; disarm(): void } {
  const controller = new AbortController();
  const signals = Object.keys(SIGNAL_EXIT_CODES) as EndSignal[];
  const interrupt = (signal: EndSignal) => {
    if (controller.signal.aborted) {
      disarm();
      process.kill(process.pid, signal);
    }
    // It stays armed: where nobody else takes a signal, signal-exit ends the program at once.
    controller.abort(new InterruptedError(signal));
  };
  const disarm = () => {
    for (const signal of signals) {
      process.off(signal, interrupt);
    }
  };
  for (const signal of signals) {
    process.on(signal, interrupt);
  }
  return { signal: controller.signal, disarm };
}

/**
 * A stream that cannot be written is reported once, and the exit code becomes 1. A closed pipe, as
 * in `lean-pickle ls | head -1`, is no error.
 */
function watchOutput(): { failed: boolean } {
  const watch = { failed: false };
  for (const [name, stream] of Object.entries({ output: process.stdout, error: process.stderr })) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE" && !watch.failed) {
        watch.failed = true;
        process.exitCode = 1;
        process.stderr.write(`error: Could not write to standard ${name}: ${error.message}.\n`);
      }
    });
  }
  return watch;
}

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
