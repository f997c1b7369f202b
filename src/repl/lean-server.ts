import { performance } from "node:perf_hooks";
import { LeanPickleError } from "../errors.ts";
import {
  DEFAULT_TIMEOUT_S,
  type LeanServerOptions,
  type ReplConnection,
  type RunOptions,
} from "./connection.ts";
import {
  ReplDiedError,
  type ReplEndDetails,
  ReplEndedError,
  ReplMemoryError,
  ReplProtocolError,
  ReplStartError,
  ReplTimeoutError,
} from "./errors.ts";
import { AnswerFramer, encodeRequest } from "./framing.ts";
import { type Making, Makings, type ReplId } from "./makings.ts";
import { ProcessGroup, type ReplLaunch } from "./process-group.ts";
import {
  type AnswerTo,
  checkAnswer,
  checkRequest,
  excerpt,
  type ReplAnswer,
  type ReplRequest,
  type RequestKind,
} from "./protocol.ts";
import { residentMemory } from "./resident-memory.ts";

/** How often the memory of a REPL with a limit is looked at while it works, in milliseconds. */
const MEMORY_CHECK_MS = 200;

interface Pending {
  request: ReplRequest;
  kind: RequestKind;
  options: RunOptions;
  sentAt: number;
  resolve(answer: ReplAnswer): void;
  reject(error: unknown): void;
}

/** Makes the error for one of the requests that a process left unanswered. */
type EndReason = (details: ReplEndDetails) => unknown;

/** One REPL process, from the constructor to {@link LeanServer.close}. */
export class LeanServer implements ReplConnection {
  readonly launch: ReplLaunch;
  readonly #options: LeanServerOptions;
  readonly #group: ProcessGroup;
  readonly #framer = new AnswerFramer();
  readonly #makings = new Makings();
  readonly #waiting: Pending[] = [];
  #active: Pending | undefined;
  #timers: NodeJS.Timeout[] = [];
  /** Why the process is being ended, or has ended; undefined while it works. */
  #endReason: EndReason | undefined;
  readonly #closed: Promise<void>;

  /** Starts the process. Where that fails, the first request is rejected with the reason. */
  constructor(launch: ReplLaunch, options: LeanServerOptions = {}) {
    this.launch = launch;
    this.#options = options;
    this.#group = new ProcessGroup(launch, (chunk) => this.#receive(chunk));
    const abort = () => this.#end(() => options.signal?.reason);
    options.signal?.addEventListener("abort", abort, { once: true });
    this.#closed = this.#group.closed.then((exit) => {
      this.#receiveLast();
      options.signal?.removeEventListener("abort", abort);
      const { startError } = this.#group;
      this.#endReason ??= startError
        ? () => new ReplStartError(launch.command, startError)
        : (details) => new ReplDiedError(details);
      this.#rejectAll(exit);
    });
    if (options.signal?.aborted) {
      abort();
    }
  }

  get process(): object {
    return this;
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
    const kind = checkRequest(request);
    const answer = await new Promise<ReplAnswer>((resolve, reject) => {
      this.#waiting.push({ request, kind, options, sentAt: 0, resolve, reject });
      this.#sendNext();
    });
    return answer as AnswerTo<R>;
  }

  /** Ends the process and all that it started; requests that are waiting are rejected. */
  async close(): Promise<void> {
    const reason: EndReason = (details) => new ReplEndedError("repl-died", "was closed", details);
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
    if (memoryLimit !== undefined) {
      await this.#checkMemory(memoryLimit);
      if (!this.isAlive) {
        return;
      }
      this.#timers.push(setInterval(() => this.#checkMemory(memoryLimit), MEMORY_CHECK_MS));
    }
    const seconds = next.options.timeout ?? this.#options.timeout ?? DEFAULT_TIMEOUT_S;
    const expire = () => this.#end((details) => new ReplTimeoutError(seconds, details));
    this.#timers.push(setTimeout(expire, seconds * 1000));
    this.#log(next, () => `> ${JSON.stringify(next.request)}`);
    next.sentAt = performance.now();
    this.#group.write(encodeRequest(next.request));
  }

  #receive(chunk: Buffer): void {
    for (const text of this.#framer.push(chunk)) {
      this.#answer(text);
    }
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
      const problem = `it printed ${excerpt(text)}`;
      this.#end((details) => new ReplProtocolError(problem, details));
      return;
    }
    this.#log(pending, () => `< ${JSON.stringify(parsed.value)}`);
    this.#active = undefined;
    this.#clearTimers();
    const checked = checkAnswer(pending.kind, parsed.value);
    if (checked.ok) {
      const elapsedMs = performance.now() - pending.sentAt;
      this.#makings.record(pending.kind, pending.request, checked.answer, elapsedMs);
      pending.resolve(checked.answer);
    } else {
      const message = `The REPL's answer to ${excerpt(pending.request)} is not understood: ${checked.problem}.`;
      pending.reject(new LeanPickleError("protocol", message));
    }
    this.#sendNext();
  }

  async #checkMemory(limitMib: number): Promise<void> {
    const { pid } = this.#group;
    try {
      const bytes = pid === undefined ? 0 : await residentMemory(pid);
      if (bytes > limitMib * 2 ** 20) {
        this.#end((details) => new ReplMemoryError(bytes, limitMib, details));
      }
    } catch (error) {
      // A limit that cannot be watched is no limit.
      this.#end(() => error);
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
    const unanswered = this.#active ? [this.#active, ...this.#waiting] : [...this.#waiting];
    this.#active = undefined;
    this.#waiting.length = 0;
    for (const { request, sentAt, reject } of unanswered) {
      const stderr = this.#group.stderr.toString();
      reject(this.#endReason?.({ asked: excerpt(request), sent: sentAt > 0, exit, stderr }));
    }
  }

  #clearTimers(): void {
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
    this.#timers = [];
  }

  #log({ options }: Pending, text: () => string): void {
    if (options.verbose ?? this.#options.verbose) {
      const log = this.#options.log ?? ((line) => process.stderr.write(`${line}\n`));
      log(text());
    }
  }
}

function parseAnswer(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
