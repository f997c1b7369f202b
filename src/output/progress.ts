import type { Ora } from "ora";
import { formatElapsed, printableLine } from "./text.ts";

/** When the first line of progress is written where there is no terminal, in milliseconds. */
const FIRST_LINE_MS = 2_000;

/** How often one is written after that, in milliseconds. */
const LINE_INTERVAL_MS = 10_000;

/** Tells what is going on while Lean works. */
export interface Progress {
  /**
   * Says what is being done now.
   * @param since when the work began, by `performance.now()`, where it is told how long it takes
   */
  step(text: string, since?: number): void;
  /** Writes a line of another kind without tearing the progress apart. */
  interrupt(write: () => void): void;
  /** Ends it, and leaves nothing of it on a terminal. */
  stop(): void;
}

/** The standard error, as far as progress needs it. */
type ErrorStream = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;

/**
 * A spinner on a terminal; else, for what takes longer, a line every ten seconds; else nothing.
 * @param wanted false with `--quiet` or `--no-progress`
 * @param lines false where a line would be in the way, as with `--json`
 * @param spinner false where other lines keep coming, as with `--verbose`
 */
export async function startProgress(
  stream: ErrorStream,
  { wanted, lines, spinner }: { wanted: boolean; lines: boolean; spinner: boolean },
): Promise<Progress> {
  const canSpin = stream.isTTY && canDraw(stream.columns) && spinner;
  if (!wanted || !(canSpin || lines)) {
    return { step() {}, interrupt: (write) => write(), stop() {} };
  }
  if (!canSpin) {
    return lineProgress(stream);
  }
  const { default: ora } = await import("ora");
  // With discardStdin it would read the terminal in raw mode, where Ctrl-C is no signal.
  return spinnerProgress(ora({ stream: process.stderr, discardStdin: false }));
}

/** A terminal of no columns makes ora loop for ever; where ora does not turn, each step is a line. */
function canDraw(columns: number): boolean {
  const { env } = process;
  return columns > 0 && !("CI" in env) && env.TERM !== "dumb";
}

function spinnerProgress(spinner: Ora): Progress {
  return {
    step(text, since) {
      spinner.text = printableLine(text);
      // Worked out each time that it turns.
      spinner.suffixText = since === undefined ? "" : () => elapsedSince(since);
      spinner.start();
    },
    interrupt(write) {
      spinner.clear();
      write();
    },
    stop() {
      spinner.stop();
    },
  };
}

function lineProgress(stream: ErrorStream): Progress {
  let current = (): string => "";
  let timer = setTimeout(tell, FIRST_LINE_MS);
  function tell(): void {
    const line = current();
    if (line !== "") {
      stream.write(`${line}\n`);
    }
    timer = setTimeout(tell, LINE_INTERVAL_MS);
  }
  return {
    step(text, since) {
      const line = printableLine(text);
      current = () => (since === undefined ? line : `${line} ${elapsedSince(since)}`);
    },
    interrupt: (write) => write(),
    stop() {
      clearTimeout(timer);
    },
  };
}

function elapsedSince(since: number): string {
  return formatElapsed(performance.now() - since);
}
