/** What must not be, however broken that is which the program was given. */
import type { FuzzCase } from "./fuzz-cases.ts";

/** How the program ended. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Whether it had to be killed. */
  hangs: boolean;
  ms: number;
  stdout: string;
  stderr: string;
  /** The kinds of the requests that the stand-in got. */
  asked: string[];
}

/** The exit codes that users are told of, but for those of signals, of which it gets none. */
const EXIT_CODES = [0, 1, 2, 3, 4, 5, 6, 11, 124];

const STACK_TRACE = /^\s+at .+:\d+:\d+\)?$|node:internal/m;

/** What a terminal would act on. */
const CONTROL_CHARACTER = /[^\P{Cc}\n\t]|\p{Cf}/u;

/**
 * Finds what is wrong with how the program ended.
 * @param written what it wrote in the working directory
 */
export function findProblems(of: FuzzCase, ending: Ending, written: readonly string[]): string[] {
  const { code, signal, hangs, stdout, stderr, asked } = ending;
  const problems: string[] = [];
  if (hangs) {
    problems.push("it hangs");
  } else if (code === null || !EXIT_CODES.includes(code)) {
    problems.push(`exit code ${code ?? signal}, standard error: ${stderr.slice(-300)}`);
  }
  if (STACK_TRACE.test(stderr)) {
    problems.push(`a stack trace: ${stderr.slice(0, 600)}`);
  }
  const control = CONTROL_CHARACTER.exec(stdout + stderr);
  if (control) {
    problems.push(`the character ${JSON.stringify(control[0])} on a terminal`);
  }
  const isOfManifest = /^lean-pickle\.json/;
  if (
    code === 6 &&
    !of.argv.includes("--repair") &&
    written.some((name) => isOfManifest.test(name))
  ) {
    problems.push(`written in spite of exit code 6: ${written.join(", ")}`);
  }
  if (of.kind !== "command-line" && of.argv.includes("--json") && !isJson(stdout)) {
    problems.push(`no JSON: ${stdout.slice(0, 300)}`);
  }
  // The first state is the only environment; --repair tries the pickle that it has made.
  if (isDamaged(of) && asked.includes("unpickleEnv") && !of.argv.includes("--repair")) {
    problems.push("a pickle was given to Lean that is not what was written");
  }
  return problems;
}

function isJson(text: string): boolean {
  try {
    return text === "" || JSON.parse(text) !== undefined;
  } catch {
    return false;
  }
}

/** Whether the pickle of the first state is another than was written. */
function isDamaged({ pickle }: FuzzCase): boolean {
  return pickle !== undefined && !("mode" in pickle);
}
