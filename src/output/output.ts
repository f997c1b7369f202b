import { type Progress, startProgress } from "./progress.ts";
import { makeStyles, type Styles, wantsColor } from "./styles.ts";
import { printable, printableJson } from "./text.ts";

/** How output looks, as the command line and the environment want it. */
export interface OutputOptions {
  /** Data as one JSON document, errors too. */
  json: boolean;
  /** Nothing on standard error but errors. */
  quiet: boolean;
  /** The conversation with the REPL on standard error. */
  verbose: boolean;
  color: boolean;
  progress: boolean;
}

/**
 * The terminal: standard output is for data, standard error for everything else. Text from outside
 * is made {@link printable} on its way.
 */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** Styles for standard output. */
  readonly styles: Styles;
  /** Styles for standard error. */
  readonly errorStyles: Styles;
  readonly #wantsProgress: boolean;
  #progress: Progress | undefined;

  private constructor(options: OutputOptions, styles: Styles, errorStyles: Styles) {
    this.#wantsProgress = options.progress && !options.quiet;
    this.json = options.json;
    this.quiet = options.quiet;
    this.verbose = options.verbose;
    this.styles = styles;
    this.errorStyles = errorStyles;
  }

  /** Makes the output of a command. */
  static async create(options: OutputOptions): Promise<Output> {
    const styles = await makeStyles(wantsColor(process.stdout, options.color));
    const errorStyles = await makeStyles(wantsColor(process.stderr, options.color));
    return new Output(options, styles, errorStyles);
  }

  /** The columns of standard output; Infinity where it is no terminal, so that nothing is cut. */
  get width(): number {
    return (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY;
  }

  /** As {@link width}, of standard error. */
  get errorWidth(): number {
    return (process.stderr.isTTY && process.stderr.columns) || Number.POSITIVE_INFINITY;
  }

  /** Whether a person can be asked: both standard input and standard error are terminals. */
  get canAsk(): boolean {
    return process.stdin.isTTY === true && process.stderr.isTTY === true;
  }

  /** Writes text to standard output: one line, or several. It must be printable already. */
  data(text: string): void {
    this.#between(() => process.stdout.write(`${text}\n`));
  }

  /**
   * Writes a path to standard output as it is: escaped, it would name another file. On a terminal,
   * which would act on what is in it, it is made printable all the same.
   */
  path(path: string): void {
    this.data(process.stdout.isTTY ? printable(path) : path);
  }

  /** Writes one JSON document to standard output. */
  jsonData(value: unknown): void {
    this.data(printableJson(value));
  }

  /** Writes one JSON document to standard output, on one line. */
  jsonLine(value: unknown): void {
    this.data(printableJson(value, 0));
  }

  /** Tells something that is good to know, unless it is to be quiet or JSON. */
  note(text: string): void {
    if (!this.quiet && !this.json) {
      this.#error(printable(text));
    }
  }

  /** As {@link note}, for programs: one JSON document on standard error, with `--json` only. */
  jsonNote(value: unknown): void {
    if (!this.quiet && this.json) {
      this.#error(printableJson(value));
    }
  }

  /** Tells something that should not have been, unless it is to be quiet or JSON. */
  warn(text: string): void {
    if (!this.quiet && !this.json) {
      this.#error(`${this.errorStyles.yellow("warning:")} ${printable(text)}`);
    }
  }

  /** Tells what went wrong with one of several things, unless the JSON on standard output does. */
  problem(text: string): void {
    if (!this.json) {
      this.#errorLine(text);
    }
  }

  /** Tells what went wrong, always: as a line, or as a JSON document with all that is known. */
  error(details: { code: string; message: string; hint?: string | undefined }): void {
    if (this.json) {
      this.#error(printableJson({ error: details }));
      return;
    }
    this.#errorLine(details.message);
    if (details.hint !== undefined) {
      this.#error(printable(details.hint));
    }
  }

  /** Writes to standard error, always, as it is but for what a terminal would act on. */
  diagnostic(text: string): void {
    this.#error(printable(text));
  }

  /** Writes text to standard error that is printable already, and may be styled. */
  errorData(text: string): void {
    this.#error(text);
  }

  /** Writes the conversation with the REPL. */
  readonly log = (text: string): void => {
    this.#error(this.errorStyles.dim(printable(text)));
  };

  /** Runs something that takes long while showing what it does. */
  async withProgress<T>(work: (progress: Progress) => Promise<T>): Promise<T> {
    const started = await startProgress(process.stderr, {
      wanted: this.#wantsProgress,
      lines: !this.json,
      spinner: !this.verbose,
    });
    this.#progress = started;
    try {
      return await work(started);
    } finally {
      started.stop();
      this.#progress = undefined;
    }
  }

  /** Asks a question that is answered with yes or no, of a person at a terminal. */
  async confirm(question: string, signal: AbortSignal): Promise<boolean> {
    const { createInterface } = await import("node:readline/promises");
    // Not as a terminal: Ctrl-C stays a signal, which ends the program in order.
    const reader = createInterface({
      input: process.stdin,
      output: process.stderr,
      terminal: false,
    });
    try {
      const closed = new Promise<undefined>((resolve) =>
        reader.once("close", () => resolve(undefined)),
      );
      const answer = reader.question(`${printable(question)} [y/N] `, { signal });
      const given = await Promise.race([answer, closed]);
      if (given === undefined) {
        process.stderr.write("\n");
      }
      return /^\s*y(es)?\s*$/i.test(given ?? "");
    } catch (error) {
      process.stderr.write("\n");
      signal.throwIfAborted();
      throw error;
    } finally {
      reader.close();
    }
  }

  #errorLine(text: string): void {
    this.#error(`${this.errorStyles.red("error:")} ${printable(text)}`);
  }

  #error(text: string): void {
    this.#between(() => process.stderr.write(`${text}\n`));
  }

  #between(write: () => void): void {
    if (this.#progress) {
      this.#progress.interrupt(write);
    } else {
      write();
    }
  }
}
