/** A small server on this machine that holds objects in memory, and misbehaves on purpose. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Answers a request in place of the server. */
export type Fault = (
  request: IncomingMessage,
  response: ServerResponse,
  object: Buffer | undefined,
) => void;

/** The server and what it saw. */
export interface TestServer {
  endpoint: string;
  /** The objects by their paths. */
  objects: Map<string, Buffer>;
  /** The requests: `GET /bucket/prefix/...`. */
  requests: string[];
  /** The headers of the last request. */
  lastHeaders: IncomingMessage["headers"];
  /** How many connections there were. */
  connections: number;
  /** Lets the next requests that match fail. */
  fail(fault: Fault, times?: number, match?: RegExp): void;
  /** Stops listening, and drops every connection. */
  stop(): void;
}

export async function startServer(): Promise<TestServer> {
  let faults: { fault: Fault; left: number; match: RegExp }[] = [];
  const server = createServer((request, response) => {
    const { method, url = "" } = request;
    const path = decodeURIComponent(url);
    const line = `${method} ${path}`;
    state.requests.push(line);
    state.lastHeaders = request.headers;
    const failing = faults.find(({ left, match }) => left > 0 && match.test(line));
    if (failing) {
      failing.left -= 1;
      failing.fault(request, response, state.objects.get(path));
    } else {
      answer(request, response, path, state.objects);
    }
  });
  server.on("connection", () => {
    state.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  onTestFinished(stop);
  const state: TestServer = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects: new Map(),
    requests: [],
    lastHeaders: {},
    connections: 0,
    fail: (fault, times = 1, match = /^/) => {
      faults = [...faults, { fault, left: times, match }];
    },
    stop,
  };
  return state;
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  objects: Map<string, Buffer>,
): void {
  const { method } = request;
  const object = objects.get(path);
  if (method === "PUT") {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      objects.set(path, Buffer.concat(chunks));
      response.end();
    });
    return;
  }
  request.resume();
  if (method === "DELETE") {
    objects.delete(path);
    response.writeHead(204).end();
  } else if (object) {
    response.writeHead(200, { "content-length": object.length });
    response.end(method === "HEAD" ? undefined : object);
  } else {
    response.writeHead(404).end();
  }
}

/** Answers with a status, and the code of S3 if one is given. */
export function status(code: number, s3Code?: string, headers: Record<string, string> = {}): Fault {
  return (request, response) => {
    request.resume();
    response.writeHead(code, headers);
    response.end(s3Code && `<?xml version="1.0"?><Error><Code>${s3Code}</Code></Error>`);
  };
}

/** Never answers. */
export const hang: Fault = (request) => {
  request.resume();
};

/** Drops the connection without an answer. */
export const drop: Fault = (request) => {
  request.socket.destroy();
};

/** Promises the whole object, sends half of it, and drops the connection. */
export const cut: Fault = (_request, response, object = Buffer.alloc(100)) => {
  response.writeHead(200, { "content-length": object.length });
  response.write(object.subarray(0, object.length / 2), () => response.destroy());
};

/** Sends the object a byte at a time, for ever: it never comes to its end. */
export const drip: Fault = (_request, response) => {
  response.writeHead(200, { "content-length": 2 ** 20 });
  const timer = setInterval(() => response.write("x"), 2);
  response.on("close", () => clearInterval(timer));
};

/** Sends something else. */
export function swapFor(content: Buffer, headers: Record<string, string> = {}): Fault {
  return (_request, response) => {
    response.writeHead(200, headers);
    response.end(content);
  };
}
