/** Pickles on their way from a remote and to it. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { collect, type ObjectBody, type ObjectStore } from "./object-store.ts";
import { RemoteError } from "./remote-error.ts";
import type { SharedState } from "./state-file.ts";

/** A pickle that goes through memory in one piece. */
const SMALL_BYTES = 2 ** 20;

/** What a pickle must be. */
export type PickleFacts = Pick<SharedState, "bytes" | "sha256">;

/** The path of a pickle in a remote. */
export function picklePath({ sha256 }: PickleFacts): string {
  return `v1/pickles/${sha256}.olean`;
}

/**
 * Downloads a pickle into a new file. The file is there only if it is the pickle: its length and its
 * digest are checked.
 * @param path must not exist
 * @param maxBytes a larger pickle is not read
 * @returns whether the remote has it
 * @throws {RemoteError} `misfit` for other content, besides what {@link ObjectStore.read} throws
 * @throws the system's error for a file that cannot be written
 */
export async function downloadPickle(
  store: ObjectStore,
  facts: PickleFacts,
  path: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<boolean> {
  if (facts.bytes > maxBytes) {
    throw new RemoteError("misfit", `it has ${facts.bytes} bytes, more than are read`);
  }
  const write = (body: ObjectBody) => writeChecked(body, facts, path);
  return (await store.read(picklePath(facts), facts.bytes, write, signal)) ?? false;
}

async function writeChecked(body: ObjectBody, facts: PickleFacts, path: string): Promise<true> {
  if (body.bytes !== undefined && body.bytes !== facts.bytes) {
    throw wrongLength(body.bytes, facts);
  }
  const chunks = checked(body.chunks, facts);
  const file = await open(path, "wx", 0o600);
  try {
    if (facts.bytes <= SMALL_BYTES) {
      // A stream takes longer to begin than this takes.
      await file.writeFile(await collect(chunks));
      await file.close();
    } else {
      await pipeline(chunks, file.createWriteStream());
    }
    return true;
  } catch (error) {
    // A stream that fails before it starts leaves the file open.
    await file.close().catch(() => undefined);
    await rm(path, { force: true });
    throw error;
  }
}

/** Passes chunks on, and throws at their end if they are not the pickle. */
async function* checked(chunks: AsyncIterable<Buffer>, facts: PickleFacts): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.length;
    yield chunk;
  }
  if (bytes !== facts.bytes) {
    throw wrongLength(bytes, facts);
  }
  if (hash.digest("hex") !== facts.sha256) {
    throw new RemoteError("misfit", "its SHA-256 is another");
  }
}

function wrongLength(bytes: number, facts: PickleFacts): RemoteError {
  return new RemoteError("misfit", `it has ${bytes} bytes instead of ${facts.bytes}`);
}

/**
 * Uploads a pickle.
 * @throws {RemoteError} `misfit` if the file has another size, besides what {@link ObjectStore.put} throws
 * @throws the system's error for a file that cannot be read
 */
export async function uploadPickle(
  store: ObjectStore,
  facts: PickleFacts,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  const { size } = await stat(path);
  if (size !== facts.bytes) {
    throw new RemoteError("misfit", `${path} has ${size} bytes instead of ${facts.bytes}`);
  }
  const { bytes, sha256 } = facts;
  const type = "application/octet-stream";
  const upload = { bytes, sha256, type, open: () => createReadStream(path) };
  await store.put(picklePath(facts), upload, signal);
}
