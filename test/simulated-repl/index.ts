// What other tests need to use the stand-in.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Absolute path of the executable, or of its bundle. README.md lists what can be set by its environment. */
export const simulatedRepl =
  process.env.LEAN_PICKLE_TEST_REPL ?? fileURLToPath(new URL("./repl.js", import.meta.url));

/** One line of the log; `detail` is empty, or modules, the kind of a request, a child's id. */
export type LogEvent = { event: EventName; pid: number; detail: string };
type EventName = "start" | "import" | "request" | "child";

/** What the stand-ins have logged so far, in order; nothing where none has written yet. */
export function readLog(path: string): LogEvent[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [event = "", pid = "", ...detail] = line.split(" ");
    return { event: event as EventName, pid: Number(pid), detail: detail.join(" ") };
  });
}
