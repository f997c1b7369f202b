import type { ReplConnection, RunOptions } from "../../repl/connection.ts";
import { ReplEndedError, ReplMemoryError } from "../../repl/errors.ts";
import { errorMessages, isErrorAnswer } from "../../repl/protocol.ts";
import type { ImportLimit } from "./import-limit.ts";

/** An id, and the process that it belongs to. */
interface Made {
  process: object;
  id: number;
  /** Whether a state came back on it. */
  isProven: boolean;
}

/**
 * An environment that holds what code imports and nothing else, for proof states to be replayed
 * onto: made when it is first needed, and again in the next process after one that ended.
 */
export class SharedBase {
  readonly #header: string | null;
  readonly #options: RunOptions;
  readonly #limit: ImportLimit | undefined;
  #made: Made | undefined;
  #isKnown: boolean;
  #isUnusable: boolean;

  /**
   * @param header the code that imports; null where there is nothing to share
   * @param options of the request that imports
   * @param limit of the imports of the server that states are loaded into; undefined where all that
   * is loaded is to stay there
   */
  constructor(header: string | null, options: RunOptions, limit?: ImportLimit) {
    this.#header = header;
    this.#options = options;
    this.#limit = limit;
    this.#isUnusable = header === null;
    // Without imports, there is little that a REPL could do once more for each state.
    this.#isKnown = header === "";
  }

  /** Whether it has turned out to be of no use, or never was. */
  get isUnusable(): boolean {
    return this.#isUnusable;
  }

  /** Whether the REPL is known to replay proof states onto environments. */
  get isKnownToRepl(): boolean {
    return this.#isKnown;
  }

  /** Notes whether the REPL replays proof states onto environments. */
  noteWhetherKnown(isKnown: boolean): void {
    this.#isKnown = isKnown;
    this.#isUnusable ||= !isKnown;
  }

  /** To be called before Lean may be made to import: there may be a new process after it. */
  async makeRoom(): Promise<void> {
    await this.#limit?.makeRoom();
  }

  /** To be called before Lean is made to import: as {@link makeRoom}, and notes it. */
  async beginImport(): Promise<void> {
    await this.#limit?.begin();
  }

  /** Notes that Lean is made to import. */
  countImport(): void {
    this.#limit?.count();
  }

  /** Notes that a state came back on it, in the process that it was made in last. */
  noteProven(): void {
    if (this.#made) {
      this.#made.isProven = true;
    }
  }

  /** Its id in the process behind `server`; undefined where no state came back on it there. */
  provenIn(server: ReplConnection): number | undefined {
    const made = this.#made;
    return made?.isProven && made.process === server.process ? made.id : undefined;
  }

  /** Its id in the process behind `server`; undefined where Lean could not make it. */
  async idIn(server: ReplConnection): Promise<number | undefined> {
    if (this.#made?.process === server.process) {
      return this.#made.id;
    }
    if (this.#header === null || this.#isUnusable) {
      return undefined;
    }
    const made = await this.#make(server, this.#header);
    this.#made = made;
    this.#isUnusable = made === undefined;
    return made?.id;
  }

  /** Where the REPL had too much memory, that was what others had taken: in a new one, once more. */
  async #make(server: ReplConnection, header: string): Promise<Made | undefined> {
    for (let isLast = false; ; isLast = true) {
      try {
        await this.beginImport();
        const answer = await server.run({ cmd: header }, this.#options);
        const isGood = !isErrorAnswer(answer) && errorMessages(answer).length === 0;
        return isGood ? { process: server.process, id: answer.env, isProven: false } : undefined;
      } catch (error) {
        if (!(error instanceof ReplEndedError) || error.code === "closed") {
          throw error;
        }
        if (isLast || !(error instanceof ReplMemoryError)) {
          return undefined;
        }
      }
    }
  }
}
