/** The objects of a remote: read, written and removed over HTTP, signed for S3. */
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { AwsV4Signer } from "aws4fetch";
import type { CircuitBreaker, Operation } from "./circuit-breaker.ts";
import { isLoopback, type RemoteConfig } from "./config.ts";
import type { CredentialProvider } from "./credentials.ts";
import { type HttpAnswer, HttpClient, type HttpRequest, type Upload } from "./http-client.ts";
import { ProgressWatch, type RemoteLimits } from "./limits.ts";
import { errorOfAnswer, RemoteError } from "./remote-error.ts";

/** So many redirects are followed. */
const MOST_REDIRECTS = 5;

/** The largest body of an answer that holds no object. */
const ERROR_BYTES = 2 ** 16;

const NOTHING = createHash("sha256").digest("hex");

/** What is known about an object before its body is read. */
export interface ObjectFacts {
  /** The Content-Length header, if there is one. */
  bytes: number | undefined;
}

/** An object that is read. */
export interface ObjectBody extends ObjectFacts {
  chunks: AsyncIterable<Buffer>;
}

/** What a store is made of. */
export interface StoreParts {
  config: Pick<RemoteConfig, "base" | "kind" | "region">;
  credentials: CredentialProvider;
  limits: RemoteLimits;
  breaker: CircuitBreaker;
  /** Told each answer, whatever its status. */
  onAnswer?: (answer: HttpAnswer) => void;
}

/**
 * The objects of a remote by their paths below its prefix. Every method throws a {@link RemoteError}
 * if the remote does not do what it should, and the reason of `signal` if that is aborted.
 */
export class ObjectStore {
  readonly #parts: StoreParts;
  readonly #http: HttpClient;
  /** The keys that aws4fetch derives from the secret, once a day. */
  readonly #derivedKeys = new Map<string, ArrayBuffer>();

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#http = new HttpClient(parts.limits.connectMs);
  }

  /** Closes the connections. */
  close(): void {
    this.#http.close();
  }

  /** Looks an object up; undefined if it is not there. */
  head(path: string, signal?: AbortSignal): Promise<ObjectFacts | undefined> {
    const head = this.#request("HEAD", path, { signal }, async (answer) => {
      await drain(answer);
      return factsOf(answer);
    });
    return unlessMissing(head);
  }

  /**
   * Reads an object; undefined if it is not there.
   * @param maxBytes a larger object is a `misfit`
   * @param use reads the body; it is called again for each attempt
   */
  read<T>(
    path: string,
    maxBytes: number,
    use: (body: ObjectBody) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const read = this.#request("GET", path, { signal }, async (answer) => {
      const facts = factsOf(answer);
      if (facts.bytes !== undefined && facts.bytes > maxBytes) {
        throw tooLarge(maxBytes);
      }
      return use({ ...facts, chunks: limited(answer.chunks, maxBytes) });
    });
    return unlessMissing(read);
  }

  /** Writes an object, in place of one that is there. The server checks its digest. */
  async put(path: string, upload: Upload, signal?: AbortSignal): Promise<void> {
    await this.#request("PUT", path, { upload, signal }, drain);
  }

  /** Removes an object; one that is not there is all right. */
  async remove(path: string, signal?: AbortSignal): Promise<void> {
    await unlessMissing(this.#request("DELETE", path, { signal }, drain));
  }

  /** One request with its retries, inside one time limit. */
  async #request<T>(
    method: HttpRequest["method"],
    path: string,
    { upload, signal }: { upload?: Upload; signal?: AbortSignal | undefined },
    use: (answer: HttpAnswer) => Promise<T>,
  ): Promise<T> {
    const { breaker, limits } = this.#parts;
    signal?.throwIfAborted();
    const operation = breaker.begin();
    const stallMs = Math.min(limits.stallMs, breaker.remainingMs);
    const watch = new ProgressWatch(stallMs, limits.progressBytes, [signal, breaker.signal]);
    try {
      const attempt = () => this.#attempt({ method, path, upload, watch, use });
      const result = await this.#retry(attempt, watch, operation);
      operation.end();
      return result;
    } catch (error) {
      // That an object is not there is an answer like any other.
      operation.end(isMissing(error) ? undefined : error);
      throw error;
    } finally {
      watch.close();
    }
  }

  async #retry<T>(
    attempt: () => Promise<T>,
    watch: ProgressWatch,
    operation: Operation,
  ): Promise<T> {
    const { attempts, retryMs } = this.#parts.limits;
    for (let made = 1; ; made++) {
      try {
        return await attempt();
      } catch (error) {
        if (made >= attempts || !(error instanceof RemoteError) || !error.isPassing) {
          throw error;
        }
        operation.attemptFailed(error);
        watch.signal.throwIfAborted();
        const jittered = Math.random() * retryMs * 2 ** (made - 1);
        await pause(jittered, undefined, { signal: watch.signal }).catch(() => {
          throw watch.signal.reason;
        });
      }
    }
  }

  async #attempt<T>(request: {
    method: HttpRequest["method"];
    path: string;
    upload: Upload | undefined;
    watch: ProgressWatch;
    use: (answer: HttpAnswer) => Promise<T>;
  }): Promise<T> {
    const { method, path, upload, watch, use } = request;
    const { base, kind } = this.#parts.config;
    let url = new URL(path, base);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const headers = await this.#headers(method, url, upload, watch.signal);
      const end = await this.#http.exchange(
        { method, url, headers, upload },
        watch,
        async (answer) => {
          this.#parts.onAnswer?.(answer);
          const target = kind === "web" ? redirectTarget(answer, url) : undefined;
          return target ? { target } : { result: await use(await accepted(answer)) };
        },
      );
      if (!end.target) {
        return end.result;
      }
      url = end.target;
    }
    throw new RemoteError("status", `it redirects more than ${MOST_REDIRECTS} times`);
  }

  async #headers(
    method: string,
    url: URL,
    upload: Upload | undefined,
    signal: AbortSignal,
  ): Promise<Record<string, string>> {
    const plain = {
      "accept-encoding": "identity",
      "user-agent": "lean-pickle",
      ...(upload && { "content-length": `${upload.bytes}`, "content-type": upload.type }),
    };
    const credentials = await unlessAborted(this.#parts.credentials(), signal);
    if (!credentials) {
      return plain;
    }
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      // Every server checks this digest of the body.
      headers: { "x-amz-content-sha256": upload?.sha256 ?? NOTHING },
      service: "s3",
      region: this.#parts.config.region,
      cache: this.#derivedKeys,
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken && { sessionToken: credentials.sessionToken }),
    });
    const { headers } = await signer.sign();
    return { ...plain, ...Object.fromEntries(headers) };
  }
}

/** A small object to write. */
export function uploadOf(content: Buffer, type: string): Upload {
  const sha256 = createHash("sha256").update(content).digest("hex");
  const open = () => Readable.from([content], { objectMode: false });
  return { bytes: content.length, sha256, type, open };
}

/** All of a body. */
export async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) {
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}

/** Reads an answer to its end, so that its connection can be used again. */
async function drain({ chunks }: HttpAnswer): Promise<void> {
  await collect(limited(chunks, ERROR_BYTES));
}

function factsOf({ headers }: HttpAnswer): ObjectFacts {
  const length = headers["content-length"];
  return { bytes: length === undefined ? undefined : Number(length) };
}

/**
 * Passes an answer of 2xx on.
 * @throws {RemoteError} for any other one
 */
async function accepted(answer: HttpAnswer): Promise<HttpAnswer> {
  const { status, headers, chunks } = answer;
  if (status >= 200 && status < 300) {
    return answer;
  }
  const region = headers["x-amz-bucket-region"];
  const body = (await collect(limited(chunks, ERROR_BYTES))).toString("latin1");
  throw errorOfAnswer({ status, region: typeof region === "string" ? region : undefined, body });
}

/** Where a web server says that an object is; never without encryption if it was encrypted. */
function redirectTarget({ status, headers }: HttpAnswer, from: URL): URL | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
    return undefined;
  }
  const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const isAllowed =
    target?.protocol === "https:" ||
    (target?.protocol === "http:" && from.protocol === "http:" && isLoopback(target));
  if (!target || !isAllowed) {
    throw new RemoteError("status", "it redirects to where nothing is read from");
  }
  return target;
}

async function* limited(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw tooLarge(maxBytes);
    }
    yield chunk;
  }
}

function tooLarge(maxBytes: number): RemoteError {
  return new RemoteError("misfit", `it has more than ${maxBytes} bytes`);
}

function isMissing(error: unknown): boolean {
  return error instanceof RemoteError && error.kind === "status" && error.status === 404;
}

async function unlessMissing<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Waits for a promise, but not beyond a signal. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } catch (error) {
    signal.throwIfAborted();
    throw new RemoteError("unauthorized", "the AWS credentials cannot be renewed", {
      cause: error,
    });
  } finally {
    if (stop) {
      signal.removeEventListener("abort", stop);
    }
  }
}
