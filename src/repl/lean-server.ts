import { performance } from "node:perf_hooks";
import { ProcessGroup } from "../system/process-group.ts";
import {
  checkTimeout,
  DEFAULT_TIMEOUT_S,
  type LeanServerOptions,
  type ReplConnection,
  type ReplLaunch,
  type RunOptions,
} from "./connection.ts";
import {
  ReplDiedError,
  type ReplEndDetails,
  ReplEndedError,
  ReplProtocolError,
  ReplTimeoutError,
  startErrorOf,
} from "./errors.ts";
import { AnswerFramer, encodeRequest } from "./framing.ts";
import { type Making, Makings, type ReplId } from "./makings.ts";
import { watchMemory } from "./memory-watch.ts";
import type { EndReason, Pending } from "./pending.ts";
import type { AnswerTo, ReplAnswer, ReplRequest } from "./protocol.ts";
import { checkAnswer, checkRequest, excerpt, parseAnswer } from "./protocol-check.ts";

/** How long a process may live on that has closed its output, in milliseconds. */
const CLOSED_OUTPUT_MS = 1000;

/** One REPL process, from the constructor to {@link LeanServer.close}. */
export class LeanServer implements ReplConnection {
  readonly launch: ReplLaunch;
  readonly startedAt = Date.now();
  readonly #options: LeanServerOptions;
  readonly #group: ProcessGroup;
  readonly #framer = new AnswerFramer();
  readonly #makings = new Makings();
  readonly #waiting: Pending[] = [];
  #hasAnswered = false;
  #active: Pending | undefined;
  readonly #timers = new Set<NodeJS.Timeout>();
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

  madeBy(of: ReplId): Making | undefined {
    return this.#makings.get(of);
  }

  async run<R extends ReplRequest>(request: R, options: RunOptions = {}): Promise<AnswerTo<R>> {
    const line = encodeRequest(request);
    const sent = JSON.parse(line) as ReplRequest;
    const kind = checkRequest(sent);
    const timeout = checkTimeout(options.timeout ?? this.#options.timeout ?? DEFAULT_TIMEOUT_S);
    const verbose = options.verbose ?? this.#options.verbose ?? false;
    const answer = await new Promise<ReplAnswer>((resolve, reject) => {
      const pending = { request: sent, line, kind, timeout, verbose, sentAt: 0, resolve, reject };
      this.#waiting.push(pending);
      void this.#sendNext();
    });
    return answer as AnswerTo<R>;
  }

  /** Ends the process and all that it started; requests that are waiting are rejected. */
  async close(): Promise<void> {
    const reason: EndReason = (details) => new ReplEndedError("closed", "was closed", details);
    if (this.#active) {
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
    const next = this.#active ? undefined : this.#waiting.shift();
    if (!next) {
      return;
    }
    this.#active = next;
    const { memoryLimit } = this.#options;
    const isAtWork = () => this.isAlive && this.#active === next;
    if (this.#group.starting) {
      // The time of a request begins when there is a process to send it to.
      await this.#group.starting;
    }
    if (memoryLimit !== undefined && isAtWork()) {
      const { pid } = this.#group;
      const end = (reason: EndReason) => this.#end(reason);
      await watchMemory({ pid, isAtWork, timers: this.#timers, end }, memoryLimit);
    }
    if (!isAtWork()) {
      return;
    }
    if (next.timeout !== Number.POSITIVE_INFINITY) {
      const expire = () => this.#end((details) => new ReplTimeoutError(next.timeout, details));
      this.#timers.add(setTimeout(expire, next.timeout * 1000));
    }
    this.#log(next, "> ", next.request);
    next.sentAt = performance.now();
    this.#group.write(next.line);
  }

  #receive(chunk: Buffer): void {
    for (const text of this.#framer.push(chunk)) {
      this.#answer(text);
    }
    if (this.#framer.isTooLong) {
      this.#endForProtocol("an answer that does not end");
    }
    // Only now: an answer too many must not pass for that to the next request.
    void this.#sendNext();
  }

  #endForProtocol(problem: string): void {
    this.#end((details) => new ReplProtocolError(problem, details));
  }

  /** An old REPL may end without the empty line; anything else that is left is half an answer. */
  #receiveLast(): void {
    const text = this.#framer.rest();
    if (this.#active && parseAnswer(text)) {
      this.#answer(text);
    }
  }

  #answer(text: string): void {
    const pending = this.#active;
    if (!this.isAlive) {
      return;
    }
    const parsed = parseAnswer(text);
    if (parsed === undefined || !pending?.sentAt) {
      this.#endForProtocol(`it printed ${JSON.stringify(excerpt(text))}`);
      return;
    }
    this.#log(pending, "< ", parsed.value);
    const checked = checkAnswer(pending.kind, parsed.value);
    if (!checked.ok) {
      // What comes next may be the answer to this one.
      this.#endForProtocol(`its answer is not understood: ${checked.problem}`);
      return;
    }
    this.#active = undefined;
    this.#hasAnswered = true;
    this.#clearTimers();
    const elapsedMs = performance.now() - pending.sentAt;
    this.#makings.record(pending.kind, pending.request, checked.answer, elapsedMs);
    pending.resolve(checked.answer);
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
    const rejectOne = ({ request, reject }: Pending, turn: ReplEndDetails["turn"]) =>
      reject(this.#endReason?.({ asked: excerpt(request), turn, exit, stderr, hasAnswered }));
    const active = this.#active;
    this.#active = undefined;
    if (active) {
      rejectOne(active, active.sentAt > 0 ? "run" : "next");
    }
    for (const pending of this.#waiting.splice(0)) {
      rejectOne(pending, "waiting");
    }
  }

  #clearTimers(): void {
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
    this.#timers.clear();
  }

  #log({ verbose }: Pending, direction: string, message: unknown): void {
    if (verbose) {
      const log = this.#options.log ?? ((line) => process.stderr.write(`${line}\n`));
      try {
        log(`${direction}${JSON.stringify(message)}`);
      } catch (error) {
        this.#end(() => error);
      }
    }
  }
}
