import type { ReplConnection, RunOptions } from "../repl/connection.ts";
import { ReplEndedError } from "../repl/errors.ts";
import { errorMessages, isErrorAnswer } from "../repl/protocol.ts";

/**
 * An environment that holds what code imports and nothing else, for proof states to be replayed
 * onto: made when it is first needed, and again in the next process after one that ended.
 */
export class SharedBase {
  readonly #header: string | null;
  readonly #options: RunOptions;
  #made: { process: object; id: number } | undefined;
  #isUnusable = false;
  #imports = 0;

  /**
   * @param header the code that imports; null where there is nothing to share
   * @param options of the request that imports
   */
  constructor(header: string | null, options: RunOptions) {
    this.#header = header;
    this.#options = options;
  }

  /** Notes that a state is loaded which imports by itself. */
  countImport(): void {
    this.#imports++;
  }

  /** How often Lean was made to import since this was asked last. */
  takeImports(): number {
    const imports = this.#imports;
    this.#imports = 0;
    return imports;
  }

  /** Whether it is there in the process behind `server`, which then needs not import. */
  isIn(server: ReplConnection): boolean {
    return this.#made?.process === server.process;
  }

  /** Its id in the process behind `server`; undefined where Lean could not make it. */
  async idIn(server: ReplConnection): Promise<number | undefined> {
    if (this.#made && this.isIn(server)) {
      return this.#made.id;
    }
    if (this.#header === null || this.#isUnusable) {
      return undefined;
    }
    try {
      this.countImport();
      const answer = await server.run({ cmd: this.#header }, this.#options);
      if (!isErrorAnswer(answer) && errorMessages(answer).length === 0) {
        this.#made = { process: server.process, id: answer.env };
        return answer.env;
      }
    } catch (error) {
      if (!(error instanceof ReplEndedError) || error.code === "closed") {
        throw error;
      }
    }
    this.#isUnusable = true;
    return undefined;
  }
}
