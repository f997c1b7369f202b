import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { dropCache, inFolder, measure, NODE_START, ours, run } from "../harness.js";

const serverFile = fileURLToPath(new URL("../object-server.js", import.meta.url));

/**
 * A batch of 1,000 states that a remote on this machine has, against curl, which downloads the same
 * objects; and a local hit with a remote named and without one.
 * @type {import("../harness.js").Group}
 */
export async function remote(context) {
  const server = spawn(process.execPath, [serverFile], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [port] = await once(server.stdout, "data");
    const endpoint = `http://127.0.0.1:${String(port).trim()}`;
    return await inFolder((folder) => compare(context, folder, endpoint));
  } finally {
    server.kill();
  }
}

/**
 * @param {import("../harness.js").Context} context
 * @param {string} folder
 * @param {string} endpoint
 */
function compare(context, folder, endpoint) {
  const env = {
    LEAN_PICKLE_REMOTE: "s3://bucket/prefix",
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: "key",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  const lines = Array.from({ length: 1000 }, (_, n) =>
    JSON.stringify({ cmd: `def f${n} := ${n}` }),
  );
  const file = join(folder, "batch.jsonl");
  writeFileSync(file, lines.join("\n"));
  const batch = ["add", "-q", "--batch", file];
  run(context, ours("fill", batch), folder);
  run(context, ours("push", ["push", "-q"], { env }), folder);
  const { states } = JSON.parse(readFileSync(join(folder, "lean-pickle.json"), "utf8"));
  const paths = states.flatMap((/** @type {{ key: string, sha256: string }} */ state) => [
    `states/${state.key}.json`,
    `pickles/${state.sha256}.olean`,
  ]);
  const config = join(folder, "curl.txt");
  const base = `${endpoint}/bucket/prefix/v1`;
  writeFileSync(
    config,
    paths
      .map((/** @type {string} */ path) => `url = "${base}/${path}"\noutput = "/dev/null"\n`)
      .join(""),
  );
  const hit = ["add", "-q", "-c", "def f1 := 1"];
  const few = { ...context, runs: Math.max(1, Math.ceil(context.runs / 4)) };
  const curl = ["--silent", "--fail", "--parallel", "--parallel-max", "16", "--config", config];
  return [
    ...measure(
      context,
      [NODE_START, ours("local hit", hit), ours("local hit, a remote named", hit, { env })],
      folder,
    ),
    ...measure(
      few,
      [
        { name: "curl --parallel of 1000 states and pickles", command: "curl", args: curl },
        ours("add --batch, 1000 states of a remote", batch, { env, prepare: dropCache }),
      ],
      folder,
    ),
  ];
}
