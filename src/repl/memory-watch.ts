import { ReplMemoryError } from "./errors.ts";
import { memoryOfGroup } from "./group-memory.ts";
import type { EndReason } from "./request-queue.ts";

/** How often the memory of a REPL with a limit is looked at while it works, in milliseconds. */
const MEMORY_CHECK_MS = 200;

/** The work of a REPL during which its memory is watched. */
export interface Watched {
  /** The leader of its process group; undefined where it was not started. */
  pid: number | undefined;
  /** Whether it still works. */
  isAtWork(): boolean;
  /** What cancels the timers of that work. */
  timers: Set<() => void>;
  /** Ends the REPL. */
  end(reason: EndReason): void;
}

/**
 * Looks at the memory of a REPL now, and again and again while it works, and ends it past the limit.
 * Resolves after the first look.
 */
export async function watchMemory(watched: Watched, limitMib: number): Promise<void> {
  const { pid, timers } = watched;
  try {
    const bytes = pid === undefined ? 0 : await memoryOfGroup(pid);
    if (bytes > limitMib * 2 ** 20) {
      watched.end((details) => new ReplMemoryError(bytes, limitMib, details));
    }
  } catch (error) {
    // A limit that cannot be watched is no limit.
    watched.end(() => error);
  }
  if (watched.isAtWork()) {
    const timer = setTimeout(() => void watchMemory(watched, limitMib), MEMORY_CHECK_MS);
    timers.add(() => clearTimeout(timer));
  }
}
