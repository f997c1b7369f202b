/** A machine that shares states with others over a remote. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readLog } from "../simulated-repl/index.ts";
import { jsonLines } from "./batches.ts";
import { temporaryFolder } from "./folders.ts";
import { type Ended, run, succeed } from "./program.ts";

/** A machine: a working directory of its own, and the remote. */
export class SharingMachine {
  readonly cwd = temporaryFolder();
  readonly LOG = join(this.cwd, "repl.log");
  readonly #env: NodeJS.ProcessEnv;

  constructor({ endpoint }: { endpoint: string }, env: NodeJS.ProcessEnv = {}) {
    this.#env = {
      LEAN_PICKLE_REMOTE: "s3://bucket/prefix",
      AWS_ENDPOINT_URL_S3: endpoint,
      AWS_ACCESS_KEY_ID: "AK",
      AWS_SECRET_ACCESS_KEY: "SK",
      ...env,
    };
  }

  get surroundings() {
    return { cwd: this.cwd, env: this.#env, repl: { LOG: this.LOG } };
  }

  async run(...args: string[]): Promise<Ended> {
    return await run(args, this.surroundings);
  }

  async succeed(...args: string[]): Promise<string> {
    return await succeed(args, this.surroundings);
  }

  async json(...args: string[]) {
    return JSON.parse(await this.succeed(...args, "--json"));
  }

  async batch(lines: readonly object[], ...args: string[]): Promise<Ended> {
    writeFileSync(join(this.cwd, "batch.jsonl"), jsonLines(lines));
    return await this.run("add", "--batch", "batch.jsonl", ...args);
  }

  /** How many REPLs were started. */
  get starts(): number {
    return readLog(this.LOG).filter(({ event }) => event === "start").length;
  }
}
