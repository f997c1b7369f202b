/**
 * A process that keeps objects in memory, as storage with the S3 API does for one client, and checks
 * no signature. It prints the port that it listens at.
 */
import { createServer } from "node:http";

/** @type {Map<string, Buffer>} */
const objects = new Map();

const server = createServer(async (request, response) => {
  const { pathname: path } = new URL(request.url ?? "/", "http://localhost");
  const object = objects.get(path);
  if (request.method === "PUT") {
    const chunks = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    objects.set(path, Buffer.concat(chunks));
    response.end();
  } else if (object) {
    response.writeHead(200, { "content-length": object.length });
    response.end(request.method === "HEAD" ? undefined : object);
  } else {
    response.writeHead(404).end();
  }
});
server.listen(0, "127.0.0.1", () => {
  console.log(/** @type {import("node:net").AddressInfo} */ (server.address()).port);
});
