/** The pickles of a cache: files that are written once, under a name of their own. */
import { createHash, type Hash, randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { join, resolve } from "node:path";
import { hasSystemCode, isSystemError, LeanPickleError } from "../../errors.ts";
import { READ_NO_FOLLOW } from "../../system/small-file.ts";
import { randomName, syncDirectory, withDescriptor } from "../disk/durable.ts";
import { fileSystem } from "../disk/file-system.ts";
import { checkFolders, prepareFolders } from "../disk/folders.ts";
import { CACHE_FOLDER, cachePath, picklePath, temporaryPath } from "../disk/layout.ts";
import type { ManifestState } from "../manifest/schema.ts";
import { type OleanHeader, parseOleanHeader } from "./olean-header.ts";
import { END_BYTES, lookOf, type PickleLook, START_BYTES } from "./pickle-end.ts";

/** How much of a pickle is read at once. */
const CHUNK_BYTES = 2 ** 20;

/** `olean`, and the version of the format. */
const MAGIC_BYTES = 6;

/** What is known of a pickle once it is written. */
export interface PickleFacts {
  bytes: number;
  sha256: string;
  /** Null for a header of an unknown form. */
  header: OleanHeader | null;
  /** Whether it looks as if its end was written. */
  look: PickleLook;
  /** What tells one kind of file from another: its first bytes, in hexadecimal. */
  magic: string;
}

/** The entry of a manifest, as far as it describes the pickle. */
export type PickleEntry = Pick<ManifestState, "pickleFile" | "bytes" | "sha256">;

/** A path in the cache where a REPL can write a pickle that is no state's yet. */
export class TemporaryPickle {
  /** The absolute path to give to the REPL, whose working directory is another. */
  readonly path: string;
  readonly #workingDir: string;
  readonly #name = randomName();

  private constructor(workingDir: string) {
    this.#workingDir = workingDir;
    this.path = resolve(temporaryPath(workingDir), `${this.#name}.olean`);
  }

  /**
   * Makes such a path, and the cache's folders if they are missing. The REPL makes the file. The
   * caller must {@link keep} or {@link discard} it.
   */
  static async create(workingDir: string): Promise<TemporaryPickle> {
    await prepareFolders(workingDir);
    return new TemporaryPickle(workingDir);
  }

  /** The folder that it lies in. */
  get folder(): string {
    return temporaryPath(this.#workingDir);
  }

  /** Reads what was written here, makes it read-only and durable, and says what it is. */
  async seal(): Promise<PickleFacts> {
    try {
      return await withDescriptor(this.path, READ_NO_FOLLOW, async (file) => {
        const facts = await readFacts(file);
        fileSystem.fchmodSync(file, 0o400);
        await fileSystem.fsync(file);
        return facts;
      });
    } catch (error) {
      if (hasSystemCode(error, "ENOENT")) {
        const message = `The REPL said that it wrote the pickle ${this.path}, but there is none.`;
        throw new LeanPickleError("pickle-failed", message, {
          hint: "Does the REPL see the same files as this program?",
          cause: error,
        });
      }
      throw error;
    }
  }

  /**
   * Gives the sealed pickle its own name, for good, and returns that for the manifest. The name is
   * on the disk once {@link syncPickles} was called.
   */
  async keep(key: string): Promise<string> {
    const pickleFile = `${CACHE_FOLDER}/${key}.${randomBytes(4).toString("hex")}.olean`;
    // Another thread takes longer to begin than this takes.
    fileSystem.renameSync(this.path, join(this.#workingDir, pickleFile));
    return pickleFile;
  }

  /** Removes what is left here: the file, and what Lean writes beside it while it pickles. */
  async discard(): Promise<void> {
    const folder = temporaryPath(this.#workingDir);
    // If the folder cannot be listed, another error has reported that. Files left in it are garbage.
    const names = await fileSystem.readdir(folder).catch(() => []);
    for (const name of names.filter((each) => each.startsWith(this.#name))) {
      await fileSystem.rm(join(folder, name), { force: true });
    }
  }
}

/** Makes the names of all kept pickles durable: call it before the manifest names them. */
export async function syncPickles(workingDir: string): Promise<void> {
  await syncDirectory(cachePath(workingDir));
}

/** Removes a pickle that no manifest names any more; one that is gone already is all right. */
export async function removePickle(workingDir: string, pickleFile: string): Promise<void> {
  checkFolders(workingDir);
  await fileSystem.rm(join(workingDir, pickleFile), { force: true });
}

/** What is wrong with a pickle: it is not there, it is no file, or it is not what was written. */
export type DamageKind = "missing" | "no-file" | "size" | "content";

/** What is wrong with a pickle, and a clause that says it: `is missing`. */
interface PickleDamage {
  kind: DamageKind;
  clause: string;
}

/** An undamaged pickle with its header, or its damage. */
export type ExaminedPickle = { header: OleanHeader | null } | PickleDamage;

/**
 * Checks that a pickle is the one that was written: Lean checks nothing, and a damaged one is
 * undefined behaviour in it. Returns a sentence that says what is wrong, or undefined.
 * @throws {LeanPickleError} `cache-damaged` if its folder is no folder
 */
export async function findDamage(
  workingDir: string,
  entry: PickleEntry,
): Promise<string | undefined> {
  const examined = await examinePickle(workingDir, entry);
  return "kind" in examined
    ? `Its pickle ${picklePath(workingDir, entry)} ${examined.clause}.`
    : undefined;
}

/** As {@link findDamage}, with what a program wants to know of it. */
export async function examinePickle(
  workingDir: string,
  entry: PickleEntry,
): Promise<ExaminedPickle> {
  const path = picklePath(workingDir, entry);
  checkFolders(workingDir);
  try {
    return await withDescriptor(path, READ_NO_FOLLOW, async (file) => {
      const misfit = findMisfit(entry, fileSystem.fstatSync(file));
      return misfit ?? compare(entry, await readFacts(file));
    });
  } catch (error) {
    for (const [code, damage] of NOT_OPENED) {
      if (hasSystemCode(error, code)) {
        return damage;
      }
    }
    throw error;
  }
}

/** What the errors of the system say of a pickle that cannot be opened. */
const NOT_OPENED = new Map<string, PickleDamage>([
  ["ENOENT", { kind: "missing", clause: "is missing" }],
  ["ELOOP", { kind: "no-file", clause: "is a link" }],
  // A socket, or a device that is not there.
  ["ENXIO", { kind: "no-file", clause: "is no regular file" }],
]);

function findMisfit({ bytes }: PickleEntry, found: Stats): PickleDamage | undefined {
  if (!found.isFile()) {
    return { kind: "no-file", clause: "is no regular file" };
  }
  return found.size === bytes
    ? undefined
    : { kind: "size", clause: `has ${found.size} bytes instead of ${bytes}` };
}

function compare(
  { sha256 }: PickleEntry,
  found: Pick<PickleFacts, "sha256" | "header">,
): ExaminedPickle {
  return found.sha256 === sha256
    ? { header: found.header }
    : { kind: "content", clause: "is not what was written: its SHA-256 is another" };
}

/** Reads an open file, at its start. */
async function readFacts(file: number): Promise<PickleFacts> {
  const hash = createHash("sha256");
  const { size } = fileSystem.fstatSync(file);
  if (size <= CHUNK_BYTES) {
    // It is read in less time than another thread takes to begin.
    const content = fileSystem.readFileSync(file);
    const [start, end] = [content.subarray(0, START_BYTES), content.subarray(-END_BYTES)];
    return factsOf(hash.update(content), content.length, start, end);
  }
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let bytes = 0;
  let start = Buffer.alloc(0);
  let end = Buffer.alloc(0);
  for (;;) {
    const { bytesRead } = await fileSystem.read(file, buffer, 0, buffer.length, bytes);
    if (bytesRead === 0) {
      return factsOf(hash, bytes, start, end);
    }
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    bytes += bytesRead;
    if (start.length < START_BYTES) {
      start = Buffer.concat([start, chunk]).subarray(0, START_BYTES);
    }
    end = Buffer.concat([end, chunk.subarray(-END_BYTES)]).subarray(-END_BYTES);
  }
}

function factsOf(hash: Hash, bytes: number, start: Buffer, end: Buffer): PickleFacts {
  return {
    bytes,
    sha256: hash.digest("hex"),
    header: parseOleanHeader(start),
    look: lookOf({ bytes, start, end }),
    magic: start.toString("hex", 0, MAGIC_BYTES),
  };
}

/** What the pickle of a state is; undefined if it cannot be read. */
export async function readPickleFacts(
  workingDir: string,
  entry: Pick<ManifestState, "pickleFile">,
): Promise<PickleFacts | undefined> {
  try {
    return await withDescriptor(picklePath(workingDir, entry), READ_NO_FOLLOW, readFacts);
  } catch (error) {
    if (isSystemError(error)) {
      return undefined;
    }
    throw error;
  }
}
