/** The options that every command takes, on either side of its name. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { LeanPickleError } from "../../errors.ts";
import type { Origins } from "../../toolchain/find-repl.ts";

/** The options of every command, settled from the command line and the environment. */
export interface GlobalOptions {
  workingDir: string;
  repl?: string;
  project?: string;
  lake?: string;
  /** How these three were named: by which option, or which variable. */
  origins: Origins;
  /** Seconds for one request. */
  timeout: number;
  /** Seconds to wait for a lock; undefined where nobody has said. */
  lockTimeout?: number;
  /** MiB of memory of one REPL, without the files that it maps. */
  memoryLimit?: number;
  /** How states are restored; undefined for the default. */
  restore?: "auto" | "recipe" | "pickle";
  /** The URL of the remote; undefined if none is named. */
  remote?: string;
  /** Whether Lean is given what somebody else could have written. */
  trust: boolean;
  json: boolean;
  quiet: boolean;
  verbose: boolean;
  color: boolean;
  progress: boolean;
}

/** `setTimeout` counts milliseconds in 31 bits. */
const MAX_SECONDS = 2_000_000;

/** Reads a number of seconds from the command line. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0 || seconds > MAX_SECONDS) {
    throw new InvalidArgumentError(`A number of seconds is needed, such as 60 or 0.5.`);
  }
  return seconds;
}

/** Reads a number of processes from the command line. */
export function parseJobs(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) {
    throw new InvalidArgumentError("A number of processes is needed, such as 2.");
  }
  return Number(text);
}

/** Collects the values of an option that may be repeated. */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

function parseMib(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new InvalidArgumentError("A whole number of MiB is needed, such as 4096.");
  }
  return Number(text);
}

function parsePath(text: string): string {
  if (text === "") {
    throw new InvalidArgumentError("It is empty.");
  }
  return text;
}

function globalOptions(): Option[] {
  const options = [
    new Option("-d, --working-dir <dir>", "where the cache lives (default: here)")
      .env("LEAN_PICKLE_DIR")
      .argParser(parsePath),
    new Option("--repl <path>", "the Lean REPL: an executable, or a checkout where it was built")
      .env("LEAN_PICKLE_REPL")
      .argParser(parsePath),
    new Option("--project <dir>", "the Lean project to run in (default: the nearest one upwards)")
      .env("LEAN_PICKLE_PROJECT")
      .argParser(parsePath),
    new Option("--lake <path>", "the executable lake (default: on PATH, or elan's)")
      .env("LEAN_PICKLE_LAKE")
      .argParser(parsePath),
    new Option("--timeout <seconds>", "for one request to Lean (default: 300)")
      .env("LEAN_PICKLE_TIMEOUT")
      .argParser(parseSeconds),
    new Option("--lock-timeout <seconds>", "to wait for another process's change (default: 60)")
      .env("LEAN_PICKLE_LOCK_TIMEOUT")
      .argParser(parseSeconds),
    new Option(
      "--memory-limit <mib>",
      "end a REPL whose own memory, without .olean files, is larger",
    )
      .env("LEAN_PICKLE_MEMORY_LIMIT")
      .argParser(parseMib),
    new Option("--restore <way>", "how states are restored (default: auto)")
      .env("LEAN_PICKLE_RESTORE")
      .choices(["auto", "recipe", "pickle"]),
    new Option("--remote <url>", "states that machines share: s3://bucket/prefix or https://...")
      .env("LEAN_PICKLE_REMOTE")
      .argParser(parsePath),
    new Option("--trust", "load pickles that somebody else could have written").env(
      "LEAN_PICKLE_TRUST",
    ),
    new Option("--json", "data as one JSON document, errors as JSON too"),
    new Option("-q, --quiet", "nothing on standard error but errors"),
    new Option("-v, --verbose", "show the conversation with the REPL on standard error"),
    new Option("--no-color", "no colour"),
    new Option("--no-progress", "no progress"),
  ];
  return options.map((option) => option.helpGroup("Options of every command:"));
}

/** Adds the options of every command to one. */
export function addGlobalOptions(command: Command): void {
  for (const option of globalOptions()) {
    command.addOption(option);
  }
}

/**
 * The options of a command: the command line counts before the environment, and what stands behind
 * the command's name before what stands in front of it.
 */
export function settleGlobalOptions(command: Command): GlobalOptions {
  const settled: Record<string, unknown> = {};
  const origins: Record<string, string | undefined> = {};
  for (const option of globalOptions()) {
    const name = option.attributeName();
    const { source, value } = settle(command, name);
    if (value !== undefined) {
      const isSwitch = source === "env" && value === true && option.envVar !== undefined;
      settled[name] = isSwitch ? readSwitch(option.envVar as string) : value;
      origins[name] = source === "env" ? option.envVar : option.long;
    }
  }
  const { repl, project, lake } = origins;
  return {
    timeout: 300,
    // A current directory that is gone matters only where nothing else is named.
    ...(settled.workingDir === undefined && { workingDir: process.cwd() }),
    trust: false,
    json: false,
    quiet: false,
    verbose: false,
    ...settled,
    origins: { repl, project, lake },
  } as GlobalOptions;
}

/** What a variable says of an option that takes no value: commander takes any text for yes. */
function readSwitch(variable: string): boolean {
  const text = process.env[variable] ?? "";
  const isOn = { "1": true, true: true, yes: true, "0": false, false: false, no: false }[text];
  if (isOn === undefined) {
    const message = `${variable} is ${JSON.stringify(text)}: it can be 1 or 0.`;
    throw new LeanPickleError("usage", message);
  }
  return isOn;
}

function settle(command: Command, name: string): { source?: string; value?: unknown } {
  const levels = [command, ...(command.parent ? [command.parent] : [])];
  for (const source of ["cli", "env", "default"]) {
    const level = levels.find((each) => each.getOptionValueSource(name) === source);
    if (level) {
      return { source, value: level.getOptionValue(name) };
    }
  }
  return {};
}

/** A variable of ours in the environment that is set to nothing counts as not set. */
export function dropEmptyVariables(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith("LEAN_PICKLE_") && value === "") {
      delete env[name];
    }
  }
}
