/** Batches for tests: their lines, and what came of them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type LogEvent, readLog } from "../simulated-repl/index.ts";
import { type Ended, run } from "./program.ts";

/** A theorem with a sorry for each side of its goal. */
export const TWO_SORRIES =
  "theorem a (p : Prop) (h : p) : p := by sorry\ntheorem b (q : Prop) (h : q) : q := by sorry";

/** Lines of a batch that make this many states, each an environment with a name. */
export function namedLines(count: number): { cmd: string; name: string }[] {
  return Array.from({ length: count }, (_, n) => ({ cmd: `def f${n} := ${n}`, name: `n${n}` }));
}

/** Additions as JSON Lines. */
export function jsonLines(lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** How a batch ended. */
export interface EndedBatch extends Ended {
  /** The lines of standard output. */
  printed: string[];
  /** What the REPLs that it started did. */
  log: LogEvent[];
  /** How many of them there were. */
  starts: number;
}

/** Runs `add --batch` to its end. */
export async function addBatch(
  cwd: string,
  lines: readonly object[],
  args: readonly string[] = [],
  repl: Record<string, string> = {},
): Promise<EndedBatch> {
  const LOG = join(cwd, "repl.log");
  const before = readLog(LOG).length;
  writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
  const ended = await run(["add", "--batch", "batch.jsonl", ...args], {
    cwd,
    repl: { LOG, ...repl },
  });
  const log = readLog(LOG).slice(before);
  const starts = log.filter(({ event }) => event === "start").length;
  return { ...ended, printed: ended.stdout.split("\n").slice(0, -1), log, starts };
}

/** The kinds of request that were made, in order. */
export function requests(log: readonly LogEvent[]): string[] {
  return log.flatMap(({ event, detail }) => (event === "request" ? (detail ?? "") : []));
}
