import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../../shared/repl-transcripts/", import.meta.url));

/** Whether the recorded conversations are there: they are kept beside the project, not in it. */
export const haveRecordings = existsSync(folder);

/** What tests that need the recordings say where they are not there. */
export const WITHOUT_RECORDINGS = `skipped: the recordings are not at ${folder}`;

/** A conversation that was recorded. */
export interface Recording {
  name: string;
  stdin: string;
  stdout: string;
}

/** All recorded conversations: of the REPL's own tests, and of a real Lean. */
export function readRecordings(): Recording[] {
  const upstream = readdirSync(`${folder}upstream`)
    .filter((file) => file.endsWith(".in"))
    .map((file) => {
      const name = file.slice(0, -".in".length);
      const stdin = readFileSync(`${folder}upstream/${file}`, "utf8");
      const stdout = readFileSync(`${folder}upstream/${name}.expected.out`, "utf8");
      return { name, stdin, stdout };
    });
  const realLean = readdirSync(`${folder}real-lean`).map(
    (file) => JSON.parse(readFileSync(`${folder}real-lean/${file}`, "utf8")) as Recording,
  );
  return [...upstream, ...realLean];
}
