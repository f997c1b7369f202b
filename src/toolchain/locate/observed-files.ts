/** Reading the files that identify Lean. */
import {
  accessSync,
  constants,
  type Dirent,
  readdirSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { hasSystemCode, isSystemError } from "../../errors.ts";
import { readSmallFile } from "../../system/small-file.ts";

/** A file that is not there, or one that is there and cannot be read. */
export type NotRead = "absent" | "unreadable";

/** Longer files are none of those that are looked for here. */
const MAX_BYTES = 2 ** 24;

/**
 * Reads the files that identify Lean, and records the youngest change and the unknown parts.
 *
 * It reads synchronously: the files are small and many, and most are in the system's cache, so
 * handing each to the thread pool would take longer than reading it.
 */
export class Evidence {
  /** A clause for each thing that is not known, such as `the lakefile.toml ... cannot be read`. */
  readonly unknown: string[] = [];
  /** When the youngest file changed last (`ctime`), in milliseconds since the epoch; 0 for none. */
  changedAt = 0;

  /** Records an unknown part: a clause that follows `not known: `. */
  doubt(clause: string): void {
    this.unknown.push(clause);
  }

  /** Reads a file, through links. */
  read(path: string): Buffer | NotRead {
    return readObserved(path, (found) => this.#noteChange(found));
  }

  /** Records the time of a file that somebody else reads. */
  look(path: string): void {
    const found = whatever(() => statSync(path, { throwIfNoEntry: false }));
    if (typeof found === "object") {
      this.#noteChange(found);
    }
  }

  #noteChange(found: Stats): void {
    this.changedAt = Math.max(this.changedAt, found.ctimeMs);
  }
}

/** Reads a small file, through links. @param onStats gets what stands there, if it can be opened */
export function readObserved(path: string, onStats?: (stats: Stats) => void): Buffer | NotRead {
  return whatever(() => {
    const found = readSmallFile(path, { maxBytes: MAX_BYTES });
    onStats?.(found.stats);
    return "content" in found ? found.content : "unreadable";
  });
}

/** The entries of a folder, in the order of their names. */
export function listFolder(path: string): Dirent[] | NotRead {
  return whatever(() =>
    readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1)),
  );
}

/** Where a path leads. */
export function followLinks(path: string): string | NotRead {
  return whatever(() =>
    // Most of these paths do not exist, and this says so without an exception.
    statSync(path, { throwIfNoEntry: false }) ? realpathSync.native(path) : "absent",
  );
}

/** Whether something can be seen at a path. */
export function isThere(path: string): boolean {
  return typeof whatever(() => statSync(path, { throwIfNoEntry: false })) === "object";
}

/** Whether a folder is at a path. */
export function isFolder(path: string): boolean {
  const found = whatever(() => statSync(path, { throwIfNoEntry: false }));
  return typeof found === "object" && found.isDirectory();
}

/** Whether a file is at a path that this user may run. */
export function isExecutable(path: string): boolean {
  const isFile = whatever(() => {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  });
  return isFile === true;
}

function whatever<T>(look: () => T): T | NotRead {
  try {
    return look();
  } catch (error) {
    if (hasSystemCode(error, "ENOENT") || hasSystemCode(error, "ENOTDIR")) {
      return "absent";
    }
    if (isSystemError(error)) {
      return "unreadable";
    }
    throw error;
  }
}
