import { ProcessGroup } from "../system/process-group.ts";
import { afterRunning, runningMs } from "../system/running-time.ts";
import type { LeanServerOptions, ReplConnection, ReplLaunch, RunOptions } from "./connection.ts";
import {
  ReplDiedError,
  type ReplEndDetails,
  ReplEndedError,
  ReplProtocolError,
  ReplTimeoutError,
  startErrorOf,
} from "./errors.ts";
import { AnswerFramer, type FramedAnswer } from "./framing.ts";
import { IdHistory, type Making, type ReplId } from "./id-history.ts";
import { watchMemory } from "./memory-watch.ts";
import type { AnswerTo, ReplAnswer, ReplRequest } from "./protocol.ts";
import { checkAnswer, excerpt, type RequestKind } from "./protocol-check.ts";
import { checkRun, type EndReason, type Pending, RequestQueue } from "./request-queue.ts";

/** How long a process may live on that has closed its output, in milliseconds. */
const CLOSED_OUTPUT_MS = 1000;

/**
 * How long a process that has never answered may take for its first answer after it printed other
 * text, in milliseconds: it may be no REPL.
 */
const FIRST_ANSWER_MS = 10_000;

/** One REPL process, from the constructor to {@link LeanServer.close}. */
export class LeanServer implements ReplConnection {
  readonly launch: ReplLaunch;
  readonly startedAt = Date.now();
  readonly #options: LeanServerOptions;
  readonly #group: ProcessGroup;
  readonly #framer = new AnswerFramer();
  readonly #history = new IdHistory();
  readonly #queue = new RequestQueue();
  #hasAnswered = false;
  #commandsRun = 0;
  /** Cancels each timer of the current request. */
  readonly #timers = new Set<() => void>();
  /** Whether the time for the first answer of what may be no REPL has begun. */
  #isDoubtful = false;
  /** Why the process is being ended, or has ended; undefined while it works. */
  #endReason: EndReason | undefined;
  readonly #closed: Promise<void>;

  /** Starts the process. Where that fails, the first request is rejected with the reason. */
  constructor(launch: ReplLaunch, options: LeanServerOptions = {}) {
    this.launch = launch;
    this.#options = options;
    // A process that closed its output can answer nothing more, but may live on.
    const endSilent = () => this.#endForProtocol("it closed its standard output");
    this.#group = new ProcessGroup(launch, {
      onOutput: (chunk) => this.#receive(chunk),
      onOutputEnd: () => setTimeout(endSilent, CLOSED_OUTPUT_MS).unref(),
    });
    const abort = () => this.#end(() => options.signal?.reason);
    options.signal?.addEventListener("abort", abort, { once: true });
    this.#closed = this.#group.closed.then((exit) => {
      this.#receiveLast();
      options.signal?.removeEventListener("abort", abort);
      const { startError } = this.#group;
      this.#endReason ??= startError
        ? () => startErrorOf(launch, startError)
        : (details) => new ReplDiedError(details);
      this.#rejectAll(exit);
    });
    if (options.signal?.aborted) {
      abort();
    }
  }

  get options(): LeanServerOptions {
    return this.#options;
  }

  get process(): object {
    // The ids of a process that has ended are those of none.
    return this.isAlive ? this : {};
  }

  /** The id of the process, and of its group. */
  get pid(): number | undefined {
    return this.#group.pid;
  }

  /** False once the process has ended or is being ended: then every request is rejected. */
  get isAlive(): boolean {
    return this.#endReason === undefined;
  }

  /** How many commands and tactics the process has answered. */
  get commandsRun(): number {
    return this.#commandsRun;
  }

  madeBy(of: ReplId): Making | undefined {
    return this.#history.get(of);
  }

  async run<R extends ReplRequest>(request: R, options: RunOptions = {}): Promise<AnswerTo<R>> {
    const checked = checkRun(request, options, this.#options);
    const answer = await new Promise<ReplAnswer>((resolve, reject) => {
      this.#queue.add({ ...checked, begunAt: undefined, resolve, reject });
      void this.#sendNext();
    });
    return answer as AnswerTo<R>;
  }

  /** Ends the process and all that it started; requests that are waiting are rejected. */
  async close(): Promise<void> {
    const reason: EndReason = (details) => new ReplEndedError("closed", "was closed", details);
    if (this.#queue.current) {
      this.#end(reason);
    } else {
      this.#endReason ??= reason;
      await this.#group.close();
    }
    await this.#closed;
  }

  async #sendNext(): Promise<void> {
    if (!this.isAlive) {
      await this.#closed;
      this.#rejectAll(await this.#group.closed);
      return;
    }
    for (let next = this.#queue.takeNext(); next; next = this.#queue.takeNext()) {
      const isAtWork = () => this.isAlive && this.#queue.current === next;
      if (this.#group.starting) {
        // The time of a request begins when there is a process to send it to.
        await this.#group.starting;
      }
      const { memoryLimit } = this.#options;
      if (memoryLimit !== undefined && isAtWork()) {
        const { pid } = this.#group;
        const end = (reason: EndReason) => this.#end(reason);
        await watchMemory({ pid, isAtWork, timers: this.#timers, end }, memoryLimit);
      }
      if (!this.isAlive) {
        return;
      }
      if (isAtWork()) {
        this.#begin(next);
      }
      this.#group.write(next.line);
    }
  }

  /** Notes that the REPL can begin with a request: from now on it is its time that passes. */
  #begin(pending: Pending): void {
    if (pending.timeout !== Number.POSITIVE_INFINITY) {
      const expire = () => this.#end((details) => new ReplTimeoutError(pending.timeout, details));
      this.#timers.add(afterRunning(pending.timeout * 1000, expire));
    }
    this.#log(pending, "> ", pending.request);
    pending.begunAt = runningMs();
  }

  #receive(chunk: Buffer): void {
    for (const answer of this.#framer.push(chunk)) {
      this.#answer(answer);
    }
    if (this.#framer.isTooLong) {
      this.#endForProtocol("an answer that does not end");
    }
    this.#judgeNoise();
    // Only now: an answer too many must not pass for that to the next request.
    void this.#sendNext();
  }

  #endForProtocol(problem: string): void {
    this.#end((details) => new ReplProtocolError(problem, details));
  }

  /** An old REPL may end without the empty line; anything else that is left is half an answer. */
  #receiveLast(): void {
    const answer = this.#framer.end();
    if (answer && this.#queue.current) {
      this.#answer(answer);
    }
    if (!this.#queue.current) {
      this.#passOn(this.#framer.noise);
    }
  }

  /** Waits for no answer of what may be no REPL. */
  #judgeNoise(): void {
    if (this.#framer.noise !== "" && !this.#hasAnswered && !this.#isDoubtful) {
      this.#isDoubtful = true;
      const expire = () => this.#endForPrinted(this.#framer.noise);
      this.#timers.add(afterRunning(FIRST_ANSWER_MS, expire));
    }
  }

  #endForPrinted(text: string): void {
    this.#endForProtocol(`it printed ${JSON.stringify(excerpt(text))}`);
  }

  #answer({ noise, text, value }: FramedAnswer): void {
    const pending = this.#queue.current;
    if (!this.isAlive) {
      return;
    }
    if (pending?.begunAt === undefined) {
      this.#endForPrinted(text);
      return;
    }
    this.#log(pending, "< ", value);
    const checked = checkAnswer(pending.kind, value);
    if (!checked.ok) {
      // What comes next may be the answer to this one.
      if (noise === "") {
        this.#endForProtocol(`its answer is not understood: ${checked.problem}`);
      } else {
        this.#endForPrinted(`${noise}\n${text}`);
      }
      return;
    }
    if (noise !== "" && this.#history.leavesOutId(pending.kind, pending.request, checked.answer)) {
      // It is the answer to a later request: other text has spoilt the one before it.
      this.#endForPrinted(noise);
      return;
    }
    if (pending.pipelined && this.#history.isRepeated(pending.kind, checked.answer)) {
      // An answer too many, which must not pass for that to what was sent after it.
      this.#endForProtocol(`it gave out an id again: ${excerpt(text)}`);
      return;
    }
    this.#passOn(noise);
    this.#queue.finishCurrent();
    this.#hasAnswered = true;
    this.#commandsRun += isCommand(pending.kind) ? 1 : 0;
    this.#clearTimers();
    const elapsedMs = runningMs() - pending.begunAt;
    this.#history.record(pending.kind, pending.request, checked.answer, elapsedMs);
    pending.resolve(checked.answer);
    if (this.#queue.current) {
      this.#begin(this.#queue.current);
    }
  }

  #end(reason: EndReason): void {
    if (this.isAlive) {
      this.#endReason = reason;
      this.#clearTimers();
      this.#group.end();
    }
  }

  #rejectAll(exit: ReplEndDetails["exit"]): void {
    this.#clearTimers();
    const stderr = this.#group.stderr.toString();
    const hasAnswered = this.#hasAnswered;
    const printed = this.#framer.noise;
    for (const { pending, turn } of this.#queue.takeAll()) {
      const asked = excerpt(pending.request);
      pending.reject(this.#endReason?.({ asked, turn, exit, stderr, hasAnswered, printed }));
    }
  }

  #clearTimers(): void {
    for (const cancel of this.#timers) {
      cancel();
    }
    this.#timers.clear();
  }

  #log({ verbose }: Pending, direction: string, message: unknown): void {
    if (verbose) {
      this.#call(this.#options.log ?? writeToStderr, `${direction}${JSON.stringify(message)}`);
    }
  }

  /** Passes on the output of programs that the code started. */
  #passOn(text: string): void {
    const { onOutput } = this.#options;
    if (text !== "" && onOutput) {
      this.#call(onOutput, text);
    }
  }

  #call(listener: (text: string) => void, text: string): void {
    try {
      listener(text);
    } catch (error) {
      this.#end(() => error);
    }
  }
}

function writeToStderr(text: string): void {
  process.stderr.write(`${text}\n`);
}

function isCommand(kind: RequestKind): boolean {
  return kind === "command" || kind === "file" || kind === "tactic";
}
