/**
 * How requests and answers lie on the pipes: a request is one line of JSON and an empty line, an
 * answer is JSON over one or more lines and an empty line (repl, `REPL/Main.lean`). Programs that the
 * code starts share standard output with the REPL, so other text can stand before an answer.
 */

/** The longest answer that is taken: one that has no end must not fill the memory. */
const MAX_ANSWER_BYTES = 2 ** 28;

/** How many characters of the text before an answer are kept. */
const MAX_NOISE = 2 ** 16;

/** At how many places the beginning of an answer is looked for. */
const MAX_PLACES = 100;

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** One answer. */
export interface FramedAnswer {
  /** The text before it that belongs to no answer, without empty lines; empty where there is none. */
  noise: string;
  /** The answer as it was printed. */
  text: string;
  /** Its JSON. */
  value: unknown;
}

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
  /** The chunks of the paragraph that is coming in, each without what belongs to another one. */
  #chunks: Buffer[] = [];
  #pendingBytes = 0;
  /** Whether the line that is coming in holds nothing but its end so far. */
  #lineIsEmpty = true;
  /** Whether the paragraph that is coming in holds anything. */
  #hasText = false;
  #noise = "";

  /** Whether the answer that is coming in is longer than any can be. */
  get isTooLong(): boolean {
    return this.#pendingBytes > MAX_ANSWER_BYTES;
  }

  /** The paragraphs since the last answer: an empty line has ended them, and they hold no answer. */
  get noise(): string {
    return this.#noise;
  }

  /** Takes the next bytes and returns the answers that they complete. */
  push(chunk: Buffer): FramedAnswer[] {
    const answers: FramedAnswer[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (byte === NEWLINE) {
        if (this.#lineIsEmpty && this.#hasText) {
          this.#chunks.push(chunk.subarray(start, at));
          const answer = this.#takeAnswer();
          answers.push(...(answer ? [answer] : []));
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

  /** Ends the input, and returns an answer without the empty line, if one is left. */
  end(): FramedAnswer | undefined {
    return this.#takeAnswer();
  }

  /** Ends a paragraph: returns the answer in it, or counts it to the noise. */
  #takeAnswer(): FramedAnswer | undefined {
    const paragraph = Buffer.concat(this.#chunks).toString("utf8").trim();
    this.#chunks = [];
    this.#pendingBytes = 0;
    this.#lineIsEmpty = true;
    this.#hasText = false;
    const answer = findAnswer(paragraph);
    this.#addNoise(answer ? paragraph.slice(0, answer.at) : paragraph);
    if (!answer) {
      return undefined;
    }
    const noise = this.#noise;
    this.#noise = "";
    return { noise, text: paragraph.slice(answer.at), value: answer.value };
  }

  #addNoise(text: string): void {
    const room = MAX_NOISE - this.#noise.length;
    if (room > 0) {
      const lines = text.slice(0, room).replaceAll(/\r?\n/g, "\n").trimEnd();
      const mark = text.length > room ? "..." : "";
      this.#noise += `${this.#noise === "" || lines === "" ? "" : "\n"}${lines}${mark}`;
    }
  }
}

/** Where an answer begins in a paragraph, and its JSON: it ends where the paragraph ends. */
function findAnswer(paragraph: string): { at: number; value: unknown } | undefined {
  // A program may have printed a line without an end before it: then it begins inside of a line.
  return parseAt(paragraph, /^\{/gm) ?? parseAt(paragraph, /\{/g);
}

/** The first of the places that match, of so many at most, from which on the text is JSON. */
function parseAt(text: string, place: RegExp): { at: number; value: unknown } | undefined {
  let tried = 0;
  for (const { index: at } of text.matchAll(place)) {
    if (++tried > MAX_PLACES) {
      break;
    }
    try {
      return { at, value: JSON.parse(text.slice(at)) };
    } catch {
      // Not JSON: it begins further down, or nowhere.
    }
  }
  return undefined;
}
