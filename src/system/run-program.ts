/** Running a program to its end. */
import { StringDecoder } from "node:string_decoder";
import { describeExit, ProcessGroup, type ProcessLaunch } from "./process-group.ts";
import { afterRunning } from "./running-time.ts";
import { TextTail } from "./text-tail.ts";

/** More on a standard output than this, in bytes, is not what was asked for. */
const MOST_OUTPUT = 2 ** 24;

/** A line that is longer than this, in characters, is told in pieces. */
const LONGEST_LINE = 2 ** 16;

/** How a program is run. */
export interface RunOptions {
  /** Aborting ends the program and all that it started, and throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** The time that it may take, in seconds; then it is ended. Any by default. */
  timeout?: number | undefined;
  /** Told each line that the program prints, on either stream. */
  onLine?: ((line: string) => void) | undefined;
}

/** How a program ended. */
export interface ProgramEnd {
  /** Whether its exit code is 0. */
  ok: boolean;
  /** All of its standard output. */
  stdout: string;
  /** The last lines of its standard error. */
  stderr: string;
  /** How it ended, in words: `exited with code 1`. */
  what: string;
  /** The last lines of what it printed on both streams, without what passwords URLs have in them. */
  tail: string;
}

/** Runs a program to its end; it gets no input, and no terminal to ask on. */
export async function runProgram(launch: ProcessLaunch, options: RunOptions): Promise<ProgramEnd> {
  const { signal, timeout, onLine } = options;
  signal?.throwIfAborted();
  const chunks: Buffer[] = [];
  const tail = new TextTail();
  const [outLines, errorLines] = [new Lines(onLine), new Lines(onLine)];
  let bytes = 0;
  const group = new ProcessGroup(launch, {
    onOutput(chunk) {
      bytes += chunk.length;
      if (bytes > MOST_OUTPUT) {
        void group.end();
        return;
      }
      chunks.push(chunk);
      tail.push(chunk);
      outLines.push(chunk);
    },
    onOutputEnd: () => outLines.end(),
    onErrorOutput(chunk) {
      tail.push(chunk);
      errorLines.push(chunk);
    },
  });
  let isLate = false;
  const expire = () => {
    isLate = true;
    void group.end();
  };
  const cancel = timeout === undefined ? undefined : afterRunning(timeout * 1000, expire);
  const abort = () => void group.end();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    group.closeInput();
    const exit = await group.closed;
    errorLines.end();
    signal?.throwIfAborted();
    const { startError } = group;
    const late = `did not come to its end within ${timeout} s, and was ended`;
    const what = startError ? `could not be started: ${startError.message}` : describeExit(exit);
    return {
      ok: startError === undefined && !isLate && exit.code === 0 && bytes <= MOST_OUTPUT,
      stdout: Buffer.concat(chunks).toString("utf8"),
      stderr: withoutCredentials(group.stderr.toString()),
      what: isLate ? late : what,
      tail: withoutCredentials(tail.toString()),
    };
  } finally {
    cancel?.();
    signal?.removeEventListener("abort", abort);
  }
}

/** A text in which no URL names a user or a password: both may be a secret. */
export function withoutCredentials(text: string): string {
  return text.replace(/\b(https?:\/\/)[^\s/'"]+@/gi, "$1***@");
}

/** Takes text as it comes and gives it on line by line. */
class Lines {
  readonly #onLine: RunOptions["onLine"];
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(onLine: RunOptions["onLine"]) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  end(): void {
    this.#take(`${this.#decoder.end()}\n`);
  }

  #take(text: string): void {
    if (!this.#onLine) {
      return;
    }
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > LONGEST_LINE) {
      lines.push(this.#rest);
      this.#rest = "";
    }
    for (const line of lines.filter((each) => each.trim() !== "")) {
      this.#onLine(withoutCredentials(line));
    }
  }
}
