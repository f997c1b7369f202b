/** Other processes that work on the same cache with the built store. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";

const dist = new URL("../../dist/", import.meta.url).href;

/** Another process. */
export interface Worker {
  child: ChildProcess;
  /** The next text that it prints. */
  says(): Promise<string>;
  /** Exit code and signal. */
  ended: Promise<unknown[]>;
}

/**
 * Starts a process that runs this code, as a module that can import `store/...` of the build.
 * @param code `DIST` in it stands for the folder of the build
 */
export function startWorker(code: string): Worker {
  const args = ["--input-type=module", "-e", code.replaceAll("DIST/", dist)];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    child,
    says: async () => String((await once(child.stdout, "data"))[0]).trim(),
    ended: once(child, "close"),
  };
}
