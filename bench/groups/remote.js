import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AwsClient, AwsV4Signer } from "aws4fetch";
import { dropCache, inFolder, measure, NODE_START, ours, run } from "../harness.js";

const serverFile = fileURLToPath(new URL("../object-server.js", import.meta.url));

const REGION = "us-east-1";

/**
 * A batch of 1,000 states that a remote on this machine has, against curl, which downloads the same
 * objects; and a local hit with a remote named and without one. LEAN_PICKLE_TEST_S3 and AWS's
 * variables may name a real server, as test/support/s3-server.sh prints them; else a process that
 * keeps objects in memory is one.
 * @type {import("../harness.js").Group}
 */
export async function remote(context) {
  const {
    LEAN_PICKLE_TEST_S3,
    AWS_ACCESS_KEY_ID = "key",
    AWS_SECRET_ACCESS_KEY = "secret",
  } = process.env;
  const server = LEAN_PICKLE_TEST_S3
    ? undefined
    : spawn(process.execPath, [serverFile], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const port = server && String(await once(server.stdout, "data")).trim();
    const env = {
      LEAN_PICKLE_REMOTE: `s3://bench-${Date.now()}/prefix`,
      AWS_ENDPOINT_URL_S3: LEAN_PICKLE_TEST_S3 ?? `http://127.0.0.1:${port}`,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID,
      AWS_SECRET_ACCESS_KEY,
    };
    return await inFolder((folder) => compare(context, folder, env));
  } finally {
    server?.kill();
  }
}

/**
 * @param {import("../harness.js").Context} context
 * @param {string} folder
 * @param {{
 *   LEAN_PICKLE_REMOTE: string,
 *   AWS_ENDPOINT_URL_S3: string,
 *   AWS_REGION: string,
 *   AWS_ACCESS_KEY_ID: string,
 *   AWS_SECRET_ACCESS_KEY: string,
 * }} env
 */
async function compare(context, folder, env) {
  const keys = { accessKeyId: env.AWS_ACCESS_KEY_ID, secretAccessKey: env.AWS_SECRET_ACCESS_KEY };
  const signing = { ...keys, service: "s3", region: REGION };
  const base = `${env.AWS_ENDPOINT_URL_S3}/${env.LEAN_PICKLE_REMOTE.slice("s3://".length)}`;
  const bucket = await new AwsClient(signing).fetch(new URL(".", base), { method: "PUT" });
  if (!bucket.ok) {
    throw new Error(`The bucket could not be made: ${bucket.status}`);
  }
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
  const fetched = join(folder, "fetched");
  /** @type {string[]} */
  const stored = [];
  /** @type {string[]} */
  const dropped = [];
  for (const [n, path] of paths.entries()) {
    // The signature is in the URL: what curl signs itself is not what every server expects.
    const signer = new AwsV4Signer({ ...signing, url: `${base}/v1/${path}`, signQuery: true });
    const { url } = await signer.sign();
    stored.push(`url = "${url}"\noutput = "${join(fetched, String(n))}"\n`);
    dropped.push(`url = "${url}"\noutput = "/dev/null"\n`);
  }
  const curl = (/** @type {string} */ name, /** @type {string[]} */ downloads) => {
    const config = join(folder, `${name.replaceAll(/\W/g, "-")}.txt`);
    writeFileSync(config, downloads.join(""));
    const args = ["--silent", "--fail", "--parallel", "--parallel-max", "16", "--config", config];
    const prepare = () => {
      rmSync(fetched, { recursive: true, force: true });
      mkdirSync(fetched);
    };
    return { name, command: "curl", args, prepare };
  };
  const hit = ["add", "-q", "-c", "def f1 := 1"];
  const few = { ...context, runs: Math.max(1, Math.ceil(context.runs / 4)) };
  return [
    ...measure(
      context,
      [NODE_START, ours("local hit", hit), ours("local hit, a remote named", hit, { env })],
      folder,
    ),
    ...measure(
      few,
      [
        curl("curl --parallel of 1000 states and pickles into files", stored),
        curl("the same to /dev/null", dropped),
        ours("add --batch, 1000 states of a remote", batch, { env, prepare: dropCache, limit: 3 }),
      ],
      folder,
    ),
  ];
}
