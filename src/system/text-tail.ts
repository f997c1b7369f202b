const MAX_BYTES = 8192;
const MAX_LINES = 20;

/** Keeps the end of a stream of text, and forgets the rest, so that it never grows. */
export class TextTail {
  #bytes: Buffer = Buffer.alloc(0);

  /** Takes the next bytes. */
  push(chunk: Buffer): void {
    const joined = chunk.length >= MAX_BYTES ? chunk : Buffer.concat([this.#bytes, chunk]);
    // Copied: a slice would keep the whole chunk in memory.
    this.#bytes = Buffer.from(joined.subarray(-MAX_BYTES));
  }

  /** The last lines, at most twenty, without the white space around them. */
  toString(): string {
    return this.#bytes.toString("utf8").trim().split("\n").slice(-MAX_LINES).join("\n");
  }
}
