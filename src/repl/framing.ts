/**
 * How requests and answers lie on the pipes: a request is one line of JSON and an empty line, an
 * answer is JSON over one or more lines and an empty line (repl, `REPL/Main.lean`).
 */

/** The longest answer that is taken: one that has no end must not fill the memory. */
const MAX_ANSWER_BYTES = 2 ** 28;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * The bytes of a request. Always one line: the REPL joins the lines of a request without the
 * newline, and dies of an empty one.
 */
export function encodeRequest(request: object): string {
  return `${JSON.stringify(request)}\n\n`;
}

/**
 * Cuts what a REPL prints into answers, from chunks of any size. A chunk may end anywhere, inside
 * a UTF-8 character too. Each byte is looked at once, so the time grows with the bytes.
 */
export class AnswerFramer {
  /** The chunks of the answer that is coming in, each without what belongs to another answer. */
  #chunks: Buffer[] = [];
  #pendingBytes = 0;
  /** Whether the line that is coming in holds nothing but its end so far. */
  #lineIsEmpty = true;
  /** Whether the answer that is coming in holds anything. */
  #hasText = false;

  /** Whether the answer that is coming in is longer than any can be. */
  get isTooLong(): boolean {
    return this.#pendingBytes > MAX_ANSWER_BYTES;
  }

  /** Takes the next bytes and returns the texts of the answers that they complete. */
  push(chunk: Buffer): string[] {
    const answers: string[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === NEWLINE) {
        if (this.#lineIsEmpty && this.#hasText) {
          this.#chunks.push(chunk.subarray(start, at));
          answers.push(this.#take());
          start = at + 1;
        }
        this.#lineIsEmpty = true;
      } else if (byte !== CARRIAGE_RETURN) {
        this.#lineIsEmpty = false;
        this.#hasText = true;
      }
    }
    if (start < chunk.length) {
      this.#chunks.push(chunk.subarray(start));
      this.#pendingBytes += chunk.length - start;
    }
    return answers;
  }

  /** The text after the last whole answer, without white space around it: call it at the end. */
  rest(): string {
    return this.#take();
  }

  #take(): string {
    const text = Buffer.concat(this.#chunks).toString("utf8").trim();
    this.#chunks = [];
    this.#pendingBytes = 0;
    this.#lineIsEmpty = true;
    this.#hasText = false;
    return text;
  }
}
