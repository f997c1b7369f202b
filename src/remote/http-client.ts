/** One HTTP request and its answer. Redirects, statuses and retries are the caller's. */
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import type { Readable } from "node:stream";
import type { ProgressWatch } from "./limits.ts";
import { errorOfConnection, RemoteError } from "./remote-error.ts";

/** What is sent as a body. */
export interface Upload {
  bytes: number;
  sha256: string;
  type: string;
  /** Opens the body from its start, once for each attempt. */
  open(): Readable;
}

/** A request. */
export interface HttpRequest {
  method: "DELETE" | "GET" | "HEAD" | "PUT";
  url: URL;
  headers: Record<string, string>;
  upload?: Upload | undefined;
}

/** An answer, whose body comes in pieces. */
export interface HttpAnswer {
  status: number;
  /** The values of headers by their names in lower case. */
  headers: http.IncomingHttpHeaders;
  /** @throws {RemoteError} `unreachable` where the body is cut */
  chunks: AsyncIterable<Buffer>;
}

/** Sends requests over connections that are kept open. */
export class HttpClient {
  readonly #connectMs: number;
  readonly #plain = new http.Agent({ keepAlive: true });
  readonly #encrypted = new https.Agent({ keepAlive: true });

  constructor(connectMs: number) {
    this.#connectMs = connectMs;
  }

  /** Closes the connections. */
  close(): void {
    this.#plain.destroy();
    this.#encrypted.destroy();
  }

  /**
   * Sends a request and uses its answer.
   * @param watch ends the request by its signal
   * @throws {RemoteError} for a failed connection; the reason of the watch's signal; what `use` throws
   */
  async exchange<T>(
    request: HttpRequest,
    watch: ProgressWatch,
    use: (answer: HttpAnswer) => Promise<T>,
  ): Promise<T> {
    watch.signal.throwIfAborted();
    const outgoing = this.#start(request);
    const answered = responseTo(outgoing);
    // If it fails before it is awaited, that is still not the defect of a program.
    answered.catch(() => undefined);
    const source = request.upload?.open();
    let response: IncomingMessage | undefined;
    let sourceError: unknown;
    const end = () => {
      outgoing.destroy();
      response?.destroy();
    };
    watch.signal.addEventListener("abort", end, { once: true });
    source?.on("error", (error) => {
      sourceError = error;
      end();
    });
    send(outgoing, source, watch);
    try {
      response = await answered;
      const { statusCode = 0, headers } = response;
      return await use({ status: statusCode, headers, chunks: chunksOf(response, watch) });
    } catch (error) {
      watch.signal.throwIfAborted();
      throw sourceError ?? error;
    } finally {
      watch.signal.removeEventListener("abort", end);
      source?.destroy();
      // The connection is used again only if both directions are through.
      if (response?.complete && outgoing.writableFinished) {
        response.resume();
      } else {
        end();
      }
    }
  }

  #start({ method, url, headers }: HttpRequest): ClientRequest {
    const isEncrypted = url.protocol === "https:";
    const outgoing = isEncrypted
      ? https.request(url, { method, headers, agent: this.#encrypted })
      : http.request(url, { method, headers, agent: this.#plain });
    outgoing.once("socket", (socket) => {
      if (outgoing.reusedSocket) {
        return;
      }
      const timer = setTimeout(() => {
        const message = `there was no connection after ${this.#connectMs / 1000} s`;
        outgoing.destroy(new RemoteError("slow", message));
      }, this.#connectMs);
      socket.once(isEncrypted ? "secureConnect" : "connect", () => clearTimeout(timer));
      outgoing.once("close", () => clearTimeout(timer));
    });
    return outgoing;
  }
}

function send(outgoing: ClientRequest, source: Readable | undefined, watch: ProgressWatch): void {
  if (source) {
    source.on("data", (chunk: Buffer) => watch.progress(chunk.length));
    source.pipe(outgoing);
  } else {
    outgoing.end();
  }
}

function responseTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.on("error", (error) =>
      reject(error instanceof RemoteError ? error : errorOfConnection(error)),
    );
  });
}

async function* chunksOf(response: IncomingMessage, watch: ProgressWatch): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      watch.progress(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw errorOfConnection(error);
  }
}
