import { createHash, randomBytes } from "node:crypto";
import {
  type BigIntStats,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isSystemError } from "../../errors.ts";
import { parseJson } from "../locate/json.ts";
import { readObserved } from "../locate/observed-files.ts";
import { userCacheFolder } from "../locate/user-cache.ts";

/** In bytes: hashing as much takes about a millisecond, as long as looking for a memo. */
const HASHED_EACH_TIME = 1024 * 1024;

/** In milliseconds: more than one tick of any file system's clock (FAT has the longest, 2 s). */
const SETTLED_AFTER = 2000;

/** The fields by which a file is recognised as the one that was hashed. */
const STAMP = ["dev", "ino", "size", "mtimeNs", "ctimeNs"] as const;

/**
 * The SHA-256 of an executable, as 64 hexadecimal digits. The digest of a large file is stored in
 * the user's cache folder, in `executables/<SHA-256 of its real path>.json`, and used as long as
 * the file has the same device, inode, size and times (in nanoseconds).
 * @throws an error of the operating system where the executable cannot be read
 */
export function digestExecutable(path: string): string {
  const file = openSync(path, "r");
  try {
    const now = Date.now();
    const before = fstatSync(file, { bigint: true });
    if (before.size <= HASHED_EACH_TIME) {
      return hash(file);
    }
    const memo = memoPath(realpathSync.native(path));
    const remembered = memo === undefined ? undefined : recall(memo, before);
    if (remembered !== undefined) {
      return remembered;
    }
    const sha256 = hash(file);
    const after = fstatSync(file, { bigint: true });
    // A file that has just changed may change again within one tick, and keep the same times.
    const isSettled = now - Number(before.ctimeMs) >= SETTLED_AFTER;
    if (memo !== undefined && isSettled && STAMP.every((part) => before[part] === after[part])) {
      remember(memo, before, sha256);
    }
    return sha256;
  } finally {
    closeSync(file);
  }
}

function hash(file: number): string {
  const sha256 = createHash("sha256");
  const buffer = Buffer.allocUnsafe(HASHED_EACH_TIME);
  for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) {
    sha256.update(buffer.subarray(0, read));
  }
  return sha256.digest("hex");
}

function memoPath(realPath: string): string | undefined {
  const folder = userCacheFolder();
  const name = createHash("sha256").update(realPath).digest("hex");
  return folder && join(folder, "executables", `${name}.json`);
}

function recall(memo: string, file: BigIntStats): string | undefined {
  const found = readObserved(memo);
  const { sha256, ...stamp } = typeof found === "string" ? {} : parseMemo(found.toString());
  const isOfFile = STAMP.every((part) => stamp[part] === String(file[part]));
  const isDigest = typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
  return isOfFile && isDigest ? sha256 : undefined;
}

function parseMemo(text: string): Record<string, unknown> {
  const memo = parseJson(text);
  return memo instanceof Object ? { ...memo } : {};
}

/** Writes a memo. A failure is ignored: it only costs the next run the hashing. */
function remember(memo: string, file: BigIntStats, sha256: string): void {
  const stamp = STAMP.map((part) => [part, String(file[part])]);
  const text = JSON.stringify({ ...Object.fromEntries(stamp), sha256 });
  const temporary = `${memo}.${randomBytes(8).toString("hex")}`;
  const isWritten = unlessRefused(() => {
    mkdirSync(dirname(memo), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, text, { flag: "wx", mode: 0o600 });
    renameSync(temporary, memo);
  });
  if (!isWritten) {
    unlessRefused(() => rmSync(temporary, { force: true }));
  }
}

function unlessRefused(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (isSystemError(error)) {
      return false;
    }
    throw error;
  }
}
