// Where one request ends and the next begins.

const NEWLINE = 0x0a;

/**
 * Cuts what arrives on standard input into requests, as the REPL's `getLines` does: each line
 * loses the white space at its end, the line of white space that ends the request keeps its own
 * (which is why Lean says "offset 1" of an empty request), and nothing is put between lines.
 */
export class RequestFramer {
  /** Parts of the physical line that is not whole yet. @type {Buffer[]} */
  #partial = [];
  /** @type {string[]} */
  #lines = [];

  /**
   * The requests that are complete now that `chunk` has arrived.
   * @param {Buffer} chunk
   * @returns {Generator<string, void>}
   */
  *push(chunk) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#partial.push(chunk.subarray(from, at + 1));
      from = at + 1;
      const request = this.#line();
      if (request !== undefined) yield request;
    }
    if (from < chunk.length) this.#partial.push(Buffer.from(chunk.subarray(from)));
  }

  /**
   * The last request, which the end of input ends; nothing where the input ended between requests.
   * @returns {string | undefined}
   */
  end() {
    if (this.#partial.length > 0) {
      const request = this.#line();
      if (request !== undefined) return request;
    }
    return this.#lines.length > 0 ? this.#take("") : undefined;
  }

  /** Takes the whole line in `#partial`; a blank one completes a request. */
  #line() {
    const line = Buffer.concat(this.#partial).toString("utf8");
    this.#partial = [];
    if (line.trim() === "") return this.#take(line);
    this.#lines.push(line.trimEnd());
    return undefined;
  }

  /** @param {string} blankLine */
  #take(blankLine) {
    const request = this.#lines.join("") + blankLine;
    this.#lines = [];
    return request;
  }
}

/**
 * Whether the REPL skips this request without an answer.
 * @param {string} request
 */
export function isComment(request) {
  return request.startsWith("#") || request.startsWith("--");
}
