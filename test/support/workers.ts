/** Other processes that work on the same cache with the store. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "rolldown";
import { onTestFinished } from "vitest";
import { sharedFolder } from "./folders.ts";

/** Modules of the store as Node takes them: the build of the package keeps none of its own. */
const store = sharedFolder();
await build({
  cwd: fileURLToPath(new URL("../../", import.meta.url)),
  input: ["src/store/lock/lock.ts", "src/store/manifest/update-manifest.ts"],
  platform: "node",
  output: { dir: store },
});

/** Another process. */
export interface Worker {
  child: ChildProcess;
  /** The next text that it prints. */
  says(): Promise<string>;
  /** Exit code and signal. */
  ended: Promise<unknown[]>;
}

/**
 * Starts a process that runs this code, as a module that can import the lock and the update of the manifest.
 * @param code `STORE` in it stands for the folder of the built modules
 */
export function startWorker(code: string): Worker {
  const args = [
    "--input-type=module",
    "-e",
    code.replaceAll("STORE/", `${pathToFileURL(store).href}/`),
  ];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  return {
    child,
    says: async () => String((await once(child.stdout, "data"))[0]).trim(),
    ended: once(child, "close"),
  };
}

/** Starts a process that holds the lock of a cache until it is killed, and waits until it does. */
export async function startLockHolder(workingDir: string): Promise<Worker> {
  const worker = startWorker(`
    import { withLock } from "STORE/lock.js";
    await withLock(${JSON.stringify(workingDir)}, {}, async () => {
      process.stdout.write("locked");
      await new Promise(() => setInterval(() => {}, 1000));
    });
  `);
  await worker.says();
  return worker;
}
